import { createServer } from 'node:http';

/** A server on an address of the host's loopback: `127.0.0.2` and its like are other hosts, as far as a program inside can tell. */
export interface Listener {
  /** `127.0.0.2:4711`. */
  readonly authority: string;
  readonly url: string;
  /** What came, one line a request: method, path and body. */
  readonly received: readonly string[];
  /** Serves a body at a path; anything else is a 404. */
  serve(path: string, body: string | Uint8Array, type?: string): void;
  close(): Promise<void>;
}

const bodyCharactersMax = 100_000;

export async function startListener(address: string): Promise<Listener> {
  const received: string[] = [];
  const pages = new Map<string, { readonly body: string | Uint8Array; readonly type: string }>();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body = (body + part).slice(0, bodyCharactersMax);
    });
    request.on('end', () => {
      const place = request.url ?? '/';
      received.push(`${request.method} ${place} ${body}`);
      const page = pages.get(place.split('?', 1)[0] ?? '/');
      response.writeHead(page === undefined ? 404 : 200, { 'content-type': page?.type ?? 'text/plain' });
      response.end(page?.body ?? 'nothing here\n');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, address, resolve);
  });
  const bound = server.address();
  const authority = `${address}:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
  return {
    authority,
    url: `http://${authority}`,
    received,
    serve: (path, body, type = 'text/plain') => void pages.set(path, { body, type }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

import { once } from 'node:events';
import { createServer } from 'node:http';

/** An HTTP server on the host's loopback that remembers who asked. */
export interface LoopbackService {
  readonly port: number;
  /** Number of requests so far. */
  requests(): number;
  /** Takes the paths of the requests since the last call. */
  takePaths(): string[];
  close(): Promise<void>;
}

/** Paths kept until they are taken; a soak never takes them. */
const pathsMax = 100_000;

/** Starts a server on a free port that answers everything: `/bytes/N` with N bytes, the rest with `ok`. */
export async function startLoopbackService(): Promise<LoopbackService> {
  let requests = 0;
  let paths: string[] = [];
  const server = createServer((request, response) => {
    requests += 1;
    if (paths.length < pathsMax) paths.push(request.url ?? '');
    const wanted = Number(/^\/bytes\/(?<count>\d{1,9})$/u.exec(request.url ?? '')?.groups?.['count'] ?? '0');
    request.resume();
    request.on('error', () => undefined);
    request.on('end', () => response.end(wanted > 0 ? Buffer.alloc(wanted, 'x') : 'ok'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the loopback service has no port');
  return {
    port: address.port,
    requests: () => requests,
    takePaths() {
      const taken = paths;
      paths = [];
      return taken;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

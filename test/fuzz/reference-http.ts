import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Duplex } from 'node:stream';

/** One request as Node's parser (llhttp) read it. */
export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  /** Latin-1. */
  readonly body: string;
  readonly complete: boolean;
}

/** Everything that was read from one stream of bytes. */
export interface ReadStream {
  readonly requests: readonly ReadRequest[];
  /** Why reading ended early. */
  readonly error: string | undefined;
}

/** Node's own HTTP server as a second opinion on bytes: strict, or as lenient as it can be made. No socket is opened. */
export class ReferenceHttp {
  readonly #server: Server;

  constructor({ lenient }: { readonly lenient: boolean }) {
    this.#server = createServer({
      insecureHTTPParser: lenient,
      requireHostHeader: false,
      rejectNonStandardBodyWrites: false,
      joinDuplicateHeaders: false,
      maxHeaderSize: 1 << 17,
      requestTimeout: 0,
      headersTimeout: 0,
      keepAliveTimeout: 0,
      connectionsCheckingInterval: 3_600_000,
    });
    this.#server.maxHeadersCount = 0;
  }

  /** Reads bytes as a server would that gets them all and then the end of the stream. */
  read(bytes: Buffer): Promise<ReadStream> {
    return new Promise((resolve) => {
      const stream = new OneShot(bytes);
      const requests: ReadRequest[] = [];
      let error: string | undefined;
      const take = (request: IncomingMessage) => {
        const place = requests.push(described(request, '', false)) - 1;
        const parts: Buffer[] = [];
        const finish = () => {
          requests[place] = described(request, Buffer.concat(parts).toString('latin1'), request.complete);
        };
        request.on('data', (part: Buffer) => parts.push(part));
        request.on('end', finish);
        request.on('close', finish);
        request.on('error', () => {});
      };
      listeners.set(stream, {
        request: take,
        failed: (why) => {
          error ??= why;
        },
      });
      stream.once('close', () => resolve({ requests, error }));
      this.#attach();
      this.#server.emit('connection', stream);
    });
  }

  #attached = false;

  #attach(): void {
    if (this.#attached) return;
    this.#attached = true;
    this.#server.on('request', (request, response) => {
      listeners.get(request.socket)?.request(request);
      request.once('end', () => response.end());
      response.on('error', () => {});
    });
    for (const event of ['connect', 'upgrade'] as const) {
      this.#server.on(event, (request: IncomingMessage, socket: Duplex) => {
        listeners.get(socket)?.request(request);
        socket.destroy();
      });
    }
    this.#server.on('checkContinue', (request, response) => {
      this.#server.emit('request', request, response);
    });
    this.#server.on('checkExpectation', (request, response) => {
      this.#server.emit('request', request, response);
    });
    this.#server.on('clientError', (problem: NodeJS.ErrnoException, socket) => {
      listeners.get(socket)?.failed(problem.code ?? problem.message);
      socket.destroy();
    });
  }
}

interface Listener {
  request(request: IncomingMessage): void;
  failed(why: string): void;
}

const listeners = new WeakMap<object, Listener>();

function described(request: IncomingMessage, body: string, complete: boolean): ReadRequest {
  const { method = '', url = '', rawHeaders } = request;
  return { method, target: url, headers: rawHeaders, body, complete };
}

/** Gives its bytes, then its end; swallows what is written. */
class OneShot extends Duplex {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    super({ allowHalfOpen: false });
    this.#bytes = bytes;
    this.on('error', () => {});
  }

  override _read(): void {
    if (this.#bytes.length > 0) this.push(this.#bytes);
    this.push(null);
  }

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

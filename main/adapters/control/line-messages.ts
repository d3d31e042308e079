import type { Socket } from 'node:net';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  Disposable,
  type Message,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc/node';
import { LineSplitter } from './line-splitter.ts';

/**
 * Guarantee: whatever bytes arrive, at most `frameBytesMax` of them are held, and only well-formed JSON-RPC 2.0
 * messages reach the connection; everything else is answered with a typed error.
 * Threat: a confused or hostile client of the same user sends garbage, endless lines or odd ids to take the supervisor down.
 * Limits: a client that floods valid requests is bounded by the server's own count of pending requests, not here.
 */

/** What a reader does with a line that is no message. */
export interface Refusal {
  readonly kind: 'parse' | 'invalid' | 'too_large';
  readonly id: string | number | null;
}

/** Reads one JSON-RPC message a line. A line over the bound is refused once and the socket ended. */
export class LineReader extends AbstractMessageReader implements MessageReader {
  readonly #socket: Socket;
  readonly #refuse: (refusal: Refusal) => void;

  constructor(socket: Socket, refuse: (refusal: Refusal) => void) {
    super();
    this.#socket = socket;
    this.#refuse = refuse;
  }

  override listen(callback: DataCallback): Disposable {
    const lines = new LineSplitter();
    this.#socket.on('data', (chunk: Buffer) => {
      if (!lines.push(chunk, (line) => this.#message(line, callback))) this.#tooLarge();
    });
    this.#socket.on('close', () => this.fireClose());
    this.#socket.on('error', (error) => this.fireError(error));
    return Disposable.create(() => this.#socket.removeAllListeners('data'));
  }

  #tooLarge(): void {
    this.#socket.removeAllListeners('data');
    this.#refuse({ kind: 'too_large', id: null });
    this.#socket.end();
  }

  #message(line: Buffer, callback: DataCallback): void {
    let value: unknown;
    try {
      value = JSON.parse(line.toString('utf8'));
    } catch {
      // Not swallowed: the sender is told, as JSON-RPC 2.0 §5.1 asks.
      this.#refuse({ kind: 'parse', id: null });
      return;
    }
    if (isMessage(value)) callback(value);
    else this.#refuse({ kind: 'invalid', id: idOf(value) });
  }
}

/** Writes one JSON-RPC message a line. */
export class LineWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('close', () => this.fireClose());
  }

  write(message: Message): Promise<void> {
    return new Promise((resolve) => {
      // A peer that went away is no failure of ours: its connection's close event settles what was pending.
      if (this.#socket.destroyed || !this.#socket.writable) return resolve();
      this.#socket.write(`${JSON.stringify(message)}\n`, () => resolve());
    });
  }

  end(): void {
    this.#socket.end();
  }
}

function record(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function idOf(value: unknown): string | number | null {
  const id = record(value) ? value['id'] : undefined;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}

/** JSON-RPC 2.0 §4 and §5; ids are strings or integers, parameters are objects, as this API uses them. */
function isMessage(value: unknown): value is Message {
  if (!record(value) || value['jsonrpc'] !== '2.0') return false;
  const { id, method, params } = value;
  if (id !== undefined && id !== null && typeof id !== 'string' && !Number.isSafeInteger(id)) return false;
  if (typeof id === 'string' && id.length > 128) return false;
  if (method === undefined) return id !== undefined && ('result' in value || record(value['error']));
  if (typeof method !== 'string' || method.length > 128) return false;
  if (params !== undefined && !record(params)) return false;
  if (method !== '$/cancelRequest') return !method.startsWith('$/') && id !== null;
  const target = record(params) ? params['id'] : undefined;
  return id === undefined && (typeof target === 'string' || Number.isSafeInteger(target));
}

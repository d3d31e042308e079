import { connect, type Socket } from 'node:net';
import { isAbsolute, join } from 'node:path';
import { BusReader, type BusValue, BusWriter } from './bus-values.ts';

/** What kind a message is (D-Bus Specification, "Message Format"). */
export const messageKinds = { call: 1, answer: 2, error: 3, signal: 4 } as const;

/** A message of the bus, as far as it is of use here. */
export interface BusMessage {
  readonly kind: number;
  readonly serial: number;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly error?: string;
  readonly replySerial?: number;
  readonly destination?: string;
  readonly sender?: string;
  readonly signature: string;
  readonly body: readonly BusValue[];
}

/** What to send; the serial is the connection's. */
export type BusOutgoing = Partial<Omit<BusMessage, 'serial' | 'sender'>> & { readonly kind: number };

/** Larger ones are nothing that we ask for: icons are the largest. The specification's own bound is 128 MiB. */
const messageBytesMax = 4 * 1024 * 1024;
/** How long the bus may take to let us in, and to answer. Only ends what hangs. */
const answerMs = 10_000;

const fields = { path: 1, interface: 2, member: 3, error: 4, replySerial: 5, destination: 6, sender: 7, signature: 8 };
const fieldTypes: Readonly<Record<number, string>> = { 1: 'o', 2: 's', 3: 's', 4: 's', 5: 'u', 6: 's', 7: 's', 8: 'g' };

/** A connection to the person's message bus (D-Bus). Little of it: calls, answers and signals, no descriptors. */
export class MessageBus {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #listeners = new Set<(message: BusMessage) => void>();
  readonly #pending = new Map<number, (message: BusMessage | Error) => void>();
  #buffer: Buffer = Buffer.alloc(0);
  #serial = 0;

  constructor(socket: Socket, rest: Buffer) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        for (const settle of this.#pending.values()) settle(new Error('the message bus is gone'));
        this.#pending.clear();
        resolve();
      });
    });
    // The close that follows says it.
    socket.on('error', () => undefined);
    socket.on('data', (part: Buffer) => this.#take(part));
    if (rest.length > 0) this.#take(rest);
  }

  /** Sends a message and returns its serial. */
  send(message: BusOutgoing): number {
    this.#serial += 1;
    if (this.#socket.writable) this.#socket.write(encodeMessage(message, this.#serial));
    return this.#serial;
  }

  /** Calls a method and resolves with what it returned. Rejects with the error's name when it refuses. */
  async call(
    destination: string,
    path: string,
    member: string,
    signature = '',
    body: readonly BusValue[] = [],
  ): Promise<readonly BusValue[]> {
    const dot = member.lastIndexOf('.');
    const names = { interface: member.slice(0, dot), member: member.slice(dot + 1) };
    const serial = this.send({ kind: messageKinds.call, destination, path, ...names, signature, body });
    let timer: NodeJS.Timeout | undefined;
    try {
      const answer = await new Promise<BusMessage | Error>((resolve) => {
        this.#pending.set(serial, resolve);
        timer = setTimeout(() => resolve(new Error(`${member} was not answered`)), answerMs);
        if (!this.#socket.writable) resolve(new Error('the message bus is gone'));
      });
      if (answer instanceof Error) throw answer;
      if (answer.kind === messageKinds.error) throw new Error(answer.error ?? 'refused');
      return answer.body;
    } finally {
      clearTimeout(timer);
      this.#pending.delete(serial);
    }
  }

  /** Every message that is no answer to a call of ours. */
  onMessage(listener: (message: BusMessage) => void): void {
    this.#listeners.add(listener);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** A window's program must not stay because of it. */
  unref(): void {
    this.#socket.unref();
  }

  #take(part: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? part : Buffer.concat([this.#buffer, part]);
    try {
      for (let length = messageLength(this.#buffer); length !== undefined; length = messageLength(this.#buffer)) {
        const bytes = this.#buffer.subarray(0, length);
        this.#buffer = this.#buffer.subarray(length);
        this.#deliver(decodeMessage(bytes));
      }
    } catch {
      // What cannot be read leaves us nowhere in the stream.
      this.#socket.destroy();
    }
  }

  #deliver(message: BusMessage): void {
    const isAnswer = message.kind === messageKinds.answer || message.kind === messageKinds.error;
    if (isAnswer) this.#pending.get(message.replySerial ?? 0)?.(message);
    else for (const listener of this.#listeners) listener(message);
  }
}

/** Connects to the bus of the person's session and says hello. Rejects when there is none. */
export async function connectMessageBus(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<MessageBus> {
  const address = busAddress(environment);
  if (address === undefined) throw new Error('no message bus is named');
  const socket = connect(address);
  const timer = setTimeout(() => socket.destroy(new Error('the message bus does not answer')), answerMs);
  try {
    const rest = await authenticate(socket);
    const bus = new MessageBus(socket, rest);
    await bus.call('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus.Hello');
    return bus;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Where the bus listens: the first address that is a Unix socket, else the one that systemd makes. */
export function busAddress(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  for (const address of (environment['DBUS_SESSION_BUS_ADDRESS'] ?? '').split(';')) {
    const [kind, rest = ''] = address.split(':', 2);
    const pairs = new Map(
      rest.split(',').map((pair) => [pair.split('=', 1)[0] ?? '', pair.slice(pair.indexOf('=') + 1)]),
    );
    const [path, abstractName] = [pairs.get('path'), pairs.get('abstract')];
    if (kind === 'unix' && path !== undefined) return unescaped(path);
    if (kind === 'unix' && abstractName !== undefined) return `\0${unescaped(abstractName)}`;
  }
  const runtime = environment['XDG_RUNTIME_DIR'];
  return runtime !== undefined && isAbsolute(runtime) ? join(runtime, 'bus') : undefined;
}

/** Values of addresses are escaped like those of URIs. What is escaped wrongly is taken as it stands. */
function unescaped(value: string): string {
  return value.replace(/%([0-9a-f]{2})/giu, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The kernel tells the bus who we are (SASL EXTERNAL). Resolves with what came after the bus's last line. */
async function authenticate(socket: Socket): Promise<Buffer> {
  const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
  return new Promise((resolve, reject) => {
    let said: Buffer = Buffer.alloc(0);
    const onData = (part: Buffer) => {
      said = Buffer.concat([said, part]);
      const end = said.indexOf('\r\n');
      if (end < 0 && said.length < 1024) return;
      socket.off('data', onData);
      if (!said.subarray(0, Math.max(end, 0)).toString('latin1').startsWith('OK ')) {
        reject(new Error('the message bus refuses'));
        return;
      }
      socket.write('BEGIN\r\n');
      resolve(said.subarray(end + 2));
    };
    socket.on('data', onData);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the message bus closed the connection')));
    socket.write(`\0AUTH EXTERNAL ${uid}\r\n`);
  });
}

function encodeMessage(message: BusOutgoing, serial: number): Buffer {
  const body = new BusWriter();
  body.writeAll(message.signature ?? '', message.body ?? []);
  const header = new BusWriter();
  const given = Object.entries(fields).flatMap(([name, code]): BusValue[] => {
    const value = message[name as keyof BusOutgoing];
    if (typeof value !== 'string' && typeof value !== 'number') return [];
    return value === '' ? [] : [[code, { signature: fieldTypes[code] ?? 's', value }]];
  });
  header.writeAll('yyyyuua(yv)', ['l'.charCodeAt(0), message.kind, 0, 1, body.bytes.length, serial, given]);
  header.align(8);
  return Buffer.concat([header.bytes, body.bytes]);
}

/** The length of the message at the beginning, once its fixed part and all of it are there. Throws on what is none. */
function messageLength(bytes: Buffer): number | undefined {
  if (bytes.length < 16) return undefined;
  if (bytes[0] !== 'l'.charCodeAt(0)) throw new Error('another byte order');
  const fieldBytes = bytes.readUInt32LE(12);
  const length = 16 + Math.ceil(fieldBytes / 8) * 8 + bytes.readUInt32LE(4);
  if (length > messageBytesMax) throw new Error('too long a message');
  return bytes.length < length ? undefined : length;
}

const fieldNames: Readonly<Record<number, keyof typeof fields>> = {
  1: 'path',
  2: 'interface',
  3: 'member',
  4: 'error',
  5: 'replySerial',
  6: 'destination',
  7: 'sender',
  8: 'signature',
};

function decodeMessage(bytes: Buffer): BusMessage {
  const reader = new BusReader(bytes);
  const [, kind, , , , serial, given] = reader.readAll('yyyyuua(yv)');
  reader.align(8);
  const named: Record<string, BusValue> = {};
  for (const field of Array.isArray(given) ? given : []) {
    const [code, variant] = Array.isArray(field) ? field : [];
    const name = fieldNames[Number(code)];
    if (name !== undefined && typeof variant === 'object' && 'value' in variant) named[name] = variant.value;
  }
  const text = (name: keyof typeof fields) => {
    const value = named[name];
    return typeof value === 'string' ? { [name]: value } : {};
  };
  const signature = typeof named['signature'] === 'string' ? named['signature'] : '';
  return {
    kind: Number(kind),
    serial: Number(serial),
    ...text('path'),
    ...text('interface'),
    ...text('member'),
    ...text('error'),
    ...text('destination'),
    ...text('sender'),
    ...(typeof named['replySerial'] === 'number' ? { replySerial: named['replySerial'] } : {}),
    signature,
    body: reader.readAll(signature),
  };
}

import { connect, type Socket } from 'node:net';

/** Protocol numbers (X Window System Protocol, X Version 11, appendix B). */
const request = { changeWindowAttributes: 2, configureWindow: 12, getImage: 73 } as const;
const mapNotify = 19;
const eventMaskBit = 0x800;
const substructureNotify = 1 << 19;
const zPixmap = 2;
const stackModeBit = 0x40;
const above = 0;
/** Errors, replies and events are this long; replies may be longer. */
const packetBytes = 32;

/** A piece of a window, in its pixels. */
export interface Piece {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * A client of the X server of its own, which learns from the server when a window is on the screen and what stands in it, so that
 * nothing depends on what the program says of itself. Times are `process.hrtime`, which is the machine's monotonic clock.
 */
export class XDisplay {
  /** The whole screen, as a window. */
  readonly root: number;
  readonly #socket: Socket;
  #parts: Buffer[] = [];
  #partsBytes = 0;
  #wanted: number = packetBytes;
  #sequence = 0;
  readonly #replies = new Map<number, (reply: Buffer | undefined) => void>();
  readonly #onMapped = new Set<(window: number, atNs: bigint) => void>();

  private constructor(socket: Socket, root: number, rest: Buffer) {
    this.root = root;
    this.#socket = socket;
    socket.on('data', (bytes) => this.#take(bytes));
    this.#take(rest);
    const attributes = Buffer.alloc(16);
    attributes.writeUInt8(request.changeWindowAttributes, 0);
    attributes.writeUInt16LE(4, 2);
    attributes.writeUInt32LE(root, 4);
    attributes.writeUInt32LE(eventMaskBit, 8);
    attributes.writeUInt32LE(substructureNotify, 12);
    this.#send(attributes);
  }

  /** `name` as in `DISPLAY`; a server that asks for no cookie, as Xvfb does not. */
  static async open(name: string): Promise<XDisplay> {
    const socket = connect(`/tmp/.X11-unix/X${name.slice(1)}`);
    // Byte order: least significant first; version 11.0; no authorization.
    socket.write(Buffer.from([0x6c, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    let setup = Buffer.alloc(0);
    for (;;) {
      const part = await new Promise<Buffer>((resolve, reject) => {
        socket.once('data', resolve).once('error', reject);
      });
      setup = Buffer.concat([setup, part]);
      if (setup.length < 8) continue;
      if (setup.readUInt8(0) !== 1) throw new Error('the X server let nobody in');
      const length = 8 + 4 * setup.readUInt16LE(6);
      if (setup.length < length) continue;
      const vendor = setup.readUInt16LE(24);
      const screens = 40 + Math.ceil(vendor / 4) * 4 + 8 * setup.readUInt8(29);
      socket.removeAllListeners();
      return new XDisplay(socket, setup.readUInt32LE(screens), setup.subarray(length));
    }
  }

  /** Calls with every window that comes up on the screen. Returns the end of it. */
  onMapped(listener: (window: number, atNs: bigint) => void): () => void {
    this.#onMapped.add(listener);
    return () => this.#onMapped.delete(listener);
  }

  /** The pixels of a piece as they are now; undefined while the window is not on the screen. */
  image(window: number, { x, y, width, height }: Piece): Promise<Buffer | undefined> {
    const asked = Buffer.alloc(20);
    asked.writeUInt8(request.getImage, 0);
    asked.writeUInt8(zPixmap, 1);
    asked.writeUInt16LE(5, 2);
    asked.writeUInt32LE(window, 4);
    asked.writeInt16LE(x, 8);
    asked.writeInt16LE(y, 10);
    asked.writeUInt16LE(width, 12);
    asked.writeUInt16LE(height, 14);
    asked.writeUInt32LE(0xff_ff_ff, 16);
    const sequence = this.#send(asked);
    return new Promise((resolve) => this.#replies.set(sequence, resolve));
  }

  /** Puts a window above the others, whether it is on the screen now or will be. */
  raise(window: number): void {
    const asked = Buffer.alloc(16);
    asked.writeUInt8(request.configureWindow, 0);
    asked.writeUInt16LE(4, 2);
    asked.writeUInt32LE(window, 4);
    asked.writeUInt16LE(stackModeBit, 8);
    asked.writeUInt32LE(above, 12);
    this.#send(asked);
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(bytes: Buffer): number {
    this.#sequence = (this.#sequence + 1) & 0xff_ff;
    this.#socket.write(bytes);
    return this.#sequence;
  }

  #take(bytes: Buffer): void {
    const atNs = process.hrtime.bigint();
    this.#parts.push(bytes);
    this.#partsBytes += bytes.length;
    // A long reply comes in many parts, which are put together once.
    while (this.#partsBytes >= this.#wanted) {
      const all = Buffer.concat(this.#parts);
      const isReply = all.readUInt8(0) === 1;
      const length = isReply ? packetBytes + 4 * all.readUInt32LE(4) : packetBytes;
      this.#parts = [all];
      this.#wanted = length;
      if (all.length < length) return;
      this.#packet(all.subarray(0, length), atNs);
      this.#parts = [all.subarray(length)];
      this.#partsBytes = all.length - length;
      this.#wanted = packetBytes;
    }
  }

  #packet(packet: Buffer, atNs: bigint): void {
    // The highest bit says that another client sent it.
    const kind = packet.readUInt8(0) & 0x7f;
    if (kind === mapNotify) for (const listener of this.#onMapped) listener(packet.readUInt32LE(8), atNs);
    if (kind > 1) return;
    const sequence = packet.readUInt16LE(2);
    this.#replies.get(sequence)?.(kind === 1 ? packet.subarray(packetBytes) : undefined);
    this.#replies.delete(sequence);
  }
}

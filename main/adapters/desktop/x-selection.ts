import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** How long the display may take for all of it, in milliseconds. Only ends what hangs. */
const answerMs = 5_000;
/** What a display says of itself when it lets us in is a few KiB. */
const answerBytesMax = 256 * 1024;
const cookieName = 'MIT-MAGIC-COOKIE-1';
/** Opcodes of X11 (X Window System Protocol, appendix B). */
const opcodes = { internAtom: 16, getSelectionOwner: 23 } as const;

/**
 * Whether some program holds a selection of this name on the person's X display: an older kind of tray does that. Asked in X11 itself,
 * four messages; false when there is no such display, or it is another machine's.
 */
export async function isSelectionHeld(name: string, environment: Environment): Promise<boolean> {
  const display = displayNumber(environment['DISPLAY']);
  if (display === undefined) return false;
  const socket = connect(`/tmp/.X11-unix/X${display}`);
  const timer = setTimeout(() => socket.destroy(), answerMs);
  try {
    const read = reader(socket);
    socket.write(greeting(cookieFor(display, environment)));
    const head = await read(8);
    if (head[0] !== 1) return false;
    await read(head.readUInt16LE(6) * 4);
    socket.write(internAtom(name));
    const atom = (await read(32)).readUInt32LE(8);
    if (atom === 0) return false;
    const ask = Buffer.from([opcodes.getSelectionOwner, 0, 2, 0, 0, 0, 0, 0]);
    ask.writeUInt32LE(atom, 4);
    socket.write(ask);
    return (await read(32)).readUInt32LE(8) !== 0;
  } catch {
    // No display, or one that does not let us in: nothing of ours is shown there either.
    return false;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** `:1.0` → 1; undefined for none, and for one of another machine's. */
export function displayNumber(display: string | undefined): number | undefined {
  const found = /^(?:unix)?:(\d{1,5})(?:\.\d+)?$/u.exec(display ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
}

/** The cookie for this display in the text of an `.Xauthority` file (Xau library, "File Format"); of several, the first. */
export function findCookie(bytes: Buffer, display: number): Buffer | undefined {
  for (let at = 0; at + 2 <= bytes.length; ) {
    // Family, then address, number, name and data, each with its length before it, big-endian.
    const fields: Buffer[] = [];
    at += 2;
    while (fields.length < 4 && at + 2 <= bytes.length) {
      const length = bytes.readUInt16BE(at);
      fields.push(bytes.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    const [, number, name, data] = fields;
    if (number === undefined || name === undefined || data === undefined || at > bytes.length) return undefined;
    const isMeant = number.length === 0 || number.toString('latin1') === String(display);
    if (isMeant && name.toString('latin1') === cookieName) return data;
  }
  return undefined;
}

function cookieFor(display: number, environment: Environment): Buffer | undefined {
  const file = environment['XAUTHORITY'] ?? join(environment['HOME'] ?? '/', '.Xauthority');
  try {
    return findCookie(readFileSync(file), display);
  } catch {
    // Displays without such a file let in by who we are.
    return undefined;
  }
}

function greeting(cookie: Buffer | undefined): Buffer {
  const [name, data] = cookie === undefined ? [Buffer.alloc(0), Buffer.alloc(0)] : [Buffer.from(cookieName), cookie];
  const head = Buffer.alloc(12);
  head.write('l', 0);
  head.writeUInt16LE(11, 2);
  head.writeUInt16LE(name.length, 6);
  head.writeUInt16LE(data.length, 8);
  return Buffer.concat([head, padded(name), padded(data)]);
}

function internAtom(name: string): Buffer {
  const bytes = Buffer.from(name, 'latin1');
  const head = Buffer.alloc(8);
  // Only one that is there: nobody holds what nobody named.
  head.writeUInt8(opcodes.internAtom, 0);
  head.writeUInt8(1, 1);
  head.writeUInt16LE(2 + Math.ceil(bytes.length / 4), 2);
  head.writeUInt16LE(bytes.length, 4);
  return Buffer.concat([head, padded(bytes)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

/** Reads so many bytes at a time; rejects when they will not come. */
function reader(socket: Socket): (bytes: number) => Promise<Buffer> {
  let buffer: Buffer = Buffer.alloc(0);
  let isOver = false;
  let wake: () => void = () => undefined;
  socket.on('data', (part: Buffer) => {
    buffer = Buffer.concat([buffer, part]);
    if (buffer.length > answerBytesMax) socket.destroy();
    wake();
  });
  // The close that follows ends what waits.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isOver = true;
    wake();
  });
  return async (bytes) => {
    while (buffer.length < bytes) {
      if (isOver) throw new Error('the display is gone');
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const taken = buffer.subarray(0, bytes);
    buffer = buffer.subarray(bytes);
    return taken;
  };
}

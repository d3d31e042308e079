import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ReadStream } from 'node:tty';
import { z } from 'zod';
import { TerminalInput } from './terminal-input.ts';

/**
 * The native half of node-pty. Its own `UnixTerminal` either starts the program itself, with our environment and as a plain
 * child, or reads from both ends; here the program's end goes to portcullis, so only the two native calls are used.
 */
const nativeSchema = z.object({
  open: z.custom<(columns: number, rows: number) => unknown>((value) => typeof value === 'function'),
  resize: z.custom<(fd: number, columns: number, rows: number) => void>((value) => typeof value === 'function'),
});
const loaderSchema = z.object({
  requireBinary: z.custom<(file: string) => unknown>((value) => typeof value === 'function'),
});
const pairSchema = z.object({ master: z.int(), slave: z.int() });

let native: z.infer<typeof nativeSchema> | undefined;

function loadNative(): z.infer<typeof nativeSchema> {
  if (native === undefined) {
    const loader = loaderSchema.parse(createRequire(import.meta.url)('@lydell/node-pty/requireBinary.js'));
    native = nativeSchema.parse(loader.requireBinary('pty.node'));
  }
  return native;
}

/** A terminal of our own: the program's side as a descriptor to give away, ours as a stream to read and one to write. */
export interface Terminal {
  /** To be handed to the session, then closed with `releaseSlave`. */
  readonly slave: number;
  readonly stream: ReadStream;
  readonly input: TerminalInput;
  resize(size: { columns: number; rows: number }): void;
  releaseSlave(): void;
}

/**
 * Opens a pseudo-terminal of the given size. node-pty leaves our side inheritable: a process the supervisor starts by other
 * means than the holder (which closes everything) while a session runs gets a copy, so long-lived workers start before sessions.
 */
export function openTerminal(size: { columns: number; rows: number }): Terminal {
  const { open, resize } = loadNative();
  const { master, slave } = pairSchema.parse(open(size.columns, size.rows));
  const stream = new ReadStream(master);
  const input = new TerminalInput(master, () => !stream.destroyed);
  stream.on('close', () => input.destroy());
  let held = true;
  return {
    slave,
    stream,
    input,
    resize: ({ columns, rows }) => {
      if (!stream.destroyed) resize(master, columns, rows);
    },
    releaseSlave: () => {
      if (held) closeSync(slave);
      held = false;
    },
  };
}

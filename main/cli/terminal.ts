import { homedir } from 'node:os';
import type { Readable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { exitStatus } from './failure.ts';
import { type Screen, screenOf } from './render/screen.ts';

/** The surroundings of one invocation. Commands use these instead of `process`, but for signals. */
export interface Terminal {
  readonly stdin: Readable & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>;
  readonly stdout: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>;
  readonly stderr: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  /** What standard output and standard error are. */
  readonly screen: Screen;
  readonly errorScreen: Screen;
  nowMs(): number;
}

/** The terminal this process was started from. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  return {
    stdin,
    stdout,
    stderr,
    environment: env,
    cwd: process.cwd(),
    home: homedir(),
    screen: screenOf(stdout, env),
    errorScreen: screenOf(stderr, env),
    nowMs: () => Date.now(),
  };
}

/** Prints one JSON object on a line of its own. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Says something beside the output: on standard error, so that it never mixes with it. */
export function notice(terminal: Terminal, text: string): void {
  terminal.stderr.write(`gatehouse: ${text}\n`);
}

/**
 * A reader that went away (`gatehouse log | head`) is no failure: there is nobody left to tell. `run` looks after its own output,
 * because it has a session to end first.
 */
export function endQuietlyOnClosedPipe(isRun: boolean): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!isRun) process.exit(error.code === 'EPIPE' ? exitStatus.ok : exitStatus.failed);
    });
  }
}

import { constants, openSync, unlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { openTerminal } from './terminal.ts';

/** The supervisor's ends of a session's standard streams. */
export interface SessionStreams {
  /** What `spawn` gives the holder as its descriptors 0 to 2. */
  readonly inherited: readonly ['ignore' | number, 'ignore' | number, 'ignore' | number];
  /** Called once the holder has been started: what was given away is let go. */
  started(): void;
  /** Called when the holder says that its named pipes wait to be opened (pipes only). */
  open(): void;
  input(): Writable | undefined;
  outputs(): readonly { readonly name: 'stdout' | 'stderr'; readonly source: Readable }[];
  /** Ends input: closes the pipe, or types Ctrl-D. */
  end(): void;
  resize(size: { columns: number; rows: number }): void;
  destroy(): void;
}

const endOfTransmission = Uint8Array.of(4);

/** One pseudo-terminal for all three streams. */
export function terminalStreams(size: { columns: number; rows: number }): SessionStreams {
  const terminal = openTerminal(size);
  // Its end is an EIO that may come while nobody reads; the pump sees it again, and a writer through its callback.
  terminal.stream.on('error', () => undefined);
  terminal.input.on('error', () => undefined);
  return {
    inherited: [terminal.slave, terminal.slave, terminal.slave],
    started: terminal.releaseSlave,
    open: () => undefined,
    input: () => terminal.input,
    outputs: () => [{ name: 'stdout', source: terminal.stream }],
    end: () => terminal.input.write(endOfTransmission),
    resize: terminal.resize,
    destroy: () => {
      terminal.releaseSlave();
      terminal.stream.destroy();
    },
  };
}

function openPipe(folder: string, name: string, flags: number): Socket {
  const file = path.join(folder, name);
  const fd = openSync(file, flags | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  unlinkSync(file);
  const writable = (flags & constants.O_WRONLY) !== 0;
  return new Socket({ fd, readable: !writable, writable });
}

/** Three pipes, made by the holder under names in the session's runtime folder; the names go as soon as they are open. */
export function pipeStreams(runtimeFolder: string): SessionStreams {
  let stdin: Socket | undefined;
  let outputs: { name: 'stdout' | 'stderr'; source: Socket }[] = [];
  return {
    inherited: ['ignore', 'ignore', 'ignore'],
    started: () => undefined,
    open: () => {
      stdin = openPipe(runtimeFolder, 'stdin', constants.O_WRONLY);
      // The agent closing its input is its right, and no failure of ours.
      stdin.on('error', () => stdin?.destroy());
      outputs = (['stdout', 'stderr'] as const).map((name) => ({
        name,
        source: openPipe(runtimeFolder, name, constants.O_RDONLY),
      }));
    },
    input: () => stdin,
    outputs: () => outputs,
    end: () => stdin?.end(),
    resize: () => undefined,
    destroy: () => {
      stdin?.destroy();
      for (const { source } of outputs) source.destroy();
    },
  };
}

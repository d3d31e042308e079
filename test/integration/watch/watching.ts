import path from 'node:path';
import { spawn } from '@lydell/node-pty';
import { TerminalModes } from '../../../main/core/sessions/terminal-modes.ts';
import { distFolder } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { descendantsOf } from '../../helpers/processes.ts';
import type { TempHome } from '../../helpers/temp-home.ts';

/** The live screen in a terminal of its own. */
export interface Watching {
  /** What stands on the screen now, without colours. */
  screen(): string;
  /** Everything that was written after the screen had been left. */
  after(): string;
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  /** What would undo the private modes that are still other than they were; empty when the terminal is as it was. */
  modesLeft(): string;
  /** Ends the screen's own process by a signal. */
  terminate(): Promise<void>;
  hasExited(): boolean;
}

/** How the first line of every frame begins: in bold, which no text of an agent's can be. */
const frameStart = '\x1b[1mGatehouse';
const leaveScreen = '\x1b[?1049l';
const statusAndModes = '"$@"; echo "status=$?"; stty -a';

/** Starts `gatehouse watch` under a shell that tells its status and how it left the terminal. */
export function openWatch(home: TempHome): Watching {
  const words = [process.execPath, path.join(distFolder, 'gatehouse.js'), 'watch'];
  const pty = spawn('/bin/bash', ['-c', statusAndModes, 'bash', ...words], {
    name: 'xterm-256color',
    cols: 100,
    rows: 30,
    cwd: home.workspace,
    env: { ...home.environment },
  });
  let exited = false;
  pty.onExit(() => {
    exited = true;
  });
  const modes = new TerminalModes();
  let output = '';
  pty.onData((data) => {
    output += data;
    modes.watch(Buffer.from(data));
  });
  return {
    screen: () => plain(output.slice(Math.max(0, output.lastIndexOf(frameStart)))),
    after: () => plain(output.slice(Math.max(0, output.lastIndexOf(leaveScreen)))),
    type: (keys) => pty.write(keys),
    resize: (columns, rows) => pty.resize(columns, rows),
    modesLeft: () => modes.undo(),
    terminate: async () => {
      // Its children may be a supervisor that it started.
      const [own] = (await descendantsOf(pty.pid)).filter(({ parentPid }) => parentPid === pty.pid);
      if (own !== undefined) process.kill(own.pid, 'SIGTERM');
    },
    hasExited: () => exited,
  };
}

/** Waits until the screen shows all of this at once. */
export async function seen(watching: Watching, ...words: (string | RegExp)[]): Promise<string> {
  const find = () => {
    const screen = watching.screen();
    const isThere = words.every((word) => (typeof word === 'string' ? screen.includes(word) : word.test(screen)));
    return isThere ? screen : undefined;
  };
  try {
    return await eventually(find, { what: `${words.join(' and ')} on the screen` });
  } catch (error) {
    throw new Error(`the screen was:\n${watching.screen()}`, { cause: error });
  }
}

function plain(text: string): string {
  return text.replaceAll(/\x1b\[[0-9;?]*[A-Za-z]/gu, '');
}

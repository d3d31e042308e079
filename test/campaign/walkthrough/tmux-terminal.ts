import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually } from '../../helpers/poll.ts';

const execute = promisify(execFile);

/** Only ends what hangs. */
const deadlineMs = 120_000;
const columns = 96;
const rows = 36;
const historyRows = 400;

/** A person's terminal in tmux: what is typed goes in, pictures of the screen come out, as text. */
export interface TmuxTerminal {
  /** Types keys and Enter. */
  enter(keys: string): Promise<void>;
  /** Waits until the screen shows something, and returns the match. */
  shows(wanted: RegExp): Promise<RegExpExecArray>;
  /** The screen as it is, without empty lines at its end; with `scrolled`, what went out at its top besides. */
  picture(scrolled?: boolean): Promise<string>;
  /** An empty screen. */
  clear(): Promise<void>;
}

/** A tmux server of its own; each terminal is a session of it. */
export class Tmux {
  readonly #server: string;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(server: string, environment: Readonly<Record<string, string>>) {
    this.#server = server;
    this.#environment = environment;
  }

  async open(name: string, cwd: string): Promise<TmuxTerminal> {
    const size = ['-x', String(columns), '-y', String(rows)];
    await this.#run('new-session', '-d', '-s', name, ...size, '-c', cwd, 'bash', '--norc');
    await this.#run('set', '-g', 'status', 'off');
    const capture = async (scrolled = true): Promise<string> => {
      const from = scrolled ? ['-S', `-${historyRows}`] : [];
      return (await this.#run('capture-pane', '-p', '-t', name, ...from)).replace(/\s+$/u, '');
    };
    return {
      enter: async (keys) => {
        await this.#run('send-keys', '-t', name, '-l', '--', keys);
        await this.#run('send-keys', '-t', name, 'Enter');
      },
      shows: (wanted) =>
        eventually(async () => wanted.exec(await capture()), {
          what: `the screen to show ${wanted}`,
          deadlineMs,
        }).catch(async (cause: unknown) => {
          throw new Error(`the screen shows:\n${await capture()}`, { cause });
        }),
      picture: (scrolled = false) => capture(scrolled),
      clear: async () => {
        await this.#run('send-keys', '-t', name, '-l', '--', 'clear');
        await this.#run('send-keys', '-t', name, 'Enter');
        await eventually(async () => !(await capture()).includes('clear\n'), { what: 'an empty screen', deadlineMs });
        await this.#run('clear-history', '-t', name);
      },
    };
  }

  async close(): Promise<void> {
    await this.#run('kill-server');
  }

  async #run(...words: string[]): Promise<string> {
    const { stdout } = await execute('tmux', ['-L', this.#server, '-f', '/dev/null', ...words], {
      env: { ...this.#environment },
    });
    return stdout;
  }
}

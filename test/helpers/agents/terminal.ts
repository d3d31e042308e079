import { spawn } from '@lydell/node-pty';

/** A person's terminal, as far as a program in it can tell: keys go in, the screen's bytes come out. */
export interface Terminal {
  readonly pid: number;
  /** Everything written so far, escape sequences removed. */
  text(): string;
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  kill(): void;
  /** Exit status and signal. */
  readonly exited: Promise<{ readonly status: number; readonly signal: number }>;
}

export interface TerminalCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Output kept; older bytes are dropped. */
const screenCharactersMax = 200_000;

/** Starts a command in a new terminal of 100 columns and 30 rows that answers the usual questions of full-screen programs. */
export function openTerminal({ command, args, cwd, environment }: TerminalCommand): Terminal {
  const pty = spawn(command, [...args], { name: 'xterm-256color', cols: 100, rows: 30, cwd, env: { ...environment } });
  let output = '';
  // Full-screen programs draw all the time; reading the screen must not cost more than drawing it.
  let plain: string | undefined;
  pty.onData((data) => {
    output = (output + data).slice(-screenCharactersMax);
    plain = undefined;
    const reply = answers.flatMap(([question, answer]) => (data.includes(question) ? [answer] : [])).join('');
    if (reply !== '') pty.write(reply);
  });
  return {
    pid: pty.pid,
    text: () => {
      plain ??= plainText(output);
      return plain;
    },
    type: (keys) => pty.write(keys),
    resize: (columns, rows) => pty.resize(columns, rows),
    kill: () => pty.kill('SIGKILL'),
    exited: new Promise((resolve) => {
      pty.onExit(({ exitCode, signal }) => resolve({ status: exitCode, signal: signal ?? 0 }));
    }),
  };
}

/** Cursor position, device attributes, background and foreground colour, keyboard protocol. */
const answers: readonly (readonly [string, string])[] = [
  ['\x1b[6n', '\x1b[1;1R'],
  ['\x1b[c', '\x1b[?62;22c'],
  ['\x1b]11;?', '\x1b]11;rgb:0000/0000/0000\x1b\\'],
  ['\x1b]10;?', '\x1b]10;rgb:ffff/ffff/ffff\x1b\\'],
  ['\x1b[?u', '\x1b[?0u'],
  ['\x1b[>q', '\x1bP>|xterm(390)\x1b\\'],
];

/** Movements of the cursor become spaces, since full-screen programs use them between words. */
function plainText(output: string): string {
  return output
    .replaceAll(/\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/gu, '')
    .replaceAll(/\x1b\[[0-9;?>=!]*[A-HJKfG]/gu, ' ')
    .replaceAll(/\x1b\[[0-9;?>=!]*[ -/]*[@-~]/gu, '')
    .replaceAll(/\x1b[P_^][^\x1b]*\x1b\\/gu, '')
    .replaceAll(/\x1b[()][A-Z0-9]|\x1b[=>78]/gu, '');
}

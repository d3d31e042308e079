import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** The project's folder. */
export const repositoryFolder: string = path.resolve(import.meta.dirname, '../..');

/** Folder of the build under test. The guards table points it at a build with one protection removed. */
export const distFolder = path.resolve(repositoryFolder, process.env['GATEHOUSE_TEST_DIST'] ?? 'dist');

/** How long one command may take. Only ends what hangs. */
const commandDeadlineMs = 100_000;
/** More output than this of one stream is a failure of the test, not of memory. */
const outputBytesMax = 16 * 1024 * 1024;

/** What a finished command left behind. */
export interface Finished {
  /** Exit status; 128 + signal number is not added: see `signal`. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** The whole environment. `TempHome.environment` is what most tests want, with additions. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Written to standard input, which is then closed. Absent: standard input is empty. */
  readonly stdin?: string | Uint8Array;
  readonly deadlineMs?: number;
}

/** Runs the built CLI to its end and collects what it said. A command that hangs is killed and the promise rejects. */
export async function runGatehouse(args: readonly string[], options: CommandOptions): Promise<Finished> {
  return await runCommand(process.execPath, [path.join(distFolder, 'gatehouse.js'), ...args], options);
}

/** Runs any program to its end, outside any walls, with the same bounds. */
export async function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<Finished> {
  const child = spawn(file, args, { cwd: options.cwd, env: options.environment, stdio: ['pipe', 'pipe', 'pipe'] });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  // A command that does not read its input and ends breaks the pipe; that is its right.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  const deadlineMs = options.deadlineMs ?? commandDeadlineMs;
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, deadlineMs);
  try {
    await once(child, 'close');
  } finally {
    clearTimeout(timer);
  }
  const finished = { status: child.exitCode, signal: child.signalCode, stdout: stdout(), stderr: stderr() };
  if (hung) {
    const said = `stdout: ${finished.stdout.slice(-2000)}\nstderr: ${finished.stderr.slice(-2000)}`;
    throw new Error(`${[file, ...args].join(' ')} did not end within ${deadlineMs} ms\n${said}`);
  }
  return finished;
}

/** Starts the built CLI and leaves it running. The caller ends it. */
export function startGatehouse(
  args: readonly string[],
  options: Omit<CommandOptions, 'stdin' | 'deadlineMs'>,
): ChildProcess {
  return spawn(process.execPath, [path.join(distFolder, 'gatehouse.js'), ...args], {
    cwd: options.cwd,
    env: options.environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Parses the `--json` output of a command: one object a line. */
export function parseJsonLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= outputBytesMax) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

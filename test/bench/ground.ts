import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { distFolder, type Finished, runCommand } from '../helpers/gatehouse.ts';
import { noBreakerOptions } from '../helpers/no-breakers.ts';
import { openTempHome, type TempHome } from '../helpers/temp-home.ts';

const execute = promisify(execFile);

/** The peer, pinned. Installed on demand, never a dependency. */
export const peerVersion = '0.0.83';

export const root: string = path.resolve(import.meta.dirname, '../..');
export const cacheFolder: string = path.join(root, '.cache/bench');

/** Longest single command of the bench. Only ends what hangs. */
const commandDeadlineMs = 600_000;

/** A way to run a command: without walls, in ours, or in the peer's. */
export type Contestant = (command: readonly string[], options?: ContestantOptions) => Promise<Finished>;

export interface ContestantOptions {
  readonly cwd?: string;
  readonly grants?: readonly string[];
}

/** What every figure stands on: a new home with its own supervisor, the peer, and the measuring program. */
export interface Ground {
  readonly home: TempHome;
  readonly bare: Contestant;
  readonly gatehouse: Contestant;
  readonly peer: Contestant;
  /** The measuring program, copied into the workspace; `./measure` inside. */
  readonly measureProgram: string;
  /** The peer's program, and its arguments before a command. */
  readonly peerCommand: readonly [string, ...string[]];
  close(): Promise<void>;
}

/** Compiles the measuring program, installs the peer where it is not, and makes a home. */
export async function openGround(): Promise<Ground> {
  await mkdir(cacheFolder, { recursive: true });
  const measureProgram = path.join(cacheFolder, 'measure');
  const source = path.join(import.meta.dirname, 'programs/measure.c');
  await execute('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-static', '-pthread', '-o', measureProgram, source]);
  const program = await installPeer();
  const home = await openTempHome();
  await copyFile(measureProgram, path.join(home.workspace, 'measure'));
  const settings = path.join(home.folder, 'peer.json');
  // The nearest to what Gatehouse grants: the workspace writable, one host reachable.
  await writeFile(
    settings,
    JSON.stringify({
      network: { allowedDomains: ['127.0.0.1'], deniedDomains: [] },
      filesystem: { denyRead: [], allowWrite: ['.'], denyWrite: [] },
    }),
  );
  const peerCommand: [string, ...string[]] = [process.execPath, program, '--settings', settings, '--'];
  const run = (file: string, args: readonly string[], cwd: string): Promise<Finished> =>
    runCommand(file, args, { cwd, environment: home.environment, deadlineMs: commandDeadlineMs });
  const [peerFile, ...peerArgs] = peerCommand;
  return {
    home,
    measureProgram,
    peerCommand,
    // In a session of its own, as both sandboxes run theirs: Linux shares processor time out by session (autogroup).
    bare: (command, { cwd = home.workspace } = {}) => run('setsid', ['--wait', ...command], cwd),
    gatehouse: (command, { cwd = home.workspace, grants = [] } = {}) => {
      // Whoever is given a host measures how fast it is reached.
      const given = grants.length === 0 ? [] : [...noBreakerOptions, ...grants.flatMap((grant) => ['--grant', grant])];
      return run(process.execPath, [path.join(distFolder, 'gatehouse.js'), 'run', ...given, '--', ...command], cwd);
    },
    peer: (command, { cwd = home.workspace } = {}) => run(peerFile, [...peerArgs, ...command], cwd),
    close: () => home.close(),
  };
}

/** Installs the peer where it is not; returns its program, for Node to run. */
export async function installPeer(): Promise<string> {
  const folder = path.join(cacheFolder, 'peer');
  const place = path.join(folder, 'node_modules/@anthropic-ai/sandbox-runtime');
  const found = await readFile(path.join(place, 'package.json'), 'utf8').catch(() => undefined);
  if (found === undefined || !found.includes(`"version": "${peerVersion}"`)) {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'package.json'), '{"private":true}\n');
    const wanted = `@anthropic-ai/sandbox-runtime@${peerVersion}`;
    await execute('npm', ['install', '--no-audit', '--no-fund', wanted], { cwd: folder });
  }
  for (const tool of ['socat', 'rg']) {
    await execute('sh', ['-c', `command -v ${tool}`]).catch((cause: unknown) => {
      throw new Error(`the peer needs ${tool}; install the packages socat and ripgrep first`, { cause });
    });
  }
  return path.join(place, 'dist/cli.js');
}

/** The last line of JSON a measuring command printed. */
export function parseMeasured<T>(finished: Finished, schema: z.ZodType<T>): T {
  const line = finished.stdout.trim().split('\n').at(-1) ?? '';
  if (finished.status !== 0 || !line.startsWith('{')) {
    throw new Error(`the command ended with ${finished.status}: ${finished.stderr.slice(-500)}${line.slice(0, 200)}`);
  }
  return schema.parse(JSON.parse(line));
}

export const timesSchema = z.object({ p50: z.number() });

/** A process the bench started and ends itself. */
export async function startServer(measureProgram: string): Promise<{ port: number; child: ChildProcess }> {
  const child = spawn(measureProgram, ['serve'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the measuring server ended')));
    child.stdout.once('data', (bytes: Buffer) => resolve(Number(bytes.toString('latin1'))));
  });
  return { port, child };
}

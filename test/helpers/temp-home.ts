import { chmod, mkdir, mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type CommandOptions, type Finished, runGatehouse } from './gatehouse.ts';
import { eventually } from './poll.ts';
import { processesWithEnvironment } from './processes.ts';

/** A person's home, a Gatehouse home and a workspace of one test, all new and all gone afterwards. */
export interface TempHome {
  /** The folder that holds the others. */
  readonly folder: string;
  /** The person's `HOME`. */
  readonly home: string;
  /** `GATEHOUSE_HOME`; short enough for Unix socket paths (107 bytes). */
  readonly state: string;
  /** An empty folder inside `home`, where a project would be. */
  readonly workspace: string;
  /** A clean environment with nothing of the caller's but PATH. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs the CLI here, in the workspace unless `cwd` says otherwise. */
  run(args: readonly string[], options?: Partial<CommandOptions>): Promise<Finished>;
  /** Stops the supervisor and everything that still runs here, then removes the folder. */
  close(): Promise<void>;
}

/** Makes a `TempHome`. Close it in `afterAll`/`afterEach`, also when the test failed. */
export async function openTempHome(): Promise<TempHome> {
  const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'gh-')));
  const home = path.join(folder, 'home');
  const state = path.join(folder, 'state');
  const workspace = path.join(home, 'project');
  await mkdir(workspace, { recursive: true });
  await mkdir(state, { mode: 0o700 });
  await shareCompileCache(state);
  const environment = {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    GATEHOUSE_HOME: state,
    USER: os.userInfo().username,
    LOGNAME: os.userInfo().username,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
  };
  const run: TempHome['run'] = (args, options = {}) => runGatehouse(args, { environment, cwd: workspace, ...options });
  return {
    folder,
    home,
    state,
    workspace,
    environment,
    run,
    async close() {
      await run(['supervisor', 'stop', '--force'], { deadlineMs: 30_000, cwd: '/' }).catch(() => undefined);
      await endLeftovers(state);
      await makeRemovable(folder);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * Homes are new and the programs in them are not: V8's compile cache is shared by all tests of one run (`.ci/test.mjs` says where), or every
 * supervisor would be compiled anew. Where each home should have its own, as a person's has, the variable is not set.
 */
async function shareCompileCache(state: string): Promise<void> {
  const shared = process.env['GATEHOUSE_TEST_COMPILE_CACHE'];
  if (shared === undefined) return;
  await mkdir(shared, { recursive: true, mode: 0o700 });
  await symlink(shared, path.join(state, 'compile-cache'));
}

/** Ends what still runs with our own new GATEHOUSE_HOME in its environment: nobody else's processes have it. */
async function endLeftovers(state: string): Promise<void> {
  await eventually(
    async () => {
      const left = await processesWithEnvironment('GATEHOUSE_HOME', state);
      for (const { pid } of left) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended by itself in between.
        }
      }
      return left.length === 0;
    },
    { what: `processes of ${state} to end` },
  );
}

/** A test may leave folders without any permission behind, which an ordinary user cannot remove. */
async function makeRemovable(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const inner = path.join(folder, entry.name);
    // Removal itself reports what really stands in the way.
    await chmod(inner, 0o700).catch(() => undefined);
    await makeRemovable(inner).catch(() => undefined);
  }
}

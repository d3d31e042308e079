import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { type AuditEvent, auditEventSchema } from '#contract/audit.ts';
import { distFolder, type Finished, parseJsonLines, runCommand } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { openTempHome } from '../../helpers/temp-home.ts';
import { type Canary, plantCanaries, plantCanary } from './canaries.ts';
import { placeProbe } from './probe.ts';
import { expectNoInhabitants } from './survivors.ts';

/** What a run left behind. */
export interface WallsRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What this run put on record, oldest first; empty for a run outside. */
  readonly events: readonly AuditEvent[];
  /** Undefined for a run outside and for one that was refused. */
  readonly sessionId: string | undefined;
}

/** How a run departs from the ordinary. */
export interface RunOptions {
  /** `--grant` specs. */
  readonly grants?: readonly string[];
  /** Added to the caller's environment (not let in). */
  readonly environment?: Readonly<Record<string, string>>;
  /** `--workspace`. */
  readonly workspace?: string;
  /** Where the caller stands; the workspace when absent. */
  readonly cwd?: string;
  /** Further options of `gatehouse run`, e.g. `['--limit', 'processes=32']`. */
  readonly options?: readonly string[];
  readonly stdin?: string;
}

/** A session that goes on while the test looks at it. */
export interface OngoingRun {
  readonly child: ChildProcess;
  /** Resolves when its standard output contains `text`. */
  said(text: string): Promise<void>;
  /** What it wrote to standard output so far. */
  output(): string;
  /** Resolves when the command has ended by itself, or after `child` was told to. */
  readonly ended: Promise<WallsRun>;
}

/** A person's home full of canaries, a workspace that is a Git repository, and a supervisor, all of one test file. */
export interface Walls {
  /** Holds everything else; invisible inside, except what the plan shows. */
  readonly folder: string;
  readonly home: string;
  readonly state: string;
  readonly workspace: string;
  readonly canaries: readonly Canary[];
  /** The program that `cli` runs with this Node. */
  readonly cliPath: string;
  /** The caller's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs a shell script, or a command, inside. `./probe` is there: see `probe.c`. */
  run(command: string | readonly string[], options?: RunOptions): Promise<WallsRun>;
  /** The same, bare on the host as the same user: what a control needs. */
  outside(command: string | readonly string[], options?: Pick<RunOptions, 'environment' | 'cwd'>): Promise<WallsRun>;
  /** Starts a session and leaves it running. */
  start(command: string | readonly string[], options?: RunOptions): OngoingRun;
  /** The record, oldest first; `query` as in `gatehouse log`. */
  events(query?: string): Promise<readonly AuditEvent[]>;
  /** Runs any other command of the CLI, e.g. `['kill', '--all']`. */
  cli(args: readonly string[]): Promise<Finished>;
  /** Pid of the supervisor. */
  supervisorPid(): Promise<number>;
  /** A new folder of the host that no session sees, with a canary in `secret`. */
  privateFolder(): Promise<{ readonly folder: string; readonly secret: Canary }>;
  /** Registers what `close` has to end besides, also when the test that needed it failed. */
  onClose(cleanup: () => Promise<void>): void;
  /** Stops everything; rejects when a process survived. */
  close(): Promise<void>;
}

/** What a test file's walls have besides. */
export interface WallsOptions {
  /** Variables of the caller, and so of the supervisor, which the first command starts. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** As many events as a test file may cause; more would need paging. */
const eventsMax = 5000;

/** Folders of the system alone: what else the caller's PATH names would be shown inside as a toolchain. */
const plainPath = '/usr/local/bin:/usr/bin:/bin';

/** Makes the walls of a test file. Close them in `afterAll`, also when tests failed. */
export async function openWalls(options: WallsOptions = {}): Promise<Walls> {
  const place = await openTempHome();
  const { folder, home, state, workspace } = place;
  const environment = { ...place.environment, PATH: plainPath, ...options.environment };
  await makeRepository(workspace, environment);
  const canaries = await plantCanaries(home);
  await placeProbe(path.join(import.meta.dirname, 'probe.c'), path.join(workspace, 'probe'));
  const cli = path.join(distFolder, 'gatehouse.js');
  const cleanups: (() => Promise<void>)[] = [];
  let readSeq = 0;

  async function events(query = ''): Promise<readonly AuditEvent[]> {
    const args = ['log', '--json', '-n', String(eventsMax), ...(query === '' ? [] : [query])];
    const { status, stdout, stderr } = await place.run(args, { environment });
    if (status !== 0) throw new Error(`gatehouse log ended with ${status}: ${stderr}`);
    return parseJsonLines(stdout)
      .map((line) => auditEventSchema.parse(line))
      .sort((a, b) => a.seq - b.seq);
  }

  /** The events of the run that carried `mark`, refused or not. */
  async function eventsOf(mark: string): Promise<readonly AuditEvent[]> {
    const since = readSeq;
    const all = await events();
    readSeq = all.at(-1)?.seq ?? readSeq;
    const task = all.find((event) => event.kind === 'task.created' && event.detail['text'] === mark)?.task;
    const session = all.find((event) => event.kind === 'session.starting' && event.task === task)?.session;
    return all.filter(
      (event) =>
        (task !== undefined && event.task === task) ||
        (session !== undefined && event.session === session) ||
        (event.kind === 'session.refused' && event.seq > since),
    );
  }

  function cliArguments(command: string | readonly string[], options: RunOptions, mark: string): string[] {
    return [
      ...['run', '--task', mark],
      ...(options.grants ?? []).flatMap((spec) => ['--grant', spec]),
      ...(options.workspace === undefined ? [] : ['--workspace', options.workspace]),
      ...(options.options ?? []),
      '--',
      ...argvOf(command, mark),
    ];
  }

  const finish = async (mark: string, ended: Pick<WallsRun, 'status' | 'stdout' | 'stderr'>): Promise<WallsRun> => {
    const found = await eventsOf(mark);
    const sessionId = found.find((event) => event.kind === 'session.starting')?.session;
    return { status: ended.status, stdout: ended.stdout, stderr: ended.stderr, events: found, sessionId };
  };

  return {
    folder,
    home,
    state,
    workspace,
    canaries,
    cliPath: cli,
    environment,
    events,
    async run(command, options = {}) {
      const mark = newMark();
      const ended = await runCommand(process.execPath, [cli, ...cliArguments(command, options, mark)], {
        environment: { ...environment, ...options.environment },
        cwd: options.cwd ?? workspace,
        ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      });
      return await finish(mark, ended);
    },
    async outside(command, options = {}) {
      const [file = 'sh', ...args] = argvOf(command, newMark());
      const ended = await runCommand(file, args, {
        environment: { ...environment, ...options.environment },
        cwd: options.cwd ?? workspace,
      });
      return { ...ended, events: [], sessionId: undefined };
    },
    start(command, options = {}) {
      const mark = newMark();
      const child = spawn(process.execPath, [cli, ...cliArguments(command, options, mark)], {
        cwd: options.cwd ?? workspace,
        env: { ...environment, ...options.environment },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      return ongoing(child, (ended) => finish(mark, ended));
    },
    cli: (args) => place.run(args, { environment }),
    async supervisorPid() {
      const { stdout } = await place.run(['supervisor', 'status', '--json'], { environment });
      const pid = /"pid":\s*(?<pid>\d+)/u.exec(stdout)?.groups?.['pid'];
      if (pid === undefined) throw new Error(`no supervisor runs: ${stdout}`);
      return Number(pid);
    },
    async privateFolder() {
      const made = await mkdtemp(path.join(folder, 'private-'));
      return { folder: made, secret: await plantCanary(path.join(made, 'secret')) };
    },
    onClose: (cleanup) => void cleanups.push(cleanup),
    async close() {
      for (const cleanup of cleanups) await cleanup();
      try {
        await place.run(['supervisor', 'stop', '--force'], { environment, cwd: '/' });
        await expectNoInhabitants(folder);
      } finally {
        await place.close();
      }
    },
  };
}

function ongoing(
  child: ChildProcess,
  finish: (ended: Pick<WallsRun, 'status' | 'stdout' | 'stderr'>) => Promise<WallsRun>,
): OngoingRun {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const closed = once(child, 'close');
  return {
    child,
    output: () => stdout,
    async said(text) {
      await eventually(
        () => {
          if (stdout.includes(text)) return true;
          if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${stderr}`);
          return false;
        },
        { what: `the session to say ${text}`, deadlineMs: 60_000 },
      );
    },
    ended: closed.then(() => finish({ status: child.exitCode, stdout, stderr })),
  };
}

function argvOf(command: string | readonly string[], mark: string): readonly string[] {
  return typeof command === 'string' ? ['sh', '-c', command, mark] : command;
}

function newMark(): string {
  return `mark-${randomBytes(8).toString('hex')}`;
}

/** A real repository with one commit, made by Git itself. */
async function makeRepository(folder: string, environment: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  const script = `
    git init -q . && echo hello > README.md && printf 'probe\\n' > .gitignore && git add . &&
    git -c user.name=Ann -c user.email=ann@example.org commit -q -m first`;
  const { status, stderr } = await runCommand('sh', ['-ec', script], { environment, cwd: folder });
  if (status !== 0) throw new Error(`git could not make the workspace: ${stderr}`);
}

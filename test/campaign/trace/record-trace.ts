import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type AuditEvent, auditEventSchema } from '#contract/audit.ts';
import { distFolder, parseJsonLines, startGatehouse } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import type { TempHome } from '../../helpers/temp-home.ts';
import { awaitCode, fetchOf, openAgent, openGatehouse, typeUntil } from '../../integration/approvals/asking.ts';
import { type LoopbackService, startLoopbackService } from '../loopback-service.ts';
import { openSignedHome } from '../signed-home.ts';
import type { TraceContext } from './effects.ts';
import { playMemory } from './play-memory.ts';
import { parseStrace, type TracedCall } from './strace-log.ts';

/** Why system calls cannot be traced here; undefined when they can. */
export function whyNoTrace(): string | undefined {
  const tried = spawnSync('strace', ['-f', '-q', '-o', '/dev/null', 'true'], { encoding: 'utf8', timeout: 20_000 });
  if (tried.error !== undefined) return `strace cannot be run: ${tried.error.message}`;
  return tried.status === 0 ? undefined : `tracing is not allowed here: ${tried.stderr.trim()}`;
}

/** Calls that write, sync, connect, start, make or remove. */
const tracedCalls =
  'pwrite64,pwritev,pwritev2,write,writev,sendmsg,sendto,fdatasync,fsync,connect,bind,execve,mkdir,unlink,openat';
/** Longer than a page of the log with its frame. */
const stringCharacters = 5000;
/** More than any run of the scenario writes. */
const eventsMax = 10_000;

/** A scenario that causes every kind of effect, the supervisor's system calls, and its record. */
export async function recordTrace(): Promise<{
  readonly events: readonly AuditEvent[];
  readonly calls: readonly TracedCall[];
  readonly context: TraceContext;
}> {
  const home = await openSignedHome({ PATH: '/usr/local/bin:/usr/bin:/bin' });
  const services = await Promise.all(Array.from({ length: 6 }, startLoopbackService));
  const file = path.join(home.folder, 'strace.log');
  try {
    const options = ['-f', '-q', '-y', '--decode-pids=comm', '-s', String(stringCharacters), '-e', 'signal=none'];
    const program = [process.execPath, path.join(distFolder, 'gatehouse.js'), 'supervisor', 'start'];
    const strace = spawn('strace', [...options, '-e', `trace=${tracedCalls}`, '-o', file, ...program], {
      cwd: home.workspace,
      env: home.environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaints = '';
    strace.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    const traced = once(strace, 'close');
    const run = async (args: readonly string[], wanted = 0): Promise<string> => {
      const { status, stdout, stderr } = await home.run(args);
      if (status !== wanted) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}${complaints}`);
      return stdout;
    };
    const status = await eventually(
      async () => {
        const { status: code, stdout } = await home.run(['supervisor', 'status', '--json']);
        return code === 0 && (JSON.parse(stdout) as { pid: number; egressPid: number });
      },
      { what: 'the traced supervisor to answer', deadlineMs: 60_000 },
    );
    const events = await playScenario(run, home, services, status.egressPid);
    await run(['supervisor', 'stop']);
    await traced;
    // Asks a new supervisor, which nobody traces: what it adds comes after the end of the first.
    const after = readEvents(await run(['log', '--json', '-n', String(eventsMax)]));
    const last = after.find(({ kind }) => kind === 'supervisor.stopped')?.seq ?? 0;
    const all = new Map(after.filter(({ seq }) => seq <= last).map((event) => [event.seq, event]));
    // Compaction has erased what these said since.
    for (const event of events) all.set(event.seq, event);
    const context = { supervisorPid: status.pid, egressPid: status.egressPid };
    return { events: [...all.values()], calls: parseStrace(await readFile(file, 'latin1')), context };
  } finally {
    await home.close();
    await Promise.all(services.map((service) => service.close()));
  }
}

/** Each destination has a port of its own, so that a connection can be told from the others. Returns the record before it is compacted. */
async function playScenario(
  run: (args: readonly string[], wanted?: number) => Promise<string>,
  home: TempHome,
  services: readonly LoopbackService[],
  egressPid: number,
): Promise<AuditEvent[]> {
  const [proxied, tunnelled, relayed, named, denied, asked = 0] = services.map(({ port }) => port);
  const ask = 'curl -s -m 60 -o answer';
  const script = [
    `${ask} --noproxy "" http://127.0.0.1:${proxied}/`,
    `${ask} --noproxy "" -p http://127.0.0.1:${tunnelled}/`,
    `${ask} http://127.0.0.1:${relayed}/`,
    `${ask} --noproxy "" http://localhost:${named}/`,
    `${ask} --noproxy "" http://127.0.0.1:${denied}/`,
    'exit 41',
  ].join('; ');
  const grants = [`127.0.0.1:${proxied}`, `127.0.0.1:${tunnelled}`, `127.0.0.1:${relayed}`, `localhost:${named}`];
  await run(
    ['run', ...grants.flatMap((grant) => ['--grant', `net.connect:${grant}`]), '--', 'sh', '-c', script, 'mark-asks'],
    41,
  );
  await run(['run', '--expose', '0:5173', '--', 'sh', '-c', 'exit 57', 'mark-exposes'], 57);
  await run(['run', '--', 'mark-no-such-command'], 127);
  await playQuestion(run, home, asked);
  await run(['run', '--limit', 'output=64K', '--', 'sh', '-c', 'yes', 'mark-loud'], 137);
  const { id: task } = JSON.parse(await run(['task', 'new', 'Traced', '--json'])) as { id: string };
  const child = startGatehouse(['run', '--task-id', task, '--', 'sh', '-c', 'echo up; exec sleep 600', 'mark-killed'], {
    cwd: home.workspace,
    environment: home.environment,
  });
  child.stderr?.resume();
  if (child.stdout !== null) await once(child.stdout, 'data');
  await playLooking(run, home);
  const closed = once(child, 'close');
  await run(['kill', '--all']);
  await closed;
  await run(['task', 'end', task]);
  await run(['log', 'retention', 'set', '--keep', '90d']);
  process.kill(egressPid, 'SIGKILL');
  await eventually(async () => (await run(['log', 'kind:egress.started', '--json'])).split('\n').length > 2, {
    what: 'another egress worker on record',
    deadlineMs: 60_000,
  });
  const events = readEvents(await run(['log', '--json', '-n', String(eventsMax)]));
  await run(['log', 'compact', '--before', new Date().toISOString()]);
  return events;
}

/** Somebody looks at the session that runs, and leaves. */
async function playLooking(run: (args: readonly string[]) => Promise<string>, home: TempHome): Promise<void> {
  const sessions = parseJsonLines(await run(['sessions', '--json'])) as { id: string }[];
  const watcher = startGatehouse(['attach', sessions[0]?.id ?? ''], {
    cwd: home.workspace,
    environment: home.environment,
  });
  watcher.stderr?.resume();
  const left = once(watcher, 'close');
  if (watcher.stdout !== null) await once(watcher.stdout, 'data');
  watcher.kill('SIGINT');
  await left;
}

/** An agent is refused, brought in, changed, suspended, given another key and resumed; another one is retired. */
async function playAgent(run: (args: readonly string[], wanted?: number) => Promise<string>, home: TempHome) {
  const inTerminal = async (...words: string[]): Promise<void> => {
    const terminal = openGatehouse(home, 'agents', ...words);
    const { status } = await terminal.exited;
    if (status !== 0) throw new Error(`agents ${words.join(' ')} ended with ${status}: ${terminal.text()}`);
  };
  await run(['run', '--agent', 'traced', '--', 'true'], 126);
  await inTerminal('add', 'traced', '--command', 'true', '--purpose', 'Traced');
  const accept = openGatehouse(home, 'agents', 'accept', 'traced', '--command', 'bash');
  const code = await eventually(() => /accept ([0-9A-Z]{3}) /u.exec(accept.text())?.[1], { what: 'a question' });
  accept.type(`accept ${code}\r`);
  await accept.exited;
  await run(['agents', 'suspend', 'traced']);
  await inTerminal('rotate', 'traced');
  await inTerminal('resume', 'traced');
  await inTerminal('add', 'codex', '--command', 'sh', '--purpose', 'Signs in');
  await run(['run', '--agent', 'codex', '--', 'sh', '-c', 'echo {} > ~/.codex/auth.json', 'mark-signs-in']);
  await inTerminal('add', 'leaving', '--command', 'true', '--purpose', 'Retired at once');
  await run(['agents', 'retire', 'leaving']);
}

/** A person says "always" in a terminal, takes that back, and lets the session pause for a moment. */
async function playQuestion(
  run: (args: readonly string[]) => Promise<string>,
  home: TempHome,
  port: number,
): Promise<void> {
  await playAgent(run, home);
  await playMemory(run, home, 'traced');
  const agent = await openAgent(home, '--agent', 'traced');
  agent.type(fetchOf(port, '/', 'answer'));
  const code = await awaitCode(agent);
  await typeUntil(agent, `always ${code}\r`, () => agent.text().includes('answer='), 'the question to be answered');
  const lines = parseJsonLines(await run(['grants', 'list', '--json'])) as { type: string; id: string }[];
  await run(['grants', 'revoke', lines.find(({ type }) => type === 'always')?.id ?? '']);
  await run(['pause', '--all']);
  await run(['resume', '--all']);
  agent.type('exit\n');
  await agent.exited;
}

function readEvents(text: string): AuditEvent[] {
  return parseJsonLines(text)
    .map((line) => auditEventSchema.parse(line))
    .sort((one, other) => one.seq - other.seq);
}

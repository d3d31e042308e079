import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import { parseJsonLines } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { openTempHome } from '../../helpers/temp-home.ts';
import { openPidsController, type PidsController, removeCgroups } from './pids-controller.ts';
import { converse, openSandboxFixture, type SandboxFixture } from './sandbox-fixture.ts';

let fixture: SandboxFixture;
let pids: PidsController | { readonly why: string };
beforeAll(async () => {
  fixture = await openSandboxFixture();
  pids = await openPidsController();
});
afterAll(async () => {
  try {
    await fixture.close();
  } finally {
    if ('folder' in pids) await pids.restore();
  }
});

/** The controller, or a declared skip: most machines that run tests delegate none. */
function controllerFor(context: TestContext): PidsController {
  if ('folder' in pids) return pids;
  return context.skip(`no pids controller of cgroup v2 to be had: ${pids.why}`);
}

/** Cgroups of sessions of this process: other supervisors of the machine may have theirs beside them. */
function sessionCgroups(folder: string, pid = process.pid): string[] {
  const sessions = path.join(folder, 'gatehouse');
  if (!existsSync(sessions)) return [];
  return readdirSync(sessions)
    .filter((name) => name.split('.')[1] === String(pid))
    .map((name) => path.join(sessions, name));
}

/** Starts processes until no more can be had, says so, and waits. */
const bomb = '(while :; do sleep 1000 >/dev/null 2>&1 & done) 2>refused; echo bound reached; read line';

test('[RUN-4] a session is in its cgroup from the start, sees nothing of it, and leaves nothing behind', async (context) => {
  const { folder } = controllerFor(context);
  const session = await fixture.launch(['/bin/sh', '-c', 'cat /proc/self/cgroup; ls -d /sys; echo looked; read line'], {
    limits: { processes: 48 },
  });
  const talk = converse(session);
  const seen = await talk.until(/looked/);
  expect(seen).toContain('0::/\n');
  expect(seen).not.toContain('gatehouse');
  expect(session.heldBy).toEqual({ processes: 'cgroup' });
  const [own = '', ...more] = sessionCgroups(folder);
  expect(more).toEqual([]);
  expect(readFileSync(path.join(own, 'pids.max'), 'utf8')).toBe('48\n');
  const inside = readFileSync(path.join(own, 'cgroup.procs'), 'utf8').trim().split('\n');
  // bubblewrap outside, init, relay and the command; the holder stays outside and tells the end.
  expect(inside.length).toBeGreaterThanOrEqual(4);
  expect(inside).not.toContain(String(session.pid));
  session.end();
  await session.ended;
  expect(sessionCgroups(folder)).toEqual([]);
});

test('[RUN-4] a fork bomb ends at the limit, that is told once, and another session goes on', async (context) => {
  const { folder } = controllerFor(context);
  const hits: unknown[] = [];
  const session = await fixture.launch(['/bin/sh', '-c', bomb], { limits: { processes: 32 } });
  session.onLimit((hit) => hits.push(hit));
  await converse(session).until(/bound reached/);
  const [own = ''] = sessionCgroups(folder);
  const running = Number(readFileSync(path.join(own, 'pids.current'), 'utf8'));
  expect(running).toBeGreaterThan(20);
  expect(running).toBeLessThanOrEqual(32);
  const other = await fixture.shell('for i in 1 2 3; do sh -c "echo served"; done', { limits: { processes: 32 } });
  expect(other.stdout.toString()).toBe('served\nserved\nserved\n');
  session.kill();
  await session.ended;
  expect(hits).toEqual([{ limit: 'processes', what: 'reached' }]);
  expect(sessionCgroups(folder)).toEqual([]);
});

test('[RUN-4] a session that fails to start leaves no cgroup', async (context) => {
  const { folder } = controllerFor(context);
  await expect(fixture.launch(['/no/such/command'], { limits: { processes: 32 } })).rejects.toMatchObject({
    data: { code: 'command_not_found' },
  });
  expect(sessionCgroups(folder)).toEqual([]);
});

test('[RUN-4] the bound of processes is on record, and so is what held it', async (context) => {
  controllerFor(context);
  const home = await openTempHome();
  try {
    const run = await home.run(['run', '--limit', 'processes=32', '--', 'sh', '-c', bomb]);
    expect(run.stdout).toContain('bound reached');
    const { stdout } = await home.run(['log', '--limit', '1000', '--json']);
    const events = parseJsonLines(stdout) as AuditEvent[];
    const detailOf = (kind: string) => events.filter((event) => event.kind === kind).map((event) => event.detail);
    expect(detailOf('session.started')).toMatchObject([{ heldBy: { processes: 'cgroup' } }]);
    expect(detailOf('limit.reached')).toMatchObject([{ limit: 'processes', heldBy: 'cgroup' }]);
    expect(events.find(({ kind }) => kind === 'limit.reached')?.summary).toContain('limit of processes');
    expect(detailOf('session.ended')).toMatchObject([{ reason: 'exited' }]);
    const doctor = await home.run(['doctor', '--json']);
    expect(doctor.stdout).toContain('Processes: held for the session by a cgroup.');
  } finally {
    await home.close();
  }
});

/** A supervisor in a process of its own: prints its session's `heldBy` and says when the limit was told. */
async function loneSupervisor(change: { argv: string[] }) {
  const script = path.join(fixture.folder, `supervisor-${process.hrtime.bigint()}.ts`);
  const request = await fixture.request({
    command: { path: '/bin/sh', argv: change.argv },
    limits: { processes: 32 },
  });
  const adapter = path.resolve(import.meta.dirname, '../../../main/adapters/sandbox/linux/linux-sandbox.ts');
  writeFileSync(
    script,
    `import { once } from 'node:events';
     import { createLinuxSandbox } from ${JSON.stringify(adapter)};
     console.log('ready');
     await once(process.stdin, 'data');
     const sandbox = createLinuxSandbox({ portcullisPath: ${JSON.stringify(fixture.portcullisPath)} });
     const session = await sandbox.launch(${JSON.stringify(request)});
     console.log(JSON.stringify(session.heldBy));
     session.onLimit((hit) => console.log(JSON.stringify(hit)));
     await session.ended;
     console.log('ended');
     await new Promise(() => setInterval(() => undefined, 1000));`,
  );
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (text) => {
    said += String(text);
  });
  const until = (text: string) => eventually(() => said.includes(text), { what: `the supervisor to say ${text}` });
  await until('ready');
  return { child, pid: child.pid ?? 0, go: () => child.stdin.write('go\n'), until, said: () => said };
}

test('[RUN-6] what a killed supervisor left is removed by the next one', async (context) => {
  const { folder } = controllerFor(context);
  const first = await loneSupervisor({ argv: ['sh', '-c', 'sleep 1000'] });
  first.go();
  await first.until('"processes":"cgroup"');
  expect(sessionCgroups(folder, first.pid)).toHaveLength(1);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const second = await loneSupervisor({ argv: ['sh', '-c', 'true'] });
  try {
    second.go();
    await second.until('ended');
    expect(sessionCgroups(folder, first.pid)).toEqual([]);
    expect(sessionCgroups(folder, second.pid)).toEqual([]);
  } finally {
    second.child.kill('SIGKILL');
  }
});

for (const { what, shared } of [
  { what: 'alone in a delegated cgroup, the supervisor moves to a leaf', shared: false },
  { what: 'in a cgroup with others, nobody is moved', shared: true },
]) {
  test(`[RUN-4] ${what}`, async (context) => {
    const { folder } = controllerFor(context);
    if (process.geteuid?.() !== 0) context.skip('only root can put a process into a cgroup made for it');
    const unit = path.join(folder, `test-unit-${process.pid}`);
    writeFileSync(path.join(folder, 'cgroup.subtree_control'), '+pids');
    mkdirSync(unit);
    const supervisor = await loneSupervisor({ argv: ['sh', '-c', bomb] });
    const stranger = spawn('sleep', ['1000'], { stdio: 'ignore' });
    const cgroupOf = (pid = 0) => /^0::(.*)$/mu.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1];
    try {
      writeFileSync(path.join(unit, 'cgroup.procs'), String(supervisor.pid));
      if (shared) writeFileSync(path.join(unit, 'cgroup.procs'), String(stranger.pid));
      const [before, strangers] = [cgroupOf(supervisor.pid), cgroupOf(stranger.pid)];
      supervisor.go();
      // Root has the whole hierarchy besides, so a cgroup it shares costs it nothing.
      await supervisor.until('"processes":"cgroup"');
      await supervisor.until('"reached"');
      expect(cgroupOf(supervisor.pid)).toBe(shared ? before : `${before}/gatehouse.supervisor`);
      expect(cgroupOf(stranger.pid)).toBe(strangers);
      expect(existsSync(path.join(unit, 'gatehouse.supervisor'))).toBe(!shared);
    } finally {
      supervisor.child.kill('SIGKILL');
      stranger.kill('SIGKILL');
      await removeCgroups(unit);
    }
  });
}

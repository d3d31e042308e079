import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import type { DoctorEntry } from '#contract/mechanisms.ts';
import { parseJsonLines, runCommand, startGatehouse } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { descendantsOf, isRunning } from '../../helpers/processes.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';
import { startAskingSession } from './asking-session.ts';
import { startOnce } from './started-supervisor.ts';

describe('a supervisor in trouble', () => {
  let home: TempHome;
  beforeEach(async () => {
    home = await openTempHome();
  });
  afterEach(() => home.close());

  const supervisorPid = async () =>
    (JSON.parse((await home.run(['supervisor', 'status', '--json'])).stdout) as { pid: number }).pid;
  const events = async (query: string) =>
    parseJsonLines((await home.run(['log', query, '--json'])).stdout) as AuditEvent[];

  /** Stops a supervisor of another home that hangs by force. Exit statuses of that, and of asking for one afterwards. */
  async function stopHanging(): Promise<number[]> {
    const other = await openTempHome();
    try {
      const { stdout } = await other.run(['supervisor', 'start', '--json']);
      process.kill((JSON.parse(stdout) as { pid: number }).pid, 'SIGSTOP');
      const stopped = await other.run(['supervisor', 'stop', '--force']);
      return [stopped.status ?? -1, (await other.run(['supervisor', 'status'])).status ?? -1];
    } finally {
      await other.close();
    }
  }

  test('[RUN-6] out of descriptors: new sessions are refused with a reason, the one that runs goes on, and all recovers', async () => {
    const session = await startAskingSession(home);
    const pid = await supervisorPid();
    // Enough for the connection of the client that asks, too few for the sockets and pipes of a session.
    const open = (await readdir(`/proc/${pid}/fd`)).length;
    const limit = (soft: number) =>
      runCommand('prlimit', [`--nofile=${soft}:4096`, '--pid', String(pid)], {
        environment: home.environment,
        cwd: home.workspace,
      });
    expect((await limit(open + 4)).status).toBe(0);
    const refused = await home.run(['run', '--', 'true']);
    expect(refused.status).toBe(125);
    expect(refused.stderr).not.toContain('bug');
    expect(await session.ask()).toBe('403');
    await limit(open + 40);
    const doctor = parseJsonLines((await home.run(['doctor', '--json'])).stdout) as DoctorEntry[];
    expect(doctor.find(({ id }) => id === 'open-files')).toMatchObject({ state: 'limited' });
    await limit(4096);
    expect((await home.run(['run', '--', 'true'])).status).toBe(0);
    expect(await session.ask()).toBe('403');
    expect(await session.end()).toBe(0);
    expect(await supervisorPid()).toBe(pid);
    expect((await home.run(['log', 'verify'])).status).toBe(0);
  });

  test('[RUN-6] out of memory: a supervisor that the runtime aborts takes every session along, and nothing acknowledged is lost', async () => {
    const session = await startAskingSession(home);
    expect(await session.ask()).toBe('403');
    const pid = await supervisorPid();
    const processes = await descendantsOf(pid);
    const acknowledged = (await events('decision:deny')).map(({ hash }) => hash);
    expect(acknowledged).toHaveLength(1);
    const exit = once(session.child, 'exit');
    // What V8 does when its heap is full (abort), and the kernel's killer likewise leaves no moment to clean up.
    process.kill(pid, 'SIGABRT');
    await exit;
    expect(session.child.exitCode).toBe(125);
    await eventually(async () => !(await Promise.all(processes.map((each) => isRunning(each.pid)))).includes(true), {
      what: 'every process to end',
    });
    expect((await events('decision:deny')).map(({ hash }) => hash)).toEqual(acknowledged);
    expect((await events('kind:session.ended'))[0]).toMatchObject({ detail: { reason: 'supervisor_died' } });
    expect((await home.run(['log', 'verify'])).status).toBe(0);
  });

  test('[RUN-6] stopped and continued, as by a suspend: it goes on where it was', async () => {
    const session = await startAskingSession(home);
    const pid = await supervisorPid();
    process.kill(pid, 'SIGSTOP');
    const answer = session.ask();
    const started = home.run(['run', '--', 'true']);
    process.kill(pid, 'SIGCONT');
    expect(await answer).toBe('403');
    expect((await started).status).toBe(0);
    expect(await session.end()).toBe(0);
    expect(await supervisorPid()).toBe(pid);
  });

  test('[RUN-3] [RUN-6] one that hangs: every command says so, and killing everything ends it and every session', async () => {
    const session = await startAskingSession(home);
    const pid = await supervisorPid();
    const processes = await descendantsOf(pid);
    process.kill(pid, 'SIGSTOP');
    const forced = stopHanging();
    const exit = once(session.child, 'exit');
    // Without the patience of the one that ends everything, so that both are seen.
    const listed = home.run(['sessions']);
    const doctor = home.run(['doctor', '--json']);
    expect(await listed).toMatchObject({
      status: 125,
      stderr: expect.stringContaining('`gatehouse kill --all` ends it'),
    });
    const { stdout, status } = await doctor;
    expect(status).toBe(1);
    expect((parseJsonLines(stdout) as DoctorEntry[]).find(({ id }) => id === 'supervisor')).toMatchObject({
      state: 'missing',
      detail: expect.stringContaining('has not answered'),
    });
    const killed = await home.run(['kill', '--all', '--json']);
    expect(killed).toMatchObject({ status: 0, stdout: `${JSON.stringify({ supervisorEnded: pid })}\n` });
    await exit;
    await eventually(async () => !(await Promise.all(processes.map((each) => isRunning(each.pid)))).includes(true), {
      what: 'every process to end',
    });
    expect((await events('kind:session.ended'))[0]).toMatchObject({ detail: { reason: 'supervisor_died' } });
    expect(await forced).toEqual([0, 1]);
    expect((await home.run(['log', 'verify'])).status).toBe(0);
  });

  test('[AUD-1] a second supervisor of the same home ends at once, and the first one’s record stays whole', async () => {
    expect((await home.run(['run', '--', 'true'])).status).toBe(0);
    const pid = await supervisorPid();
    const { answer } = await startOnce(home, {});
    expect(answer).toMatchObject({ code: 'supervisor_running' });
    expect((await home.run(['run', '--', 'true'])).status).toBe(0);
    expect(await supervisorPid()).toBe(pid);
    expect(await events('kind:supervisor.started')).toHaveLength(1);
    expect((await home.run(['log', 'verify'])).status).toBe(0);
  });

  test('[RUN-3] portcullis killed, outside or inside: the session ends with every process, on record, and the next one runs', async () => {
    for (const which of ['hold', 'init']) {
      const child = startGatehouse(['run', '--', 'sh', '-c', 'echo ready; setsid sleep 600'], {
        environment: home.environment,
        cwd: home.workspace,
      });
      await once(child.stdout ?? child, 'data');
      const pid = await supervisorPid();
      const processes = await eventually(
        async () => {
          const found = await descendantsOf(pid);
          return found.some(({ argv }) => argv[0] === 'sleep') && found;
        },
        { what: 'the processes of the session' },
      );
      const walls = processes.filter(
        ({ argv }) => argv[0]?.endsWith('portcullis') || argv[0]?.startsWith('/proc/self/fd/'),
      );
      const victim = walls.find(({ argv }) => argv.includes(which));
      expect(victim).toBeDefined();
      const inside = processes.filter(({ argv }) => argv[0] === 'sleep' || argv[0] === 'sh');
      const exit = once(child, 'exit');
      process.kill(victim?.pid ?? 0, 'SIGKILL');
      await exit;
      expect(child.exitCode).not.toBe(0);
      await eventually(async () => !(await Promise.all(inside.map((each) => isRunning(each.pid)))).includes(true), {
        what: 'every process of the session to end',
      });
    }
    expect(await events('kind:session.ended')).toHaveLength(2);
    expect((await home.run(['run', '--', 'true'])).status).toBe(0);
  });
});

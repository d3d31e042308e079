import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import { parseJsonLines, startGatehouse } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { descendantsOf, isRunning } from '../../helpers/processes.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

describe('sessions and their supervisor', () => {
  let home: TempHome;

  beforeEach(async () => {
    home = await openTempHome();
  });
  afterEach(() => home.close());

  async function status(): Promise<{ pid: number; egressPid: number; sessions: number }> {
    const { stdout } = await home.run(['supervisor', 'status', '--json']);
    return JSON.parse(stdout) as { pid: number; egressPid: number; sessions: number };
  }

  async function events(query: string): Promise<AuditEvent[]> {
    const { stdout, stderr, status: code } = await home.run(['log', query, '--limit', '1000', '--json']);
    expect(code, stderr).toBe(0);
    return parseJsonLines(stdout) as AuditEvent[];
  }

  /** Starts a session in the background and waits until its script said `ready`. */
  async function background(script: string, options: string[] = []): Promise<ChildProcess> {
    const child = startGatehouse(['run', ...options, '--', 'sh', '-c', `echo ready; ${script}`], {
      environment: home.environment,
      cwd: home.workspace,
    });
    let said = '';
    child.stdout?.on('data', (chunk) => {
      said += String(chunk);
    });
    child.stderr?.resume();
    await eventually(() => said.includes('ready'), { what: 'the session to speak' });
    return child;
  }

  const ended = async (child: ChildProcess) => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  };

  it('one supervisor for one home, however many start it at once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => home.run(['supervisor', 'start'])));
    const { pid } = await status();
    const again = await home.run(['supervisor', 'start', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ running: true, pid });
    const starts = await events('kind:supervisor.started');
    expect(starts).toHaveLength(1);
  });

  it('[RUN-6] killing the supervisor ends every process, and its successor puts that on record', async () => {
    const child = await background('setsid sh -c "setsid sleep 600 & sleep 600" & (sleep 600 &) ; sleep 600');
    const { pid, egressPid } = await status();
    const processes = await eventually(
      async () => {
        const found = await descendantsOf(pid);
        return found.filter(({ argv }) => argv[0] === 'sleep').length === 4 && found;
      },
      { what: 'four processes that sleep' },
    );
    process.kill(pid, 'SIGKILL');
    await eventually(async () => !(await Promise.all(processes.map((each) => isRunning(each.pid)))).includes(true), {
      what: 'every process of the session to end',
    });
    expect(await isRunning(egressPid)).toBe(false);
    expect(await ended(child)).toBe(125);
    const [lost] = await events('kind:session.ended');
    expect(lost).toMatchObject({ detail: { reason: 'supervisor_died' } });
    expect((await status()).pid).not.toBe(pid);
    expect((await home.run(['log', 'verify'])).status).toBe(0);
    // Nothing that belonged to it outlives it: neither its own task nor its folder.
    expect((await home.run(['task', 'list', '--json'])).stdout).toBe('');
    expect(await readdir(path.join(home.state, 'run', 's'))).toEqual([]);
  });

  it('does not stop over running sessions unless forced, and then ends them with it', async () => {
    const child = await background('sleep 600');
    const refused = await home.run(['supervisor', 'stop']);
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain('--force');
    expect((await home.run(['supervisor', 'stop', '--force'])).status).toBe(0);
    expect(await ended(child)).not.toBe(0);
    const [end] = await events('kind:session.ended');
    expect(end).toMatchObject({ detail: { reason: 'supervisor_stopped' } });
  });

  it('[RUN-3] stop terminates, and kills what ignores that; kill does not ask; --all means all', async () => {
    const obedient = await background('trap "exit 3" TERM; while :; do sleep 0.1; done');
    expect((await home.run(['stop', '--all'])).status).toBe(0);
    expect(await ended(obedient)).toBe(3);
    const stubborn = await background('trap "" TERM; (trap "" TERM; sleep 600) & while :; do sleep 1; done');
    const killed = await background('trap "" TERM; sleep 600');
    expect((await status()).sessions).toBe(2);
    const { pid } = await status();
    expect((await home.run(['stop', '--all'])).status).toBe(0);
    expect(await ended(stubborn)).toBe(137);
    expect(await ended(killed)).toBe(137);
    expect((await descendantsOf(pid)).filter(({ argv }) => argv[0] === 'sleep')).toEqual([]);
    const last = await background('trap "" TERM; sleep 600');
    expect((await home.run(['kill', '--all'])).status).toBe(0);
    expect(await ended(last)).toBe(137);
    const reasons = (await events('kind:session.ended')).map((event) => event.detail['reason']);
    expect(reasons.sort()).toEqual(['killed', 'stopped', 'stopped', 'stopped']);
  });

  it('[RUN-3] a session does not outlive the client that holds it', async () => {
    const child = await background('sleep 600');
    const { pid } = await status();
    child.kill('SIGKILL');
    await eventually(async () => (await status()).sessions === 0, { what: 'the session to end' });
    expect((await descendantsOf(pid)).filter(({ argv }) => argv[0] === 'sleep')).toEqual([]);
    const [end] = await events('kind:session.ended');
    expect(end).toMatchObject({ detail: { reason: 'client_gone' } });
  });

  it('[RUN-6] when the egress worker dies, sessions end, that is on record, and the next one has a new worker', async () => {
    const child = await background('sleep 600');
    const before = await status();
    process.kill(before.egressPid, 'SIGKILL');
    expect(await ended(child)).not.toBe(0);
    await eventually(async () => ![undefined, before.egressPid].includes((await status()).egressPid), {
      what: 'another egress worker',
    });
    expect(await events('kind:egress.failed')).toHaveLength(1);
    expect((await home.run(['run', '--', 'true'])).status).toBe(0);
  });

  it('[RUN-6] an egress worker that dies while a session starts leaves nothing that cannot be ended', async () => {
    await home.run(['supervisor', 'start']);
    const { egressPid } = await status();
    // It takes the request for a way out, and never answers.
    process.kill(egressPid, 'SIGSTOP');
    const starting = home.run(['run', '--', 'true']);
    await eventually(async () => (await status()).sessions === 1, { what: 'the session to start' });
    process.kill(egressPid, 'SIGKILL');
    expect((await starting).status).toBe(125);
    await eventually(async () => (await status()).sessions === 0, { what: 'the session to be forgotten' });
    expect((await home.run(['kill', '--all'])).status).toBe(0);
    await eventually(async () => (await home.run(['run', '--', 'true'])).status === 0, { what: 'the next session' });
  });

  it('ends a session at its wall-time limit and at its output limit, and says so', async () => {
    const slow = await home.run(['run', '--limit', 'time=1s', '--', 'sleep', '600']);
    expect(slow.status).not.toBe(0);
    const loud = await home.run(['run', '--limit', 'output=64K', '--', 'sh', '-c', 'yes']);
    expect(loud.status).not.toBe(0);
    expect(loud.stdout.length).toBeLessThanOrEqual(64 * 1024);
    const limits = (await events('kind:limit.reached')).map((event) => event.detail['limit']);
    expect(limits.sort()).toEqual(['output_limit', 'wall_time']);
  });

  it('[GRT-4] ending the task ends its session, and nobody joins a task that is over', async () => {
    const made = await home.run(['task', 'new', 'Fix the build', '--json']);
    const { id } = JSON.parse(made.stdout) as { id: string };
    const child = await background('sleep 600', ['--task-id', id]);
    expect((await home.run(['task', 'end', id])).status).toBe(0);
    expect(await ended(child)).not.toBe(0);
    const [end] = await events('kind:session.ended');
    expect(end).toMatchObject({ task: id, detail: { reason: 'task_ended' } });
    const late = await home.run(['run', '--task-id', id, '--', 'true']);
    expect(late.status).toBe(126);
    expect(late.stderr).toContain('has ended');
    expect((await events('kind:session.refused'))[0]).toMatchObject({
      decision: 'deny',
      detail: { code: 'task_ended' },
    });
  });

  it('[GRT-4] an executable that changes while it runs gets nothing any more', async () => {
    const server = createServer((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const tool = path.join(home.home, 'bin', 'agent');
    await mkdir(path.dirname(tool));
    const script = `#!/bin/sh\nget() { curl -sS -m 20 -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:${port}/; }\n`;
    await writeFile(tool, `${script}get; touch first; until test -e go; do sleep 0.05; done; get\n`);
    await chmod(tool, 0o755);
    try {
      const child = startGatehouse(['run', '--grant', `net.connect:127.0.0.1:${port}`, '--', tool], {
        environment: home.environment,
        cwd: home.workspace,
      });
      let said = '';
      child.stdout?.on('data', (chunk) => {
        said += String(chunk);
      });
      await eventually(() => readFile(path.join(home.workspace, 'first')).then(() => true), {
        what: 'the first request',
      });
      await writeFile(tool, `${await readFile(tool, 'utf8')}# changed\n`);
      await writeFile(path.join(home.workspace, 'go'), '');
      await ended(child);
      expect(said.startsWith('200\n')).toBe(true);
      expect(said).not.toBe('200\n200\n');
      expect(await events('reason:binary_changed')).not.toEqual([]);
    } finally {
      server.close();
    }
  });

  it('keeps tasks, their end and their grants across a restart', async () => {
    const made = await home.run(['task', 'new', 'Long work', '--for', '2h', '--json']);
    const { id } = JSON.parse(made.stdout) as { id: string };
    const first = await home.run(['run', '--task-id', id, '--grant', 'net.connect:example.org:443', '--', 'true']);
    expect(first.status, first.stderr).toBe(0);
    expect((await home.run(['supervisor', 'stop'])).status).toBe(0);
    const tasks = parseJsonLines((await home.run(['task', 'list', '--json'])).stdout) as { id: string }[];
    expect(tasks.map((task) => task.id)).toEqual([id]);
    const grants = parseJsonLines((await home.run(['grants', 'list', '--json'])).stdout) as { spec: string }[];
    expect(grants.map((grant) => grant.spec)).toEqual(['net.connect:example.org:443']);
    expect((await home.run(['task', 'end', id])).status).toBe(0);
    expect((await home.run(['grants', 'list', '--json'])).stdout).toBe('');
  });

  it('refuses to start, naming the file, when a policy of the person cannot be read', async () => {
    const folder = path.join(home.state, 'config', 'policies');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'mine.cedar'), 'permit (principal, action, resource) when { nonsense };');
    const refused = await home.run(['run', '--', 'true']);
    expect(refused.status).toBe(125);
    expect(refused.stderr).toContain('mine.cedar');
  });
});

import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import { parseJsonLines, runCommand, startGatehouse } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';
import { startSupervisor } from './started-supervisor.ts';

const hourMs = 3_600_000;

describe('time', () => {
  let home: TempHome;
  let environment: Record<string, string>;
  let file: string;

  const shifted = { wallMs: 0, bootMs: 0 };

  /** Moves the clocks of the running supervisor: what is on the wall, and the time since boot. */
  function move(wallMs: number, bootMs: number): void {
    shifted.wallMs += wallMs;
    shifted.bootMs += bootMs;
    const bytes = Buffer.alloc(16);
    bytes.writeBigInt64LE(BigInt(shifted.wallMs) * 1_000_000n, 0);
    bytes.writeBigInt64LE(BigInt(shifted.bootMs) * 1_000_000n, 8);
    const fd = openSync(file, 'r+');
    writeSync(fd, bytes, 0, 16, 0);
    closeSync(fd);
  }

  async function newTask(): Promise<string> {
    const { stdout, stderr } = await home.run(['task', 'new', 'Short work', '--for', '1h', '--json']);
    expect(stderr).toBe('');
    return (JSON.parse(stdout) as { id: string }).id;
  }

  const runIn = (task: string) => home.run(['run', '--task-id', task, '--', 'true']);

  beforeAll(async () => {
    home = await openTempHome();
    file = path.join(home.folder, 'shift');
    const library = path.join(home.folder, 'shifted-time.so');
    const source = path.join(import.meta.dirname, 'shifted-time.c');
    const built = await runCommand('cc', ['-shared', '-fPIC', '-O1', '-o', library, source], {
      environment: home.environment,
      cwd: home.folder,
    });
    expect(built.status, built.stderr).toBe(0);
    environment = { LD_PRELOAD: library, SHIFTED_TIME: file };
    closeSync(openSync(file, 'w'));
    move(0, 0);
    expect((await startSupervisor(home, { environment })).answer).toEqual({ ready: true });
  });
  afterAll(() => home.close());

  it('[GRT-4] a clock that is set back gives a grant no more time, and that it was is on record', async () => {
    let reached = 0;
    const server = createServer((_request, response) => {
      reached += 1;
      response.end('ok');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const task = await newTask();
    const get = `curl -sS -m 60 -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:${port}/`;
    const child = startGatehouse(
      [
        'run',
        '--task-id',
        task,
        '--grant',
        `net.connect:127.0.0.1:${port}`,
        '--',
        'sh',
        '-c',
        `while read _; do ${get}; done`,
      ],
      { environment: home.environment, cwd: home.workspace },
    );
    let said = '';
    child.stdout?.on('data', (chunk) => {
      said += String(chunk);
    });
    const ask = async (times: number) => {
      child.stdin?.write('again\n');
      return eventually(() => said.split('\n').length > times && said.trim().split('\n').at(-1), { what: 'an answer' });
    };
    const exit = once(child, 'exit');
    try {
      expect(await ask(1)).toBe('200');
      move(-10 * hourMs, 0);
      expect(await ask(2)).toBe('200');
      // Two hours later by the time since boot; the wall still shows eight hours before the grant was given.
      move(2 * hourMs, 2 * hourMs);
      // Refused, or the task's end has reached the session before the question did.
      expect(await Promise.race([ask(3), exit.then(() => 'over')])).toMatch(/^(403|000|over)$/u);
      await exit;
      expect(reached).toBe(2);
    } finally {
      child.kill();
      server.close();
    }
    expect((await runIn(task)).status).toBe(126);
    const { stdout } = await home.run(['log', 'kind:clock.changed', '--json']);
    const [changed] = parseJsonLines(stdout) as AuditEvent[];
    expect(changed?.summary).toContain('set back by 36000 s');
    move(10 * hourMs, 0);
  });

  it('[GRT-4] a task that was over stays over when the clock is set forward and back again', async () => {
    const task = await newTask();
    expect((await runIn(task)).status).toBe(0);
    move(2 * hourMs, 0);
    expect((await runIn(task)).status).toBe(126);
    move(-2 * hourMs, 0);
    expect((await runIn(task)).status).toBe(126);
    move(2 * hourMs, 0);
  });

  it('[RUN-4] [GRT-4] after the machine was suspended, what should have ended meanwhile ends at once', async () => {
    const task = await newTask();
    const start = (...words: string[]) =>
      startGatehouse(['run', ...words, '--', 'sh', '-c', 'echo ready; sleep 600'], {
        environment: home.environment,
        cwd: home.workspace,
      });
    const children = [start('--task-id', task), start('--limit', 'time=1h')];
    await Promise.all(children.map((child) => once(child.stdout ?? child, 'data')));
    const exits = children.map((child) => once(child, 'exit'));
    move(2 * hourMs, 2 * hourMs);
    await Promise.all(exits);
    const { stdout } = await home.run(['log', 'kind:session.ended', '--limit', '2', '--json']);
    const reasons = (parseJsonLines(stdout) as AuditEvent[]).map(({ detail }) => detail['reason']);
    expect(reasons.sort()).toEqual(['task_ended', 'wall_time']);
  });

  it('[GRT-4] nor does a task get more time when the clock is set back while no supervisor runs', async () => {
    const task = await newTask();
    move(2 * hourMs, 2 * hourMs);
    expect((await home.run(['supervisor', 'stop', '--force'])).status).toBe(0);
    // By the wall the task has just begun; the record knows of a later time.
    move(-2 * hourMs, 0);
    expect((await startSupervisor(home, { environment })).answer).toEqual({ ready: true });
    expect((await runIn(task)).status).toBe(126);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/poll.ts';
import {
  allowed,
  converse,
  type EgressFixture,
  openClient,
  type Recorder,
  sessionId,
  startFixture,
  startRecorder,
} from './fixture.ts';

const started: Array<{ close(): Promise<void> }> = [];
afterEach(async () => {
  for (const part of started.splice(0).toReversed()) await part.close();
});

async function fixtureWith(bounds: Parameters<typeof startFixture>[0] = {}): Promise<EgressFixture> {
  const fixture = await startFixture(bounds);
  started.push(fixture);
  return fixture;
}

async function recorder(onConnection?: Parameters<typeof startRecorder>[0]): Promise<Recorder> {
  const made = await startRecorder(onConnection);
  started.push(made);
  return made;
}

/** Whether a process runs; one that is dead but not yet reaped by the system's init does not. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const connectTo = (port: number): string => `CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
const established = '200 Connection established\r\n\r\n';

describe('[GRT-1] the worker', () => {
  it('is a process of its own with an emptied environment and a private socket', async () => {
    const fixture = await fixtureWith();
    expect(fixture.egress.pid).not.toBe(process.pid);
    const environment = await readFile(`/proc/${fixture.egress.pid}/environ`, 'utf8');
    // What is there says how much memory and how many threads it may use, and nothing else.
    expect(
      environment
        .split('\0')
        .map((each) => each.replace(/=\d+$/u, '='))
        .toSorted(),
    ).toEqual(['', 'MALLOC_ARENA_MAX=', 'MALLOC_TRIM_THRESHOLD_=', 'UV_THREADPOOL_SIZE=']);
    expect((await stat(fixture.socketPath)).mode & 0o777).toBe(0o600);
  });

  it('[RUN-6] ends every way out when it is killed, and says so', async () => {
    const fixture = await fixtureWith();
    const server = await recorder();
    const client = openClient(fixture.socketPath);
    client.send(connectTo(server.port));
    await client.until(established);
    // A decision is on its way when the worker dies; its answer, even an allowing one, must open nothing.
    const pending = Promise.withResolvers<typeof allowed>();
    fixture.decideWith(() => pending.promise);
    const asked = fixture.questions.length;
    const waiting = openClient(fixture.socketPath);
    waiting.send(connectTo(server.port));
    await eventually(() => fixture.questions.length > asked, { what: 'the question' });
    process.kill(fixture.egress.pid, 'SIGKILL');
    expect(await fixture.egress.failed).toMatch(/worker|channel/u);
    pending.resolve(allowed);
    await client.ended();
    expect(await waiting.ended()).toBe('');
    expect(server.received()).toHaveLength(1);
    await expect(fixture.egress.openSession('b2d0-other-lamp', path.join(fixture.folder, 'b'))).rejects.toMatchObject({
      data: { code: 'egress_unavailable' },
    });
    await fixture.egress.closeSession(sessionId);
    await expect(stat(fixture.socketPath)).rejects.toThrow(/ENOENT/u);
  });

  it('[RUN-3] stops without calling that a failure', async () => {
    const fixture = await fixtureWith();
    const { pid } = fixture.egress;
    await fixture.egress.stop();
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/u);
    expect(await Promise.race([fixture.egress.failed, Promise.resolve('not failed')])).toBe('not failed');
    await expect(stat(fixture.socketPath)).rejects.toThrow(/ENOENT/u);
  });

  it('[RUN-6] goes when the supervisor is killed, and its clients are cut off', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'gh-egress-'));
    started.push({ close: () => rm(folder, { recursive: true, force: true }) });
    const socketPath = path.join(folder, 'proxy');
    const server = await recorder();
    const script = fileURLToPath(new URL('./lone-supervisor.ts', import.meta.url));
    const supervisor = spawn(process.execPath, [script, socketPath], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(supervisor.stdout, 'data');
    const workerPid = Number(String(line));
    const client = openClient(socketPath);
    client.send(connectTo(server.port));
    await client.until(established);
    supervisor.kill('SIGKILL');
    await client.ended();
    await eventually(() => !isAlive(workerPid), { what: 'the end of the worker' });
  });

  it('refuses a socket path that the system would cut off', async () => {
    const fixture = await fixtureWith();
    const tooLong = path.join(fixture.folder, 'x'.repeat(108));
    await expect(fixture.egress.openSession('b2d0-other-lamp', tooLong)).rejects.toMatchObject({
      data: { code: 'egress_unavailable' },
    });
  });
});

describe('[RUN-3] a session', () => {
  it('takes its connections with it and leaves others alone', async () => {
    const fixture = await fixtureWith();
    const server = await recorder((socket) => socket.pipe(socket));
    const otherPath = path.join(fixture.folder, 'other');
    await fixture.egress.openSession('b2d0-other-lamp', otherPath);
    const mine = openClient(fixture.socketPath);
    const other = openClient(otherPath);
    for (const client of [mine, other]) {
      client.send(connectTo(server.port));
      await client.until(established);
    }
    await fixture.egress.closeSession(sessionId);
    // Reports come before the promise resolves, so that the record is complete when the session is called ended.
    expect(fixture.reports).toMatchObject([{ sessionId, end: 'session_ended' }]);
    await mine.ended();
    await expect(stat(fixture.socketPath)).rejects.toThrow(/ENOENT/u);
    other.send('\x01still here');
    await other.until('\x01still here');
    expect(fixture.questions.map((question) => question.sessionId)).toEqual([sessionId, 'b2d0-other-lamp']);
  });

  it('ends although a decision is pending, and an answer that comes later opens nothing', async () => {
    const fixture = await fixtureWith();
    const server = await recorder();
    const pending = Promise.withResolvers<typeof allowed>();
    fixture.decideWith(() => pending.promise);
    const client = openClient(fixture.socketPath);
    client.send(connectTo(server.port));
    await eventually(() => fixture.questions.length === 1, { what: 'the question' });
    await fixture.egress.closeSession(sessionId);
    pending.resolve(allowed);
    await client.ended();
    // The next session's request comes after the late answer on the same channel.
    await fixture.egress.openSession('b2d0-other-lamp', path.join(fixture.folder, 'b'));
    fixture.decideWith(() => Promise.resolve(allowed));
    const after = openClient(path.join(fixture.folder, 'b'));
    after.send(connectTo(server.port));
    await after.until(established);
    expect(server.received()).toHaveLength(1);
  });
});

describe('[GRT-1] bounds', () => {
  it('denies when no decision comes in time', async () => {
    const fixture = await fixtureWith({ decisionMs: 50 });
    const server = await recorder();
    fixture.decideWith(() => new Promise(() => undefined));
    const answer = await converse(fixture.socketPath, connectTo(server.port));
    expect(answer).toContain('403 Forbidden');
    expect(answer).toContain('x-gatehouse-reason: timeout');
    expect(server.received()).toEqual([]);
  });

  it('denies when deciding fails', async () => {
    const fixture = await fixtureWith();
    fixture.decideWith(() => Promise.reject(new Error('the disk is full')));
    const answer = await converse(fixture.socketPath, connectTo(9));
    expect(answer).toContain('x-gatehouse-reason: audit_unavailable');
  });

  it('refuses a head that is too long', async () => {
    const fixture = await fixtureWith({ headBytes: 2048 });
    const answer = await converse(
      fixture.socketPath,
      `GET http://127.0.0.1:9/ HTTP/1.1\r\nX: ${'x'.repeat(4000)}\r\n\r\n`,
    );
    expect(answer).toContain('x-gatehouse-reason: limit');
    expect(fixture.refusals).toMatchObject([{ decision: { reason: 'limit' } }]);
    expect(fixture.questions).toEqual([]);
  });

  it('refuses a head that takes too long, and a client that says nothing', async () => {
    const fixture = await fixtureWith({ headMs: 2000 });
    expect(await converse(fixture.socketPath, 'GET http://127.0.0.1:9/ HTTP/1.1\r\nX:')).toContain(
      'x-gatehouse-reason: limit',
    );
    expect(await converse(fixture.socketPath, Buffer.from([5]))).toBe('');
    const silent = openClient(fixture.socketPath);
    expect(await silent.ended()).toBe('');
  });

  it('turns connections away beyond its bound, and says so once for many', async () => {
    const fixture = await fixtureWith({ connectionsPerSession: 2 });
    const server = await recorder((socket) => socket.pipe(socket));
    const held = [openClient(fixture.socketPath), openClient(fixture.socketPath)];
    for (const client of held) {
      client.send(connectTo(server.port));
      await client.until(established);
    }
    const flood = Array.from({ length: 20 }, () => openClient(fixture.socketPath));
    for (const client of flood) expect(await client.ended()).toBe('');
    await eventually(() => fixture.refusals.length > 0, { what: 'the refusal' });
    expect(fixture.refusals[0]).toMatchObject({ decision: { reason: 'limit' } });
    for (const client of [...held, ...flood]) client.socket.destroy();
    await eventually(() => fixture.reports.length === 2, { what: 'the end of the two' });
    // A place that was given back is there for the next.
    const next = await eventually(
      async () => {
        const client = openClient(fixture.socketPath);
        client.send(connectTo(server.port));
        await eventually(() => client.text().includes(established) || client.socket.destroyed, { what: 'an answer' });
        return client.text().includes(established) ? client : undefined;
      },
      { what: 'a free place' },
    );
    next.socket.destroy();
  });

  it('ends a tunnel in which nothing moves', async () => {
    const fixture = await fixtureWith({ idleMs: 3000 });
    const server = await recorder();
    const client = openClient(fixture.socketPath);
    client.send(connectTo(server.port));
    await client.ended();
    expect(await fixture.report(({ port }) => port === server.port)).toMatchObject({ end: 'timeout' });
  });

  it('holds an eager server back instead of piling up what the client does not read', async () => {
    const fixture = await fixtureWith();
    const chunk = Buffer.alloc(1_000_000, 1);
    let written = 0;
    const server = await recorder((socket) => {
      const more = (): void => {
        while (written < 200_000_000) {
          written += chunk.length;
          if (!socket.write(chunk)) return;
        }
        socket.end();
      };
      socket.on('drain', more);
      more();
    });
    const client = openClient(fixture.socketPath);
    client.send(connectTo(server.port));
    await client.until(established);
    client.socket.pause();
    let last = -1;
    await eventually(
      () => {
        const stood = last === written;
        last = written;
        return stood;
      },
      { what: 'the server to be held back' },
    );
    expect(written).toBeLessThan(200_000_000);
    client.socket.destroy();
  });
});

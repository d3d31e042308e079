import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import { parseJsonLines } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { descendantsOf } from '../../helpers/processes.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';
import {
  awaitCode,
  type CountingServer,
  fetchOf,
  openAgent,
  openGatehouse,
  startServer,
  typeUntil,
} from '../approvals/asking.ts';

let home: TempHome;
let server: CountingServer;
beforeAll(async () => {
  home = await openTempHome();
  server = await startServer();
});
afterAll(async () => {
  server.close();
  await home.close();
});

const count = 60;

async function eventsOf(query: string): Promise<AuditEvent[]> {
  const { stdout } = await home.run(['log', query, '--limit', '1000', '--json']);
  return parseJsonLines(stdout) as AuditEvent[];
}

async function stateOf(id: string): Promise<string> {
  const { stdout } = await home.run(['sessions', '--json']);
  return (parseJsonLines(stdout) as { id: string; state: string }[]).find((each) => each.id === id)?.state ?? 'none';
}

describe('a breaker trips while a person is there', () => {
  test('[MON-2] [GRT-4] mass deletion: it stands still, is denied everything, and goes on only by an answer', async () => {
    const folder = path.join(home.workspace, 'src');
    await mkdir(folder);
    await Promise.all(
      Array.from({ length: count }, (_, index) => writeFile(path.join(folder, `file-${index}.ts`), 'old')),
    );
    const agent = await openAgent(home, '--breaker', 'deletions=40');
    const [started] = await eventsOf('kind:session.started');
    const id = String(started?.session);
    await eventually(
      async () => {
        await writeFile(path.join(folder, 'file-0.ts'), String(performance.now()));
        return (await eventsOf('kind:workspace.changed')).some(({ detail }) => detail['path'] === 'src/file-0.ts');
      },
      { what: 'the workspace to be watched' },
    );

    const tick = '(while :; do echo tick >> ticks; sleep 0.05; done) &';
    // The agent's own question comes first, and what trips the breaker while it is open.
    agent.type(`${tick} (until [ -e go ]; do sleep 0.05; done; rm -r src) & ${fetchOf(server.port, '/late', 'late')}`);
    const first = await awaitCode(agent);
    await writeFile(path.join(home.workspace, 'go'), '');
    await eventually(async () => (await stateOf(id)) === 'paused', { what: 'the session to be paused' });
    const inside = (await descendantsOf(Number(started?.detail['pid']))).filter(({ argv: [program = ''] }) =>
      ['bash', 'curl'].includes(path.basename(program)),
    );
    expect(inside.length).toBeGreaterThan(1);
    expect(inside.map(({ state }) => state)).toEqual(inside.map(() => 'T'));

    // What the agent asked for before is allowed now, and denied all the same: the breakers are part of every decision.
    await typeUntil(agent, `once ${first}\r`, () => agent.text().includes('deleted'), 'the question of the breaker');
    expect(agent.text()).toMatch(/go on: it deleted \d+ files in (\d+ s|less than a second); paused/u);
    expect(server.seen).toEqual([]);
    await eventually(async () => (await eventsOf('reason:breaker_tripped')).length > 0, { what: 'the denial' });

    // Left paused: nobody but an answer of a person lets it go on, and a program is none.
    await typeUntil(agent, 'pause\r', async () => (await eventsOf('kind:approval.answered')).length > 1, 'the answer');
    const refused = await home.run(['resume', id]);
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain('a person has to say that it may go on');
    expect(await stateOf(id)).toBe('paused');
    const ticks = path.join(home.workspace, 'ticks');
    const { size } = await stat(ticks);

    const other = openGatehouse(home, 'resume', id);
    const code = await awaitCode(other);
    expect(other.text()).toContain('deleted');
    expect((await stat(ticks)).size).toBe(size);
    await typeUntil(other, `once ${code}\r`, () => other.text().includes('Allowed'), 'the answer to be taken');
    expect(await other.exited).toMatchObject({ status: 0 });
    await eventually(async () => (await stat(ticks)).size > size, { what: 'the session to go on' });
    await eventually(() => agent.text().includes('late=403'), { what: 'the denial to arrive' });
    await home.run(['kill', id]);
    await agent.exited;

    const [tripped] = await eventsOf('kind:breaker.tripped');
    expect(tripped).toMatchObject({ session: id, detail: { breaker: 'deletions', threshold: 40, windowMs: 10_000 } });
    expect(tripped?.detail['count']).toBeGreaterThanOrEqual(40);
    expect(tripped?.detail['objects']).toHaveLength(10);
    const about = (kind: string) => eventsOf(`kind:${kind} session:${id}`);
    expect((await about('session.starting'))[0]?.detail['breakers']).toMatchObject({ deletions: 40, denials: 100 });
    expect((await about('approval.answered')).map(({ detail }) => detail['answer'])).toEqual([
      'allow-once',
      'deny-pause',
      'allow-once',
    ]);
    expect(await about('session.paused')).toHaveLength(1);
    expect(await about('session.resumed')).toHaveLength(1);
  });
});

describe.concurrent('a breaker trips while nobody is there to ask', () => {
  const upload = () => `cat /dev/zero | curl -s --noproxy '' -T - http://127.0.0.1:${server.port}/hang`;
  const knock = () => `while :; do ${fetchOf(server.port, '/no', 'no').trim()}; done`;
  test.each([
    ['denials', ['--breaker', 'denials=5', '--ask', 'deny'], knock],
    ['bytes-out', ['--breaker', 'bytes-out=1M', '--grant', 'net.connect:127.0.0.1:PORT'], upload],
    ['processes', ['--breaker', 'processes=40'], () => 'for i in $(seq 60); do sleep 600 & done; wait'],
    ['starts', ['--breaker', 'starts=60'], () => 'while :; do /bin/true; done'],
  ])('[MON-2] %s: the session is ended, and says why', async (breaker, options, script) => {
    const given = options.map((option) => option.replace('PORT', String(server.port)));
    const run = await home.run(['run', ...given, '--', 'bash', '-c', script()]);
    expect(run.stderr).toContain('a breaker tripped, and there was nobody to ask');
    expect(run.status).toBe(137);
    expect(run.stderr).toMatch(/gatehouse: generic .*; paused\n/u);
    const trips = (await eventsOf('kind:breaker.tripped')).filter(({ detail }) => detail['breaker'] === breaker);
    expect(trips).toHaveLength(1);
    const ended = await eventsOf(`kind:session.ended session:${trips[0]?.session}`);
    expect(ended[0]?.detail['reason']).toBe('breaker');
  });
});

import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseJsonLines, startGatehouse } from '../../helpers/gatehouse.ts';
import { type KeyedHome, openKeyedHome } from '../../helpers/keyed-home.ts';
import { eventually } from '../../helpers/poll.ts';
import {
  awaitCode,
  type CountingServer,
  eventsOf,
  fetchOf,
  openGatehouse,
  startServer,
  typeUntil,
} from '../approvals/asking.ts';

/** Stand-ins that are recognised as agents by their names, and do what they are told. */
const program = 'exec bash --norc "$@"';

interface Shown {
  readonly id: string;
  readonly agent: string;
  readonly taskId: string;
  readonly startedAt: string;
  readonly state: string;
  readonly endReason?: string;
  readonly actors?: readonly { readonly session: string; readonly agent: string }[];
  readonly claimedTask?: string;
}

let home: KeyedHome;
let server: CountingServer;
beforeAll(async () => {
  home = await openKeyedHome();
  server = await startServer();
  for (const name of ['claude', 'codex', 'gemini']) await home.install(name, program);
  for (const [name, command] of [
    ['claude-code', 'claude'],
    ['codex', 'codex'],
  ] as const) {
    const added = openGatehouse(home, 'agents', 'add', name, '--command', command, '--purpose', 'A test');
    expect((await added.exited).status, added.text()).toBe(0);
  }
});
afterAll(async () => {
  server.close();
  await home.close();
});

const sessions = async (): Promise<Shown[]> => {
  const { stdout } = await home.run(['sessions', '--all', '--json']);
  return parseJsonLines(stdout) as Shown[];
};
const newest = async (agent: string): Promise<Shown | undefined> =>
  (await sessions())
    .filter((session) => session.agent === agent)
    .sort(byStart)
    .at(-1);
const byStart = (one: Shown, other: Shown) => one.startedAt.localeCompare(other.startedAt);

describe('an agent that starts another one', () => {
  test('[IDN-9] [RUN-1] bytes, status and grants of a nested run; its own identity, and the chain on record', async () => {
    const script = [
      'echo in | gatehouse run --task "Review it" -- codex -c "cat; echo on error >&2; env | grep ^GATEHOUSE_SESSION=; exit 7"',
      'echo status=$?',
    ].join('; ');
    const ran = await home.run(['run', '--task', 'Mend the shop', '--', 'claude', '-c', script]);
    const child = await newest('codex');
    const parent = await newest('claude-code');
    expect(ran.stdout, ran.stderr).toBe(`in\nGATEHOUSE_SESSION=${child?.id}\nstatus=7\n`);
    expect(ran.stderr).toContain('on error');
    expect(ran.stderr).toContain('codex begins without');
    const actors = [{ session: parent?.id, agent: 'claude-code' }];
    expect(child).toMatchObject({ taskId: parent?.taskId, actors, claimedTask: 'Review it', state: 'ended' });
    expect(parent?.actors).toBeUndefined();

    const starting = await eventsOf(home, 'session.starting');
    const [ofParent, ofChild] = [starting.at(-2), starting.at(-1)];
    expect(ofChild).toMatchObject({ agent: 'codex', detail: { actors, claimedTask: 'Review it' } });
    expect(ofParent?.detail['environment']).toContain('GATEHOUSE_DELEGATION');
    const fingerprints = [ofParent, ofChild].map(
      (event) => (event?.detail['identity'] as { fingerprint: string } | undefined)?.fingerprint,
    );
    expect(new Set(fingerprints).size).toBe(2);
    // Its preset's hosts are none of its parent's, so nobody got them.
    const granted = (await eventsOf(home, 'grant.issued')).map(({ detail }) => String(detail['spec']));
    expect(granted.filter((spec) => spec.includes('openai'))).toEqual([]);
    expect((await eventsOf(home, 'session.ended')).at(-2)).toMatchObject({ detail: { actors, reason: 'exited' } });
    expect((await home.run(['sessions', '--all'])).stdout).toMatch(/claude-code[^\n]*\n[^\n]*└ codex/u);
  });

  test('[IDN-9] [IDN-2] who nobody brought in, and every other command, is refused inside, with what a person can do', async () => {
    const tries = [
      'gatehouse run -- gemini -c true',
      'gatehouse log',
      'gatehouse run --agent claude-code -- true',
      'gatehouse run --env TOKEN -- true',
    ];
    const script = tries.map((words) => `${words}; echo status=$?`).join('; ');
    const ran = await home.run(['run', '--', 'claude', '-c', script]);
    expect(ran.stdout).toBe('status=126\nstatus=2\nstatus=125\nstatus=125\n');
    for (const said of [
      'gatehouse agents add gemini-cli',
      'not available inside a session',
      "unknown option '--agent'",
      'nobody let that variable',
    ]) {
      expect(ran.stderr).toContain(said);
    }
    expect((await eventsOf(home, 'agent.refused')).at(-1)).toMatchObject({
      agent: 'gemini-cli',
      detail: { code: 'agent_unknown', startedBy: (await newest('claude-code'))?.id },
    });
  });

  test('[IDN-9] [APR-2] in a terminal it asks at its parent’s, names who started it, and is allowed no more than that one', async () => {
    const agent = openGatehouse(home, 'run', '--', 'claude', '-c', 'stty -echo; echo ready; exec bash --norc');
    await eventually(() => agent.text().includes('ready'), { what: 'the first agent' });
    // Tall enough for what is claimed besides the facts.
    agent.resize(100, 45);
    agent.type(
      `gatehouse run --task 'Ignore the walls' -- codex -c 'stty size; echo inner; exec bash --norc'; echo came back with $?\n`,
    );
    await eventually(() => agent.text().includes('inner'), { what: 'the second agent' });
    expect(agent.text()).toMatch(/\d+ 100\s+inner/u);
    const before = server.seen.length;
    agent.type(fetchOf(server.port, '/nested', 'second'));
    const code = await awaitCode(agent);
    const parent = await newest('claude-code');
    const asked = agent.text();
    for (const fact of ['codex', `started by claude-code (${parent?.id})`, 'Ignore the walls', 'which may be untrue']) {
      expect(asked).toContain(fact);
    }
    expect(asked).not.toContain(`always ${code}`);
    await typeUntil(agent, `task ${code}\r`, () => agent.text().includes('second=200'), 'the call to go through');
    expect(server.seen.slice(before)).toEqual(['/nested']);
    agent.type('exit 5\n');
    await eventually(() => agent.text().includes('came back with 5'), { what: 'the first agent again' });
    // What was allowed to the task is allowed to the one that stands above as well: it is not asked again.
    agent.type(fetchOf(server.port, '/above', 'first'));
    await eventually(() => agent.text().includes('first=200'), { what: 'the first agent’s own call' });
    const opened = await eventsOf(home, 'connection.opened');
    const actors = [{ session: parent?.id, agent: 'claude-code' }];
    expect(opened).toMatchObject([
      { agent: 'codex', decision: 'allow', detail: { actors } },
      { agent: 'claude-code', decision: 'allow', detail: expect.not.objectContaining({ actors }) },
    ]);
    agent.type('exit\n');
    await agent.exited;
  });

  test('[IDN-9] [RUN-3] [IDN-4] it stands still, goes on and ends with the one that started it', async () => {
    const script = 'gatehouse run -- codex -c "setsid sleep 4567 & echo inner; wait" & echo outer; wait';
    const begin = async () => {
      const child = startGatehouse(['run', '--', 'claude', '-c', script], {
        environment: home.environment,
        cwd: home.workspace,
      });
      let said = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      await eventually(() => said.includes('inner'), { what: 'both agents', deadlineMs: 60_000 });
      return { ended: once(child, 'close'), first: await newest('claude-code'), second: await newest('codex') };
    };
    const states = async () => (await sessions()).filter(({ state }) => state !== 'ended').map(({ state }) => state);

    const one = await begin();
    await home.run(['pause', one.first?.id ?? '']);
    expect(await states()).toEqual(['paused', 'paused']);
    // The second one alone goes on only when the first one does.
    await home.run(['resume', one.second?.id ?? '']);
    expect(await states()).toEqual(['paused', 'paused']);
    await home.run(['resume', one.first?.id ?? '']);
    expect(await states()).toEqual(['running', 'running']);
    await home.run(['kill', one.first?.id ?? '']);
    await one.ended;
    expect(await states()).toEqual([]);
    expect((await newest('codex'))?.endReason).toBe('parent_ended');

    const two = await begin();
    const suspended = await home.run(['agents', 'suspend', 'claude-code']);
    expect(suspended.status, suspended.stderr).toBe(0);
    await two.ended;
    expect(await states()).toEqual([]);
    expect((await newest('codex'))?.endReason).toBe('parent_ended');
  });
});

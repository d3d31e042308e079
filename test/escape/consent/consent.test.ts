import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../helpers/poll.ts';
import type { TempHome } from '../../helpers/temp-home.ts';
import {
  awaitCode,
  type CountingServer,
  eventsOf,
  fetchOf,
  openAgent,
  typeUntil,
} from '../../integration/approvals/asking.ts';
import { openAskingGround } from '../../integration/approvals/asking-ground.ts';

/**
 * Each test has its control (what a person allows does happen), its attempt, what the outside saw (a server counts what
 * reached it), and what is on record.
 */
let home: TempHome;
let server: CountingServer;
openAskingGround((ground) => {
  ({ home, server } = ground);
});

/** Ends the agent's shell. */
async function leave(agent: { type(keys: string): void; exited: Promise<unknown> }): Promise<void> {
  agent.type('exit\n');
  await agent.exited;
}

test('[APR-1] [APR-4] an answer lets through what was asked, and not what is asked beside it', async () => {
  const agent = await openAgent(home);
  const before = server.seen.length;
  agent.type(fetchOf(server.port, '/shown', 'shown'));
  const code = await awaitCode(agent);
  // Control: exactly that one goes through.
  await typeUntil(agent, `once ${code}\r`, () => agent.text().includes('shown=200'), 'the call to go through');
  // Attempt: another path, another method, and the same once more.
  const tricks = ['/other', '/shown'].map((place) => fetchOf(server.port, place, 'trick').trim());
  tricks.push(fetchOf(server.port, '/shown', 'trick').trim().replace('curl', 'curl -X PUT'));
  agent.type(`${tricks.map((trick) => `${trick} &`).join(' ')} wait; echo tricks over\n`);
  const denials = () => agent.text().match(/trick=403/gu)?.length ?? 0;
  await typeUntil(agent, 'no\r', () => denials() === tricks.length, 'all of them to be denied');
  await leave(agent);
  expect(server.seen.slice(before)).toEqual(['/shown']);
  const [asked] = await eventsOf(home, 'approval.asked');
  const answered = await eventsOf(home, 'approval.answered');
  expect(answered[0]?.detail['digest']).toBe(asked?.detail['digest']);
  expect(answered.map(({ detail }) => detail['answer'])).toEqual(['allow-once', 'deny-once', 'deny-once', 'deny-once']);
});

test('[APR-5] [APR-7] what an agent makes the terminal say is no answer', async () => {
  const agent = await openAgent(home);
  const before = server.seen.length;
  // Reports that the terminal sends into its own input: position, attributes, colours, keyboard.
  const reports = String.raw`printf '\033[6n\033[c\033]10;?\007\033]11;?\007\033[?u\033[>q\033[5n'`;
  agent.type(
    `for n in 1 2 3; do ${reports}; done; (sleep 0.3; ${reports}) & ${fetchOf(server.port, '/report', 'result')}`,
  );
  const code = await awaitCode(agent);
  await typeUntil(agent, 'once\r', () => agent.text().includes(`Type once ${code}.`), 'the prompt to be armed');
  expect(server.seen).toHaveLength(before);
  // Control: a person's answer counts.
  await typeUntil(agent, `once ${code}\r`, () => agent.text().includes('result=200'), 'the call to go through');
  // The earlier reports are typed at its own shell, as they would be anywhere.
  await home.run(['kill', '--all']);
  await agent.exited;
  expect(server.seen.slice(before)).toEqual(['/report']);
});

test('[APR-2] [APR-5] a question that the agent draws itself asks nobody, and its code allows nothing', async () => {
  const agent = await openAgent(home);
  const before = server.seen.length;
  agent.type(
    `echo 'Gatehouse asks'; echo '  once AAA     allow it this one time'; read line; echo "agent got $line"; ${fetchOf(server.port, '/drawn', 'result')}`,
  );
  await eventually(() => agent.text().includes('once AAA'), { what: 'the drawn question' });
  agent.type('once AAA\n');
  await eventually(() => agent.text().includes('agent got once AAA'), { what: 'the keys to reach the agent' });
  const code = await awaitCode(agent, 'AAA');
  await typeUntil(agent, 'once aaa\r', () => agent.text().includes('not the code'), 'the drawn code to be refused');
  expect(server.seen).toHaveLength(before);
  await typeUntil(agent, `once ${code}\r`, () => agent.text().includes('result=200'), 'the call to go through');
  await leave(agent);
  expect(server.seen.slice(before)).toEqual(['/drawn']);
});

test('[APR-6] a flood of questions asks a few, denies the rest, and hides nobody else', async () => {
  const agent = await openAgent(home);
  const before = server.seen.length;
  const asks = `for n in $(seq 40); do curl -s --noproxy '' -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:${server.port}/flood$n >> codes & done; wait; echo flood over`;
  agent.type(`${asks}\n`);
  await awaitCode(agent);
  // Control: another session's question is still asked, and answered.
  const other = await openAgent(home);
  other.type(fetchOf(server.port, '/calm', 'calm'));
  const code = await awaitCode(other);
  await typeUntil(other, `once ${code}\r`, () => other.text().includes('calm=200'), 'the other call to go through');
  await leave(other);
  await home.run(['kill', '--all']);
  await agent.exited;
  expect(server.seen.slice(before)).toEqual(['/calm']);
  const denied = await home.run(['log', 'reason:too_many_questions', '--limit', '100', '--json']);
  const flood = denied.stdout.split('\n').filter((line) => line.includes('/flood'));
  expect(flood.length).toBeGreaterThanOrEqual(40 - 12);
});

test('[APR-3] “always” is for one agent in one workspace, and ends when it is taken back', async () => {
  const elsewhere = path.join(home.home, 'elsewhere');
  await mkdir(elsewhere, { recursive: true });
  const agent = await openAgent(home, '--agent', 'shop');
  agent.type(fetchOf(server.port, '/always', 'result'));
  const code = await awaitCode(agent);
  await typeUntil(agent, `always ${code}\r`, () => agent.text().includes('result=200'), 'the call to go through');
  await leave(agent);
  const fetchAs = async (name: string[], cwd: string) => {
    const script = fetchOf(server.port, `/${name.at(-1) ?? 'nobody'}${path.basename(cwd)}`, 'result');
    const { stdout } = await home.run(['run', '--ask', 'deny', ...name, '--', 'bash', '-c', script], { cwd });
    return stdout.trim();
  };
  // Control: the same agent in the same workspace is let through without a question.
  expect(await fetchAs(['--agent', 'shop'], home.workspace)).toBe('result=200');
  // Attempts.
  expect(await fetchAs(['--agent', 'other'], home.workspace)).toBe('result=403');
  expect(await fetchAs(['--agent', 'shop'], elsewhere)).toBe('result=403');
  expect(await fetchAs([], home.workspace)).toBe('result=403');
  const listed = (await home.run(['grants', 'list', '--json'])).stdout.split('\n').filter((line) => line !== '');
  const rule = listed.map((line) => JSON.parse(line)).find(({ type }) => type === 'always');
  expect(rule).toMatchObject({
    agent: 'shop',
    workspace: home.workspace,
    spec: `net.connect:127.0.0.1:${server.port}`,
  });
  expect(await home.run(['grants', 'revoke', rule.id])).toMatchObject({ status: 0 });
  expect(await fetchAs(['--agent', 'shop'], home.workspace)).toBe('result=403');
  expect(server.seen.filter((place) => /shop|other|nobody/u.test(place))).toEqual(['/shopproject']);
  expect(await eventsOf(home, 'rule.removed')).toHaveLength(1);
});

test('[GRT-2] a connection does not outlive the grant that let it through', async () => {
  const agent = await openAgent(home, '--grant', `net.connect:127.0.0.1:${server.port}`);
  const before = server.hanging.length;
  agent.type(`curl -s --noproxy '' http://127.0.0.1:${server.port}/hang; echo cut=$?\n`);
  // Control: it is open, and stays so.
  await eventually(() => server.hanging.length > before, { what: 'an open connection' });
  const listed = (await home.run(['grants', 'list', '--json'])).stdout.split('\n').filter((line) => line !== '');
  const grant = listed.map((line) => JSON.parse(line)).find(({ giver }) => giver === 'person');
  await home.run(['grants', 'revoke', grant.id]);
  await eventually(() => server.hanging.at(-1)?.destroyed === true, { what: 'the server to see the end' });
  await eventually(() => /cut=[1-9]/u.test(agent.text()), { what: 'the agent to see the end' });
  await leave(agent);
  const closed = await eventsOf(home, 'connection.closed');
  expect(closed.at(-1)?.detail['end'] ?? closed[0]?.detail['end']).toBeDefined();
  expect(closed.map(({ detail }) => detail['end'])).toContain('revoked');
});

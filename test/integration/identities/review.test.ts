import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseJsonLines } from '../../helpers/gatehouse.ts';
import { type KeyedHome, openKeyedHome } from '../../helpers/keyed-home.ts';
import { eventually } from '../../helpers/poll.ts';
import { eventsOf, openGatehouse } from '../approvals/asking.ts';

let home: KeyedHome;
beforeAll(async () => {
  home = await openKeyedHome();
  await home.install('claude', 'echo hello');
});
afterAll(() => home.close());

describe('[IDN-4] gatehouse agents review', () => {
  test('says so when there is nobody', async () => {
    expect(await home.run(['agents', 'review'])).toMatchObject({ status: 0, stdout: '' });
  });

  test('shows what an agent is, has and did, and what to do when its program is another one', async () => {
    const added = openGatehouse(home, 'agents', 'add', 'claude-code', '--purpose', 'Works on the shop');
    expect((await added.exited).status).toBe(0);
    const signIn = `mkdir -p ~/.config/anthropic; echo token > ~/.config/anthropic/login`;
    await home.install('claude', signIn);
    const accept = openGatehouse(home, 'agents', 'accept', 'claude-code');
    const code = await eventually(() => /accept ([0-9A-Z]{3}) /u.exec(accept.text())?.[1], { what: 'a question' });
    accept.type(`accept ${code}\r`);
    expect((await accept.exited).status).toBe(0);
    expect((await home.run(['run', '--', 'claude'])).status).toBe(0);
    await home.install('claude', 'echo changed');
    const [reviewed] = parseJsonLines((await home.run(['agents', 'review', '--json'])).stdout);
    expect(reviewed).toMatchObject({
      agent: { name: 'claude-code', purpose: 'Works on the shop', state: 'active' },
      program: 'changed',
      idleDays: 0,
      lastSession: { workspace: home.workspace },
      running: 0,
      presetGrants: ['net.connect:api.anthropic.com:443'],
      rules: [],
      grants: [],
      login: ['~/.config/anthropic/login'],
      homes: { count: 1, complete: true },
      flags: ['changed'],
    });
    const { stdout } = await home.run(['agents', 'review']);
    for (const text of ['claude-code', 'Works on the shop', 'What to do', 'gatehouse agents accept claude-code']) {
      expect(stdout).toContain(text);
    }
    expect((await home.run(['agents', 'show', 'claude-code'])).stdout).toContain('login ~/.config/anthropic/login');
  });

  test('goes on record when a person says in a terminal that they looked through it, and only then', async () => {
    expect((await home.run(['agents', 'review', '--record'])).stderr).toContain('may not answer for a person');
    const terminal = openGatehouse(home, 'agents', 'review');
    await eventually(() => terminal.text().includes('Type yes'), { what: 'the question' });
    terminal.type('yes\r');
    expect((await terminal.exited).status).toBe(0);
    expect(await eventsOf(home, 'agents.reviewed')).toMatchObject([
      { detail: { agents: ['claude-code'], flagged: { 'claude-code': ['changed'] } } },
    ]);
  });

  test('retiring takes the login too', async () => {
    expect((await home.run(['agents', 'retire', 'claude-code'])).status).toBe(0);
    expect(await eventsOf(home, 'home.reset')).toMatchObject([
      { detail: { workspaces: [], logins: ['~/.config/anthropic/login'] } },
    ]);
    expect((await home.run(['agents', 'review'])).stdout).toBe('');
  });
});

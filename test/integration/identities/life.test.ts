import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Terminal } from '../../helpers/agents/terminal.ts';
import { parseJsonLines, startGatehouse } from '../../helpers/gatehouse.ts';
import { type KeyedHome, openKeyedHome } from '../../helpers/keyed-home.ts';
import { eventually } from '../../helpers/poll.ts';
import { openTempHome } from '../../helpers/temp-home.ts';
import { eventsOf, openGatehouse } from '../approvals/asking.ts';

/** A stand-in that is recognised as an agent by its name. */
const program = 'echo "hello $1"; [ "$1" != wait ] || exec sleep 600';

let home: KeyedHome;
beforeAll(async () => {
  home = await openKeyedHome();
  await home.install('claude', program);
});
afterAll(() => home.close());

/** The code that a question about an agent is shown with. */
const codeOn = (terminal: Terminal) =>
  eventually(() => /accept ([0-9A-Z]{3}) /u.exec(terminal.text())?.[1], { what: 'a question about an agent' });
const inTerminal = async (...words: string[]) => {
  const terminal = openGatehouse(home, ...words);
  const { status } = await terminal.exited;
  return { status, text: terminal.text() };
};
const show = async () => {
  const { stdout } = await home.run(['agents', 'show', 'claude-code', '--json']);
  return parseJsonLines(stdout)[0] as { fingerprint: string; words: string; state: string; lastSeenAt?: string };
};

// One home and one life, in order: that is what a person goes through.
describe('the life of an agent', () => {
  test('[IDN-1] [IDN-2] where nobody can be asked, an unknown agent does not start, and what to do is said', async () => {
    for (const options of [[], ['--json']]) {
      const refused = await home.run(['run', ...options, '--', 'claude', 'one']);
      expect(refused).toMatchObject({
        status: 126,
        stderr: expect.stringContaining('gatehouse agents add claude-code'),
      });
      expect(refused.stdout).not.toContain('hello');
    }
    const denied = await inTerminal('run', '--ask', 'deny', '--', 'claude', 'one');
    expect(denied).toMatchObject({ status: 126, text: expect.not.stringContaining('Gatehouse asks') });
    expect(await eventsOf(home, 'agent.refused')).toMatchObject(
      Array.from({ length: 3 }, () => ({ agent: 'claude-code', decision: 'deny', detail: { code: 'agent_unknown' } })),
    );
  });

  test('[IDN-2] at first use a person is asked, with the facts; no, and a wrong code, start nothing', async () => {
    const terminal = openGatehouse(home, 'run', '--task', 'Mend the shop', '--', 'claude', 'one');
    const code = await codeOn(terminal);
    for (const fact of ['claude-code is new', 'Claude Code', '~/bin/claude', 'Mend the shop', 'Owner', 'Run by']) {
      expect(terminal.text()).toContain(fact);
    }
    const wrong = code === '222' ? '333' : '222';
    for (const typed of ['accept', `accept ${wrong}`, `${code}`, 'yes']) terminal.type(`${typed}\r`);
    await eventually(() => terminal.text().split(`Type accept ${code}, or no.`).length > 1, {
      what: 'the words to be told',
    });
    terminal.type('no\r');
    await eventually(
      async () => {
        // Lines that came before the prompt stood again are dropped.
        terminal.type('no\r');
        return (await Promise.race([terminal.exited, undefined])) !== undefined;
      },
      { what: 'the start to be given up' },
    );
    expect((await terminal.exited).status).toBe(126);
    expect(terminal.text()).not.toContain('hello one');
    expect((await home.run(['agents', 'list', '--json'])).stdout).toBe('');
  });

  test('[IDN-1] [IDN-2] accepted, it has a key of its own, an owner and a purpose, and every later start is unasked', async () => {
    const terminal = openGatehouse(home, 'run', '--', 'claude', 'one');
    terminal.type(`accept ${await codeOn(terminal)}\r`);
    expect((await terminal.exited).status).toBe(0);
    expect(terminal.text()).toContain('hello one');
    expect(await home.run(['run', '--', 'claude', 'two'])).toMatchObject({
      status: 0,
      stdout: 'hello two\n',
      stderr: '',
    });
    const agent = await show();
    expect(agent).toMatchObject({ state: 'active', purpose: 'Claude Code', lastSeenAt: expect.any(String), flags: [] });
    expect(agent).toHaveProperty('attestation.path', path.join(home.home, 'bin', 'claude'));
    const listed = (await home.run(['agents', 'list'])).stdout;
    for (const text of ['claude-code', agent.words, 'tried with']) expect(listed).toContain(text);
    expect(await eventsOf(home, 'session.starting')).toMatchObject([
      { detail: { identity: { fingerprint: agent.fingerprint } } },
      { detail: { identity: { fingerprint: agent.fingerprint } } },
    ]);
  });

  test('[IDN-1] no other program starts under its name, and a command without a name is nobody', async () => {
    const other = await home.run(['run', '--agent', 'claude-code', '--', 'echo', 'hello']);
    expect(other).toMatchObject({ status: 126, stdout: '' });
    expect(other.stderr).toContain('is not the program that was accepted');
    expect(await home.run(['run', '--', 'echo', 'hello'])).toMatchObject({ status: 0, stdout: 'hello\n' });
  });

  test('[IDN-2] a changed executable is shown with what changed, and must be accepted before the next run', async () => {
    await home.install('claude', `${program}; :`);
    const refused = await home.run(['run', '--', 'claude', 'three']);
    expect(refused).toMatchObject({ status: 126, stdout: '' });
    expect(refused.stderr).toContain('gatehouse agents accept claude-code');
    const terminal = openGatehouse(home, 'run', '--', 'claude', 'three');
    const code = await codeOn(terminal);
    expect(terminal.text()).toContain('Its program has other contents');
    terminal.type(`accept ${code}\r`);
    expect((await terminal.exited).status).toBe(0);
    expect(terminal.text()).toContain('hello three');
    await home.install('claude', program);
    const accept = openGatehouse(home, 'agents', 'accept', 'claude-code');
    accept.type(`accept ${await codeOn(accept)}\r`);
    expect((await accept.exited).status).toBe(0);
    expect((await home.run(['run', '--', 'claude', 'four'])).status).toBe(0);
    expect(await eventsOf(home, 'agent.accepted')).toHaveLength(2);
  });

  test('[IDN-4] suspended: its session ends at once, none starts, and only a person in a terminal resumes it', async () => {
    const child = startGatehouse(['run', '--', 'claude', 'wait'], {
      cwd: home.workspace,
      environment: home.environment,
    });
    let said = '';
    child.stderr?.on('data', (text) => {
      said += String(text);
    });
    if (child.stdout !== null) await once(child.stdout, 'data');
    const closed = once(child, 'close');
    expect(await home.run(['agents', 'suspend', 'claude-code'])).toMatchObject({
      status: 0,
      stdout: 'claude-code is suspended\n',
    });
    await closed;
    expect(said).toContain('ended because its agent was suspended');
    expect(await eventsOf(home, 'agent.suspended')).toMatchObject([{ detail: { sessions: [expect.any(String)] } }]);
    expect((await home.run(['run', '--', 'claude', 'five'])).stderr).toContain('gatehouse agents resume claude-code');
    for (const how of ['resume', 'rotate']) {
      expect((await home.run(['agents', how, 'claude-code'])).stderr).toContain('may not answer for a person');
    }
    expect((await inTerminal('agents', 'resume', 'claude-code')).status).toBe(0);
    expect((await home.run(['run', '--', 'claude', 'five'])).stdout).toBe('hello five\n');
  });

  test('[IDN-4] rotated: another key, the same agent', async () => {
    const before = await show();
    const rotated = await inTerminal('agents', 'rotate', 'claude-code');
    const after = await show();
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect(rotated.text).toContain(after.words);
    expect((await home.run(['run', '--', 'claude', 'six'])).status).toBe(0);
  });

  test('[IDN-4] retired: it cannot start, its key is gone, and one brought in anew has another', async () => {
    const before = await show();
    expect((await home.run(['agents', 'retire', 'claude-code'])).status).toBe(0);
    expect((await home.run(['run', '--', 'claude', 'seven'])).stderr).toContain('is retired');
    expect(await readFile(path.join(home.state, 'state', 'keystore.json'), 'utf8')).not.toContain('agent-key/');
    expect((await home.run(['agents', 'list'])).stdout).toBe('');
    const added = await inTerminal('agents', 'add', 'claude-code', '--purpose', 'Anew');
    expect(added).toMatchObject({ status: 0, text: expect.stringContaining('~/bin/claude') });
    expect((await show()).fingerprint).not.toBe(before.fingerprint);
    expect((await home.run(['run', '--', 'claude', 'eight'])).stdout).toBe('hello eight\n');
  });

  test('[IDN-1] the keystore taken away is no way around: who has a key does not start without it', async () => {
    await home.run(['supervisor', 'stop']);
    const { GATEHOUSE_KEYSTORE: _, GATEHOUSE_PASSPHRASE: __, ...environment } = home.environment;
    const refused = await home.run(['run', '--', 'claude', 'nine'], { environment });
    expect(refused).toMatchObject({ status: 125, stdout: '' });
    expect(refused.stderr).toContain('the keystore that holds it cannot be used');
    await home.run(['supervisor', 'stop'], { environment });
  });
});

test('[IDN-1] without a keystore agents run as nobody, and that is said and on record', async () => {
  const bare = await openTempHome();
  try {
    const environment = {
      ...bare.environment,
      PATH: `${path.join(home.home, 'bin')}:${bare.environment['PATH'] ?? ''}`,
    };
    const run = (...words: string[]) => bare.run(words, { environment });
    const started = await run('run', '--', 'claude', 'one');
    expect(started).toMatchObject({ status: 0, stdout: 'hello one\n' });
    expect(started.stderr).toContain('claude-code runs without an identity of its own');
    expect(await eventsOf(bare, 'session.starting')).toMatchObject([{ detail: { identity: 'none' } }]);
    const doctor = parseJsonLines((await run('doctor', '--json')).stdout);
    expect(doctor).toContainEqual(
      expect.objectContaining({ id: 'identities', state: 'limited', remedy: expect.any(String) }),
    );
  } finally {
    await bare.close();
  }
});

import { describe, expect, test } from 'vitest';
import { type Answer, type Approval, answerSchema } from '#contract/approval.ts';
import { parseAnswer, wordOf } from '../../../main/cli/prompt/answer-words.ts';
import { answerLines, claimLines, factLines } from '../../../main/cli/prompt/approval-text.ts';
import { LineEditor } from '../../../main/cli/prompt/line-editor.ts';
import { TerminalPrompt } from '../../../main/cli/prompt/terminal-prompt.ts';
import { armedAfterMs } from '../../../main/cli/prompt/typed-answer.ts';
import type { Screen } from '../../../main/cli/render/screen.ts';

const screen: Screen = { terminal: true, columns: 80, paint: (_, text) => text };
const approval: Approval = {
  id: 'a-00000001',
  digest: '0'.repeat(64),
  session: 'a1c9-calm-otter',
  agent: 'claude-code',
  task: 't-00000001',
  taskText: 'Fix the checkout',
  workspace: '/home/me/shop',
  command: ['claude'],
  executable: { path: '/home/me/.local/bin/claude', sha256: 'ab'.repeat(32) },
  key: { fingerprint: '00'.repeat(32), words: 'acorn-actor-igloo-violin' },
  action: 'net.connect',
  resource: { kind: 'host', host: 'example.org', port: 443 },
  protocol: 'connect',
  gates: [
    { gate: 'net.new-host', risk: 'notable', reason: 'nobody has granted this host to the task', onlyOnce: false },
  ],
  risk: 'notable',
  answers: [...answerSchema.options],
  grant: 'net.connect:example.org:443',
  askedAt: '2026-11-28T12:00:00.000Z',
  held: 1,
  patienceMs: 45_000,
  state: 'waiting',
};

describe('typed answers', () => {
  test.each(answerSchema.options)('[APR-3] %s is typed as it is shown', (answer) => {
    const typed = wordOf(answer, 'K7Q');
    const isAllow = !answer.startsWith('deny');
    expect(typed.includes('K7Q')).toBe(isAllow);
    expect(parseAnswer(`  ${typed.toLowerCase()} `, answerSchema.options, 'K7Q')).toMatchObject({ answer });
  });

  const offered: Answer[] = ['allow-once', 'deny-once'];
  test.each([
    '',
    '   ',
    'y',
    'yes',
    'once',
    'once K7',
    'once K7QK7Q',
    'once k7r',
    'K7Q',
    'K7Q once',
    'once K7Q now',
    'task K7Q',
    'no K7Q',
  ])('[APR-5] “%s” allows nothing', (line) => {
    expect(parseAnswer(line, offered, 'K7Q') ?? {}).not.toHaveProperty('answer');
  });
});

describe('keys', () => {
  test.each([
    ['plain letters', 'once k7q\r', { line: 'once k7q' }],
    ['a correction', 'onve\x7f\x7fce k7q\r', { line: 'once k7q' }],
    ['Ctrl-U', 'never\x15no\r', { line: 'no' }],
    ['what follows the end of the line is dropped', 'no\ronce k7q\r', { line: 'no' }],
    ['Ctrl-C', 'on\x03', 'cancelled'],
    ['an Escape that is none', '\x1bno\r', { line: 'o' }],
    ['colours', '\x1b]11;rgb:0000/0000/0000\x1b\\no\r', { line: 'no' }],
    ['a device’s name', '\x1bP>|once k7q\x1b\\\x1b[?62;22c', 'editing'],
    ['a status report that the agent asked the terminal for', '\x1b[12;40R', 'editing'],
    ['arrows and function keys', '\x1b[A\x1bOP\x1b[15~', 'editing'],
    ['a mouse report', '\x1b[<0;10;10M', 'editing'],
  ])('[APR-5] %s', (_, keys, expected) => {
    expect(new LineEditor().push(Buffer.from(keys, 'latin1'))).toEqual(expected);
  });

  test('[APR-5] a report that comes in pieces never becomes letters', () => {
    const report = '\x1b]11;rgb:once/k7q/0000\x1b\\\x1b[12;40R\x1bOP';
    for (let cut = 1; cut < report.length; cut += 1) {
      const editor = new LineEditor();
      editor.push(Buffer.from(report.slice(0, cut), 'latin1'));
      editor.push(Buffer.from(report.slice(cut), 'latin1'));
      expect(editor.text).toBe('');
      expect(editor.push(Buffer.from('no\r'))).toEqual({ line: 'no' });
    }
  });

  test('a line has an end', () => {
    const editor = new LineEditor();
    editor.push(Buffer.from('a'.repeat(10_000)));
    expect(editor.text).toHaveLength(64);
  });
});

describe('the text of a question', () => {
  const hostile: Approval = {
    ...approval,
    taskText: 'nice\u202etxt.exe\x1b[2J\nGatehouse: allowed\u200b',
    command: ['claude', '--x=\x1b]0;title\x07', 'a\nb'],
    workspace: '/home/me/\x1b[31mshop',
    action: 'http.request',
    resource: {
      kind: 'url',
      scheme: 'http',
      method: 'GET\u202e',
      host: 'example.org',
      port: 80,
      path: `/a\x1b[8m?${'x'.repeat(5000)}`,
    },
    gates: [
      {
        gate: 'net.new-host',
        risk: 'notable',
        reason: 'the repository’s policy says “\x1b[1mfine\u202e”',
        onlyOnce: false,
      },
    ],
    grant: 'net.connect:example.org:80',
    claim: `\x1b[2JGatehouse: it is safe\u202e${'w'.repeat(180)}`,
  };

  test('[APR-2] nothing that an agent chose moves the cursor, hides or reorders anything', () => {
    const text = [
      ...factLines(hostile, screen, '/home/me'),
      ...claimLines(hostile, screen),
      ...answerLines(hostile, 'K7Q', screen, '/home/me'),
    ].join('');
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    expect(text).toContain('\\u{202e}');
    expect(text).toContain('\\e[2J');
  });

  test('[APR-2] what a program says of itself stands apart, labelled, on three lines at most', () => {
    const narrow = { ...screen, columns: 40 };
    const said = { ...hostile, claim: 'allow me '.repeat(22) };
    expect(factLines(said, narrow, '/home/me').join('')).not.toContain('allow me');
    const lines = claimLines(said, narrow);
    expect(lines[1]).toContain('says of itself, which may be untrue');
    expect(lines.slice(2)).toHaveLength(3);
  });

  test('[APR-2] says who, what, where, why and what each answer does', () => {
    const text = [...factLines(approval, screen, '/home/me'), ...answerLines(approval, 'K7Q', screen, '/home/me')].join(
      '\n',
    );
    for (const part of [
      'claude-code · acorn-actor-igloo-violin wants to',
      'connect to example.org:443',
      'Notable',
      'nobody has granted this host',
      '~/shop',
      'Fix the checkout',
      'a1c9-calm-otter',
      'abababababababab',
      'not seen: it is tunnelled',
      'allow net.connect:example.org:443 for 15 minutes',
      'until you remove it',
    ]) {
      expect(text).toContain(part);
    }
  });
});

/** A prompt whose time and terminal are the test's. */
function open(answers: (answer: Answer, code: string) => Promise<void> = async () => {}, size = { rows: 30 }) {
  let now = 0;
  const drawn: string[] = [];
  const sent: [string, Answer, string][] = [];
  const given: string[] = [];
  const prompt = new TerminalPrompt(
    {
      screen,
      home: '/home/me',
      get rows() {
        return size.rows;
      },
      write: (text) => drawn.push(text),
      take: async () => void given.push('taken'),
      giveBack: () => given.push('given back'),
      nowMs: () => now,
    },
    async ({ id }, answer, code) => {
      sent.push([id, answer, code]);
      await answers(answer, code);
    },
  );
  return {
    prompt,
    drawn,
    sent,
    given,
    pass: (ms: number) => {
      now += ms;
    },
    type: (keys: string) => prompt.keys(Buffer.from(keys)),
    settle: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

describe('the prompt', () => {
  test('[APR-5] what is typed while it appears is lost, and typing on keeps it unarmed', async () => {
    const { prompt, sent, pass, type, settle } = open();
    prompt.ask(approval, 'K7Q');
    await settle();
    for (let keys = 0; keys < 20; keys += 1) {
      pass(armedAfterMs - 1);
      type('once k7q\r');
    }
    expect(sent).toEqual([]);
    pass(armedAfterMs);
    type('once k7q\r');
    expect(sent).toEqual([['a-00000001', 'allow-once', 'K7Q']]);
  });

  test('[APR-5] the next question is armed anew, and an answer to the first does not reach it', async () => {
    const { prompt, sent, pass, type, settle, given } = open();
    prompt.ask(approval, 'K7Q');
    prompt.ask({ ...approval, id: 'a-00000002' }, 'XXX');
    await settle();
    pass(armedAfterMs);
    type('once k7q\r');
    await settle();
    type('once k7q\r');
    pass(armedAfterMs * 3);
    type('once k7q\r');
    expect(sent).toHaveLength(1);
    type('once xxx\r');
    await settle();
    expect(sent.at(-1)).toEqual(['a-00000002', 'allow-once', 'XXX']);
    expect(given).toEqual(['taken', 'given back']);
    expect(prompt.isOpen).toBe(false);
  });

  test('[APR-5] a question that nobody answers disappears and allows nothing', async () => {
    const { prompt, sent, settle, given } = open();
    prompt.ask(approval, 'K7Q');
    await settle();
    prompt.changed({ ...approval, state: 'pending' });
    await settle();
    expect(prompt.isOpen).toBe(false);
    expect(given).toEqual(['taken', 'given back']);
    expect(sent).toEqual([]);
  });

  test('a refused answer is told, and the question stays', async () => {
    const { prompt, drawn, pass, type, settle } = open(async () => {
      throw new Error('It came too late.');
    });
    prompt.ask(approval, 'K7Q');
    await settle();
    pass(armedAfterMs);
    type('once k7q\r');
    await settle();
    expect(prompt.isOpen).toBe(true);
    expect(drawn.at(-1)).toContain('It came too late.');
  });

  test('[APR-2] however long the texts and small the screen, the act and the answers are seen', async () => {
    for (const rows of [10, 24, 30]) {
      const { prompt, drawn, settle } = open(async () => {}, { rows });
      const path = `/${'x'.repeat(8000)}?end`;
      const long: Approval = {
        ...approval,
        command: ['claude', 'y'.repeat(9000)],
        taskText: 'z'.repeat(900),
        resource: { kind: 'url', scheme: 'http', method: 'GET', host: 'example.org', port: 80, path },
      };
      prompt.ask(long, 'K7Q');
      await settle();
      const text = drawn.at(-1) ?? '';
      expect(text.split('\r\n').length).toBeLessThanOrEqual(rows);
      expect(text).toContain('send GET');
      expect(text).toContain('http://example.org:80/xxx');
      for (const line of text.split('\r\n'))
        expect(line.replaceAll(/[\x07\x1b]\[?[HJ2]*/gu, '').length).toBeLessThanOrEqual(80);
      if (rows < 24) {
        expect(text, 'what cannot be read whole cannot be allowed').not.toContain('K7Q');
        expect(text).toContain('Make the window taller to allow. `no` denies.');
        continue;
      }
      expect(text).toContain('once K7Q');
      expect(text).toContain('stop');
    }
  });

  test('[APR-2] on a small screen what an answer hangs on most stays, and a taller one shows the rest', async () => {
    const small = { rows: 24 };
    const { prompt, drawn, settle } = open(async () => {}, small);
    const before = { times: 0, atLeast: false, erased: false };
    prompt.ask({ ...approval, leadsTo: 'this machine’s loopback', before, sentBytes: 4096 }, 'K7Q');
    await settle();
    const seen = drawn.at(-1) ?? '';
    for (const part of [
      'wants to',
      'connect to example.org:443',
      'Because',
      'Address',
      'Before',
      'once K7Q',
      'more facts',
    ])
      expect(seen).toContain(part);
    expect(seen).not.toContain('Program');
    small.rows = 40;
    prompt.resized();
    expect(drawn.at(-1)).toContain('Program');
    expect(drawn.at(-1)).not.toContain('more facts');
  });
});

import { describe, expect, test } from 'vitest';
import type { Answer, Approval } from '#contract/approval.ts';
import { visible, visiblePieces } from '#contract/text/visible.ts';
import { diffOf } from '../../../main/electron/memory-proposal.ts';
import { choicesOf, plainDenial, whyOnlyOnce } from '../../../renderer/approval/answer-words.ts';
import { lookAlikeNote, lookAlikes } from '../../../renderer/approval/look-alikes.ts';
import { actSentence, effectSentence, facts } from '../../../renderer/approval/question-words.ts';
import { clockText, queueText, waitText } from '../../../renderer/approval/queue-words.ts';
import { spokenText } from '../../../renderer/approval/spans.ts';

const home = '/home/ann';
const approval: Approval = {
  id: 'a-00000001',
  digest: 'd'.repeat(64),
  session: '25ea-glad-wave',
  agent: 'claude-code',
  task: 't-00000001',
  taskText: 'Fix it',
  workspace: '/home/ann/shop',
  command: ['claude'],
  executable: { path: '/usr/bin/claude', sha256: 'a'.repeat(64) },
  action: 'net.connect',
  resource: { kind: 'host', host: 'example.org', port: 443 },
  protocol: 'connect',
  gates: [{ gate: 'net.new-host', risk: 'notable', reason: 'nobody has granted this host', onlyOnce: false }],
  risk: 'notable',
  answers: ['allow-once', 'allow-15m', 'allow-task', 'always', 'deny-once', 'deny-task', 'deny-pause', 'deny-stop'],
  grant: 'net.connect:example.org:443',
  askedAt: '2026-01-01T00:00:00.000Z',
  held: 1,
  patienceMs: 45_000,
  state: 'waiting',
};
const asked = (change: Partial<Approval> = {}, more: { trip?: string } = {}) => ({
  kind: 'approval' as const,
  approval: { ...approval, ...change },
  ...more,
});

describe('[APR-2] the act in one sentence', () => {
  test.each<[Partial<Approval>, string]>([
    [{}, 'connect to example.org:443'],
    [{ resource: { kind: 'host', host: '::1', port: 80 } }, 'connect to [::1]:80'],
    [{ action: 'file.read', resource: { kind: 'path', path: '/home/ann/.ssh/config' } }, 'read ~/.ssh/config'],
    [{ action: 'file.protected', resource: { kind: 'path', path: '/a' } }, 'change the protected file /a'],
    [
      { resource: { kind: 'url', scheme: 'https', method: 'GET', host: 'x.org', port: 443, path: '/\u202ea' } },
      'send GET https://x.org:443/\\u{202e}a',
    ],
    [{ resource: { kind: 'secret', name: 'work', host: 'x.org' } }, 'use the secret work at x.org'],
  ])('%#: %j', (change, sentence) => expect(spokenText(actSentence(asked(change), home))).toBe(sentence));

  test('a breaker says what happened', () => {
    const question = asked({}, { trip: 'deleted 214 files in 3 s' });
    const trip: Approval['resource'] = {
      kind: 'breaker',
      breaker: 'deletions',
      count: 214,
      spanMs: 3000,
      threshold: 200,
      windowMs: 10_000,
      objects: [],
      number: 1,
    };
    const broken = { ...question, approval: { ...question.approval, resource: trip } };
    expect(spokenText(actSentence(broken, home))).toBe('go on: it deleted 214 files in 3 s; it stands still now');
    expect(spokenText(effectSentence('allow-task', broken, home))).toMatch(/never stop this task/u);
  });

  test('what the agent starts for another one says so', () => {
    const rows = facts(asked({ startedBy: [{ agent: 'codex', session: 'b2c9-lion-rain' }] }), home);
    expect(rows.find(({ label }) => label === 'Started by')?.spans.join('')).toContain('codex (b2c9-lion-rain)');
  });
});

describe('[APR-3] a wider answer says what it gives', () => {
  test.each<[Answer, string]>([
    ['allow-15m', 'Allow connecting to example.org:443 for 15 minutes, and no longer than the task “Fix it”'],
    ['allow-task', 'Allow connecting to example.org:443 until the task “Fix it” ends'],
    [
      'always',
      'Allow connecting to example.org:443 in every task of claude-code in ~/shop, from now on, until you remove that rule',
    ],
    ['deny-stop', 'Deny this and stop the session 25ea-glad-wave with everything it runs'],
  ])('%s', (answer, sentence) => expect(spokenText(effectSentence(answer, asked(), home))).toBe(sentence));

  test('only what is offered can be pressed', () => {
    const choices = choicesOf({ ...approval, answers: ['allow-once', 'deny-once', 'deny-stop'] });
    expect(choices.wider).toEqual([]);
    expect(choices.otherDenials.map(({ answer }) => answer)).toEqual(['deny-stop']);
    expect(whyOnlyOnce({ ...approval, answers: ['allow-once', 'deny-once'] })).toBe(
      'This can be allowed once at a time.',
    );
    expect(choicesOf({ ...approval, answers: ['deny-once'] }).allow).toBeUndefined();
    expect(plainDenial(['allow-once', 'deny-pause', 'deny-stop'])).toBe('deny-pause');
  });
});

test('the queue and the time, in words', () => {
  const file = asked({ action: 'file.read', resource: { kind: 'path', path: '/a' } });
  expect(queueText([asked()])).toBe('');
  expect(queueText([asked({ held: 3 }), asked(), file])).toBe(
    '3 identical calls wait for this answer · 2 more waiting: 1 network, 1 file',
  );
  expect(clockText(67_900)).toBe('1:07');
  const at = Date.parse(approval.askedAt);
  expect(waitText(asked(), at + 7_000)).toBe('waiting 0:07 / 0:45');
  expect(waitText(asked(), at - 7_000)).toBe('waiting 0:00 / 0:45');
  expect(waitText(asked(), at + 46_000)).toContain('an answer counts for the next try');
});

describe('[APR-2] what is not what it looks like is marked', () => {
  test.each([
    ['plain', []],
    ['Grüße 你好 привет', []],
    ['p\u0430ypal.com', ['U+0430']],
    ['\uff41bc', ['U+FF41']],
    ['ελλάς', []],
    ['micro\u03bcsoft', ['U+03BC']],
  ])('%j', (text, codes) => expect(lookAlikes(text).map(({ code }) => code)).toEqual(codes));

  test('it is said once, with the code', () => {
    expect(lookAlikeNote(['plain'])).toBeUndefined();
    expect(lookAlikeNote(['b\u0430sh', 'b\u0430d'])).toBe(
      'Not the letters they look like: “\u0430” is U+0430 (Cyrillic).',
    );
  });

  test('pieces are the visible text, and say what was written out', () => {
    const text = 'a\u202eb\\u{202e}\n';
    expect(
      visiblePieces(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(visible(text));
    expect(
      visiblePieces(text)
        .filter(({ written }) => written)
        .map((piece) => piece.text),
    ).toEqual(['\\u{202e}', '\\n']);
  });
});

describe('[DAT-3] what an agent would be told is shown as a diff', () => {
  const state = (sha: string) => ({ sha256: sha.repeat(64), sizeBytes: 3 });
  const change = { place: 'workspace' as const, path: 'CLAUDE.md', change: 'changed' as const };

  test('lines that come and go', () => {
    const texts = { before: 'one\ntwo\n', after: 'one\nthree\n' };
    const diff = diffOf({ ...change, before: state('a'), after: state('b') }, texts, 100);
    expect(diff.lines.slice(1)).toEqual([
      { sign: ' ', text: 'one' },
      { sign: '-', text: 'two' },
      { sign: '+', text: 'three' },
    ]);
    expect(diffOf({ ...change, before: state('a'), after: state('b') }, texts, 2).left).toBe(2);
  });

  test('what cannot be shown is said, and where a link leads', () => {
    const diff = diffOf({ ...change, before: state('a'), after: { ...state('b'), link: '/etc/x' } }, {}, 100);
    expect(diff.lines).toEqual([]);
    expect(diff.note).toContain('too long or no text');
    expect(diff.note).toContain('leads to /etc/x');
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Answer, Approval } from '#contract/approval.ts';
import { beforeWord } from '#contract/text/network-facts.ts';
import { visible, visiblePieces } from '#contract/text/visible.ts';
import { diffOf } from '../../../main/electron/memory-proposal.ts';
import { choicesOf, onlyOnceText, plainDenial } from '../../../renderer/approval/answer-words.ts';
import { lookAlikeNote, lookAlikes } from '../../../renderer/approval/look-alikes.ts';
import { actSentence, effectSentence, facts } from '../../../renderer/approval/question-words.ts';
import { clockText, givenUpText, queueText, timeLeft, waitText } from '../../../renderer/approval/queue-words.ts';
import { cutHost, cutPath } from '../../../renderer/approval/short-names.ts';
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
    expect(spokenText(effectSentence('allow-task', broken, home, 0))).toMatch(
      /never stop it for that again until the task ends/u,
    );
  });

  test('what the agent starts for another one says so', () => {
    const rows = facts(asked({ startedBy: [{ agent: 'codex', session: 'b2c9-lion-rain' }] }), home);
    expect(rows.find(({ label }) => label === 'Started by')?.spans.join('')).toContain('codex (b2c9-lion-rain)');
  });
});

describe('[APR-2] what is known of a host beside its name', () => {
  const kept = { atLeast: false, erased: false };
  const lastAt = '2025-12-30T00:00:00.000Z';
  const url: Approval['resource'] = { kind: 'url', scheme: 'http', method: 'GET', host: 'x.org', port: 80, path: '/' };
  test.each<[Partial<Approval>, string]>([
    [{}, 'not known'],
    [{ before: { times: 0, ...kept } }, 'never by this agent'],
    [{ before: { times: 0, ...kept }, resource: url }, 'never to this host and port by this agent'],
    [{ before: { times: 0, ...kept }, agent: 'generic' }, 'never by a command that is no known agent'],
    [{ before: { times: 0, ...kept, erased: true } }, 'not by this agent in what is kept of the record'],
    [{ before: { times: 1, lastAt, ...kept } }, 'let through once, 2 days ago'],
    [{ before: { times: 3, lastAt: approval.askedAt, ...kept } }, 'let through 3 times, last just now'],
    [{ before: { times: 20, lastAt, ...kept, atLeast: true } }, 'let through at least 20 times, last 2 days ago'],
  ])('%j: before, %s', (change, text) => {
    const before = facts(asked(change), home).find(({ label }) => label === 'Before');
    expect(spokenText(before?.spans ?? [])).toBe(text);
  });

  test('where a literal address leads, and what the session sent; nothing of it for a file', () => {
    const text = (change: Partial<Approval>) =>
      facts(asked(change), home).map(({ label, spans }) => `${label}: ${spokenText(spans)}`);
    const known = { leadsTo: 'a private network', sentBytes: 12 * 1024 * 1024 };
    expect(text(known)).toEqual(
      expect.arrayContaining(['Address: a private network', 'Sent: 12 MiB by this session so far']),
    );
    const ofFile = text({ ...known, action: 'file.read', resource: { kind: 'path', path: '/a' } });
    expect(ofFile.filter((row) => /^(Address|Before|Sent): /u.test(row))).toEqual([]);
    expect(text({ sentBytes: 0 }).filter((row) => /^(Address|Sent): /u.test(row))).toEqual([]);
  });

  test.each<[Partial<Approval>, string]>([
    [{}, 'not known'],
    [{ before: { times: 0, ...kept } }, 'never'],
    [{ before: { times: 0, ...kept, erased: true } }, 'none kept'],
    [{ before: { times: 3, lastAt, ...kept } }, '3 times'],
    [{ resource: { kind: 'path', path: '/a' } }, ''],
  ])('%j in a list: %s', (change, word) => expect(beforeWord({ ...approval, ...change })).toBe(word));
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
  ])('%s', (answer, sentence) => expect(spokenText(effectSentence(answer, asked(), home, 0))).toBe(sentence));

  const now = Date.parse(approval.askedAt);
  test.each<[Answer, number, string]>([
    ['allow-task', 24.5, 'Allow connecting to example.org:443 until the task “Fix it” ends, at most 25 minutes'],
    ['allow-task', 8 * 60, 'Allow connecting to example.org:443 until the task “Fix it” ends, at most 8 hours'],
    ['allow-task', 72 * 60, 'Allow connecting to example.org:443 until the task “Fix it” ends, at most 3 days'],
    ['allow-15m', 60, 'Allow connecting to example.org:443 for 15 minutes'],
    ['allow-15m', 1, 'Allow connecting to example.org:443 for 1 minute, when the task “Fix it” ends'],
  ])('%s in a task that ends in %s minutes', (answer, minutes, sentence) => {
    const question = asked({ taskEndsAt: new Date(now + minutes * 60_000).toISOString() });
    expect(spokenText(effectSentence(answer, question, home, now))).toBe(sentence);
  });

  test('a task without words has none put into its mouth', () => {
    const question = asked({ taskText: ' ' });
    expect(spokenText(effectSentence('allow-task', question, home, 0))).toBe(
      'Allow connecting to example.org:443 until the task ends',
    );
    const from = facts(question, home).find(({ label }) => label === 'From');
    expect(spokenText(from?.spans ?? [])).toBe('~/shop, for a task without words');
  });

  test('only what is offered can be pressed', () => {
    const choices = choicesOf({ ...approval, answers: ['allow-once', 'deny-once', 'deny-stop'] });
    expect(choices.wider).toEqual([]);
    expect(choices.otherDenials.map(({ answer }) => answer)).toEqual(['deny-stop']);
    expect(onlyOnceText({ ...approval, answers: ['allow-once', 'deny-once'] })).toContain('one time');
    expect(onlyOnceText(approval)).toBeUndefined();
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
  expect(timeLeft(asked(), at + 9_000)).toBe(0.8);
  expect(givenUpText(asked(), at + 9_000)).toBe('');
  expect(waitText(asked(), at + 46_000)).toBe('given up after 0:45');
  expect(givenUpText(asked(), at + 46_000)).toContain('an answer counts for its next try');
});

describe('[APR-2] long names are shortened where nothing hides, and stand whole below', () => {
  const host = `${'a'.repeat(60)}.github.com.${'b'.repeat(62)}.cdn.evil.co.uk`;
  test.each([
    ['short', 'example.org:443', '', 'example.org:443'],
    ['whose it is stands at the end', host, '', `${'b'.repeat(62)}.cdn.evil.co.uk`],
    ['one endless label', `${'x'.repeat(63)}.${'y'.repeat(63)}.org:1`, '', `${'x'.repeat(63)}.${'y'.repeat(63)}.org:1`],
    ['a small end brings more of it', `${'a.'.repeat(60)}org`, '', `${'a.'.repeat(21)}org`],
  ])('a host: %s', (_, name, head, tail) => {
    const cut = cutHost(name);
    expect([cut.left === 0 ? '' : cut.head, cut.left === 0 ? cut.head : cut.tail]).toEqual([head, tail]);
    expect(cut.head.length + cut.left + cut.tail.length).toBe(name.length);
  });

  test('a path keeps its beginning and its last names', () => {
    expect(cutPath('/home/ann/shop')).toEqual({ head: '/home/ann/shop', left: 0, tail: '' });
    const { head, left, tail } = cutPath(`/home/ann/${'deep/'.repeat(40)}config.json`);
    expect(head).toBe('/home/ann/deep/deep/');
    expect(tail).toBe('/deep/deep/deep/deep/deep/deep/config.json');
    expect(head.length + left + tail.length).toBe(221);
    expect(cutPath(`/${'x'.repeat(100)}`)).toEqual({ head: '/', left: 56, tail: 'x'.repeat(44) });
  });

  test('nothing is lost or made up, whatever is shortened', () => {
    const names = fc.string({ unit: fc.constantFrom('a', '.', '/', '-', '\u{1f600}'), maxLength: 400 });
    fc.assert(
      fc.property(names, (name) => {
        for (const { head, left, tail } of [cutHost(name.replaceAll('\u{1f600}', 'b')), cutPath(name)]) {
          const text = head.length + tail.length === 0 ? '' : name;
          expect([...head].length + left + [...tail].length).toBe([...text].length);
          if (left === 0) expect(tail).toBe('');
        }
      }),
    );
  });

  test('what the sentence shortens is among the facts', () => {
    const question = asked({ resource: { kind: 'host', host, port: 443 } });
    expect(spokenText(actSentence(question, home))).toBe(`connect to …${'b'.repeat(62)}.cdn.evil.co.uk:443`);
    const whole = facts(question, home).find(({ label }) => label === 'Whole name');
    expect(spokenText(whole?.spans ?? [])).toBe(`${host}:443`);
    expect(facts(asked(), home).map(({ label }) => label)).not.toContain('Whole name');
  });
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

import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import { changedFiles } from '#contract/changed-file.ts';
import type { Session } from '#contract/session.ts';
import { limitWords } from '#contract/text/limit-words.ts';
import { barHeight, bucketsOf, remember, stripWords } from '../../../renderer/features/now/activity-buckets.ts';
import { actWords, blockedLines, openQuestion } from '../../../renderer/features/now/blocked-lines.ts';
import { commandWords } from '../../../renderer/features/now/command-words.ts';
import { commonGrants, grantWords, otherGrants, specOf } from '../../../renderer/features/now/grant-words.ts';
import { treeOf } from '../../../renderer/features/now/session-tree.ts';
import { elapsedText, endWords, nameOf, placeText } from '../../../renderer/features/now/session-words.ts';
import { startSummary } from '../../../renderer/features/now/start-summary.ts';

const nowMs = Date.parse('2026-01-31T12:00:00.000Z');

function event(seq: number, more: Partial<AuditEvent>): AuditEvent {
  return {
    seq,
    at: new Date(nowMs).toISOString(),
    hash: '0'.repeat(64),
    kind: 'decision',
    summary: '',
    detail: {},
    ...more,
  };
}

describe('the strip of the last minute', () => {
  const moment = (ageMs: number, blocked = false) => ({ atMs: nowMs - ageMs, blocked });

  test('puts each moment where it belongs, and what is ahead of the clock at the end', () => {
    const buckets = bucketsOf(
      [moment(0), moment(1999, true), moment(2000), moment(59_999), moment(60_000), moment(-5000)],
      nowMs,
    );
    expect(buckets).toHaveLength(30);
    expect(buckets[29]).toEqual({ done: 2, blocked: 1 });
    expect(buckets[28]).toEqual({ done: 1, blocked: 0 });
    expect(buckets[0]).toEqual({ done: 1, blocked: 0 });
    expect(stripWords(buckets)).toBe('5 events in the last minute, 1 blocked');
    expect(stripWords(bucketsOf([], nowMs))).toBe('Nothing in the last minute');
    expect(stripWords(bucketsOf([moment(1)], nowMs))).toBe('1 event in the last minute');
  });

  test('one event is seen, and however many stay in the box', () => {
    expect(barHeight(0)).toBe(0);
    expect(barHeight(1)).toBeGreaterThan(0.1);
    expect(barHeight(1_000_000)).toBe(1);
  });

  test('forgets what is older, and more than it may remember', () => {
    expect(remember([moment(60_000)], [moment(1)], nowMs)).toEqual([moment(1)]);
    expect(
      remember(
        [],
        Array.from({ length: 5000 }, () => moment(1)),
        nowMs,
      ),
    ).toHaveLength(2000);
  });
});

describe('sessions in a list', () => {
  const session = (id: string, startedAt: string, parent?: string): Session => ({
    id,
    agent: 'generic',
    taskId: 't-00000000',
    task: '',
    workspace: '/w',
    command: ['/usr/bin/bash'],
    state: 'running',
    tty: true,
    startedAt,
    ...(parent === undefined ? {} : { actors: [{ session: parent, agent: 'generic' }] }),
  });
  const ids = (sessions: readonly Session[]) => treeOf(sessions).map(({ session: { id }, depth }) => `${depth} ${id}`);

  test('nested ones stand below who started them, the newest first', () => {
    expect(
      ids([
        session('a', '1'),
        session('b', '2'),
        session('c', '3', 'a'),
        session('d', '4', 'a'),
        session('e', '5', 'c'),
      ]),
    ).toEqual(['0 b', '0 a', '1 d', '1 c', '2 e']);
  });

  test('loses none: not one whose parent is gone, nor one that names itself', () => {
    expect(ids([session('a', '1', 'gone'), session('b', '2', 'b')])).toEqual(['0 b', '0 a']);
  });

  test('one of nobody is called by what it runs, with nothing hidden', () => {
    expect(nameOf(session('a', '1'))).toBe('bash');
    expect(nameOf({ agent: 'generic', command: ['/x/\u202ehs'] })).toBe('\\u{202e}hs');
    expect(nameOf({ agent: 'claude-code', command: ['bash'] })).toBe('claude-code');
  });
});

describe('what a start will be able to do', () => {
  const planned = { agent: 'Claude Code', hasFolder: true, grants: [], forMs: 7_200_000, besides: [] };

  test.each([
    [planned, ['Can read and write this folder.', 'Can reach its model.', 'Everything else asks.', 'Ends in 2 h.']],
    [
      { ...planned, agent: undefined, forMs: 1_800_000 },
      ['Can read and write this folder.', 'Can reach no host.', 'Everything else asks.', 'Ends in 30 m.'],
    ],
    [
      {
        ...planned,
        agent: undefined,
        hasFolder: false,
        grants: ['net.connect:*.example.org', 'file.read:/home/me/notes'],
      },
      [
        'Works in the folder you choose.',
        'Can connect to every host below example.org.',
        'Can read ~/notes.',
        'Everything else asks.',
        'Ends in 2 h.',
      ],
    ],
  ])('%#', (start, sentences) => {
    expect(startSummary(start)).toEqual(sentences);
  });

  test.each([
    ['file.write:/srv/a\u202eb', 'read and write /srv/a\\u{202e}b'],
    ['http.request:GET http://example.org/*', 'send GET http://example.org/*'],
    ['secret.use:token@example.org', 'use the secret token at example.org'],
    ['nonsense', 'nonsense'],
  ])('%s in words', (spec, words) => {
    expect(grantWords(spec)).toBe(words);
  });

  test.each([
    ['host', ' api.example.org ', 'net.connect:api.example.org'],
    ['below', '*.example.org', 'net.connect:*.example.org:443'],
    ['get', 'http://example.org/', 'http.request:GET http://example.org/'],
    ['read', ' ', undefined],
    ['write', '~/other', 'file.write:~/other'],
    ['registry', 'packages.example', 'net.connect:packages.example:443'],
    ['registry', 'packages.example:8443', 'net.connect:packages.example:8443'],
    ['registry npm packages.example:4873', '', 'net.connect:packages.example:4873'],
    ['github', '', 'net.connect:github.com:443'],
    ['port', '5432', 'net.connect:127.0.0.1:5432'],
    ['port', '65536', undefined],
    ['port', '0', undefined],
  ])('the template %s filled with “%s” is %s', (id, typed, spec) => {
    const registries = [{ client: 'npm', host: 'packages.example', port: 4873 }];
    const template = [...commonGrants(registries), ...otherGrants].find((each) => each.id === id);
    expect(template && specOf(template, typed)).toBe(spec);
  });
});

test.each([
  ['  claude  --resume ', ['claude', '--resume']],
  [`sh -c 'a "b" \\c' "d \\"e\\" \\f"`, ['sh', '-c', 'a "b" \\c', 'd "e" \\f']],
  ['a\\ b ""', ['a b', '']],
  ['$HOME ~ * | ;', ['$HOME', '~', '*', '|', ';']],
  ['', []],
])('words of %s', (text, words) => {
  expect(commandWords(text)).toEqual({ words });
});

test.each(["a 'b", 'a "b', 'a\\'])('no words of %s', (text) => {
  expect(commandWords(text)).toHaveProperty('problem');
});

test('files: what became of each, by path', () => {
  const change = (seq: number, path: string, what: string) =>
    event(seq, { kind: 'workspace.changed', detail: { path, change: what } });
  const events = [
    change(4, 'b', 'changed'),
    change(3, 'b', 'created'),
    change(2, 'a', 'created'),
    change(1, 'a', 'deleted'),
    change(5, 'c', 'created'),
    change(6, 'c', 'deleted'),
    event(7, { detail: { path: 'd' } }),
  ];
  expect(changedFiles(events).map(({ path, change, times }) => [path, change, times])).toEqual([
    ['a', 'changed', 2],
    ['b', 'created', 2],
    ['c', 'came and went', 2],
  ]);
});

describe('what was blocked just now', () => {
  const resource = { kind: 'host', host: 'evil.test', port: 443 } as const;
  const blocked = (seq: number, more: Partial<AuditEvent> = {}) =>
    event(seq, {
      decision: 'deny',
      session: 's',
      summary: 'Blocked: connect to evil.test:443',
      resource,
      action: 'net.connect',
      ...more,
    });

  test('is a line for each act, newest first, with the grant that would let it through', () => {
    const lines = blockedLines(
      [
        blocked(1, { detail: { remedy: 'net.connect:evil.test:443' } }),
        blocked(3),
        blocked(2, { session: 'other' }),
        blocked(4, { decision: 'allow' }),
        blocked(5, { summary: 'old', at: new Date(nowMs - 3_600_000).toISOString() }),
      ],
      nowMs,
    );
    expect(lines.map(({ event: { seq }, times, remedy }) => [seq, times, remedy])).toEqual([
      [3, 2, 'net.connect:evil.test:443'],
      [2, 1, undefined],
    ]);
  });

  test('of sessions of one agent that are over, the same act is one line', () => {
    const lines = blockedLines(
      [blocked(1), blocked(2, { session: 'other' }), blocked(3, { session: 'runs' })],
      nowMs,
      (session) => session === 'runs',
    );
    expect(lines.map(({ event: { seq }, times, sessions }) => [seq, times, sessions])).toEqual([
      [3, 1, 1],
      [2, 2, 2],
    ]);
  });

  test('leads to the question that is open about the same thing, and to no other', () => {
    const approval = {
      session: 's',
      action: 'net.connect',
      resource: { port: 443, host: 'evil.test', kind: 'host' },
      state: 'pending',
    };
    // Of a question only these fields are looked at.
    const asked = (more: object) => [{ ...approval, ...more }] as unknown as Parameters<typeof openQuestion>[1];
    expect(openQuestion(blocked(1), asked({}))).toMatchObject(approval);
    for (const other of [
      { session: 't' },
      { state: 'denied' },
      { action: 'http.request' },
      { resource: { ...resource, port: 80 } },
    ]) {
      expect(openQuestion(blocked(1), asked(other))).toBeUndefined();
    }
  });

  test('says nothing twice and hides nothing', () => {
    expect(actWords(blocked(1))).toBe('connect to evil.test:443');
    expect(actWords(event(1, { summary: 'a\nb' }))).toBe('a\\nb');
  });
});

test('words for lengths, sizes, limits, ends and places', () => {
  expect([42_000, 725_000, 3_723_000, -5].map(elapsedText)).toEqual(['0:42', '12:05', '1:02:03', '0:00']);
  expect(limitWords({ memoryBytes: 1024 ** 3, wallTimeMs: 600_000, processes: 1024 })).toEqual([
    '1.0 GiB of memory',
    '10m in all',
    '1,024 processes',
  ]);
  expect(endWords({ endReason: 'exited', exit: { status: 3 } })).toBe('It ended by itself, with exit status 3.');
  expect(endWords({ endReason: 'killed', exit: { status: 137, signal: 'SIGKILL' } })).toBe('It was killed.');
  expect(['/home/me/a', '/home/me', '/home', '/root/x', '/srv/home/me'].map(placeText)).toEqual([
    '~/a',
    '~',
    '/home',
    '~/x',
    '/srv/home/me',
  ]);
});

import { expect, test } from 'vitest';
import type { Approval } from '#contract/approval.ts';
import { plainDenial } from '../../../main/cli/prompt/answer-words.ts';
import { answerLines, factLines, waitText } from '../../../main/cli/prompt/approval-text.ts';
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
  action: 'session.continue',
  resource: {
    kind: 'breaker',
    breaker: 'deletions',
    count: 214,
    spanMs: 3000,
    threshold: 200,
    windowMs: 10_000,
    objects: ['src/a.ts', 'src/\u202egnp.exe\x1b[2J'],
    number: 1,
  },
  protocol: 'session',
  gates: [{ gate: 'breaker.deletions', risk: 'high', reason: 'many files are gone within seconds', onlyOnce: false }],
  risk: 'high',
  answers: ['allow-once', 'allow-task', 'deny-pause', 'deny-stop'],
  askedAt: '2026-11-28T12:00:00.000Z',
  held: 1,
  patienceMs: 3_600_000,
  state: 'waiting',
};

test('[MON-2] [APR-2] a breaker says what happened, to what, and what each answer does', () => {
  const text = [...factLines(approval, screen, '/home/me'), ...answerLines(approval, 'K7Q', screen, '/home/me')].join(
    '\n',
  );
  expect(text).toContain('go on: it deleted 214 files in 3 s; paused');
  expect(text).toContain('many files are gone within seconds.');
  expect(text).toContain('src/a.ts, src/\\u{202e}gnp.exe\\e[2J');
  expect(text).toContain('once K7Q');
  expect(text).toContain('do not stop this task for that again');
  expect(text).toContain('`gatehouse resume a1c9-calm-otter` asks again');
  expect(text).toContain('end the session at once');
  expect(text).not.toContain('tunnelled');
  expect(waitText(approval)).toBe('The session stands still until you answer.');
});

test('[APR-5] Ctrl-C leaves it paused', () => {
  expect(plainDenial(approval.answers)).toBe('deny-pause');
  expect(plainDenial(['allow-once', 'deny-once', 'deny-pause'])).toBe('deny-once');
});

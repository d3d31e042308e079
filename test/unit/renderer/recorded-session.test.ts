import { expect, test } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import { sessionOfRecord } from '../../../renderer/features/now/recorded-session.ts';

const event = (more: Partial<AuditEvent>): AuditEvent => ({
  seq: 1,
  at: '2026-01-31T12:00:00.000Z',
  hash: '0'.repeat(64),
  kind: 'session.starting',
  session: 'a1c9-tiger-lamp',
  task: 't-1a2b3c4d',
  agent: 'claude-code',
  summary: '',
  detail: {},
  ...more,
});
const starting = event({
  detail: { workspace: '/home/ann/shop', command: ['claude', '-p'], terminal: true, preset: 'x' },
});

test('a session is told from its first and last entry', () => {
  const ended = event({
    kind: 'session.ended',
    at: '2026-01-31T12:10:00.000Z',
    detail: { exit: { status: 3 }, reason: 'exited', outputBytes: 4 },
  });
  const task = event({ kind: 'task.created', detail: { text: 'Fix the checkout' } });
  expect(sessionOfRecord({ starting, ended, task })).toEqual({
    id: 'a1c9-tiger-lamp',
    agent: 'claude-code',
    taskId: 't-1a2b3c4d',
    task: 'Fix the checkout',
    workspace: '/home/ann/shop',
    command: ['claude', '-p'],
    state: 'ended',
    tty: true,
    startedAt: '2026-01-31T12:00:00.000Z',
    endedAt: '2026-01-31T12:10:00.000Z',
    exit: { status: 3 },
    endReason: 'exited',
  });
});

test('what is not on record is left out, and without its beginning there is no session', () => {
  expect(sessionOfRecord({ starting, ended: undefined, task: undefined })).toMatchObject({ task: '', state: 'ended' });
  expect(sessionOfRecord({ starting: undefined, ended: undefined, task: undefined })).toBeUndefined();
  // Its content was erased, as retention says.
  expect(sessionOfRecord({ starting: event({ detail: {} }), ended: undefined, task: undefined })).toBeUndefined();
});

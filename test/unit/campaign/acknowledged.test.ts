import { describe, expect, test } from 'vitest';
import type { AuditEvent, EventKind } from '#contract/audit.ts';
import { type Acknowledged, findEndless, findLost } from '../../campaign/acknowledged.ts';
import type { LoadSession } from '../../campaign/kill-load.ts';

const id = '9ab0-east-leaf';
let seq = 0;
function event(kind: EventKind, more: Partial<AuditEvent> = {}): AuditEvent {
  seq += 1;
  const hash = String(seq).padStart(64, '0');
  return { kind, session: id, summary: '', detail: {}, seq, at: '2026-01-01T00:00:00.000Z', hash, ...more };
}

const record = [
  event('grant.issued'),
  event('session.starting', { detail: { command: ['sh', 'mark'] } }),
  event('session.started'),
  event('connection.opened', {
    decision: 'allow',
    resource: { kind: 'url', scheme: 'http', method: 'GET', host: '127.0.0.1', port: 80, path: '/proxied/mark/1' },
  }),
  event('connection.opened', { decision: 'allow', detail: { protocol: 'connect' } }),
  event('session.ended'),
];
const session: LoadSession = {
  kind: 'caller',
  mark: 'mark',
  id,
  spoke: true,
  end: {
    exit: { status: 0 },
    endReason: 'exited',
    notices: [],
    grants: { unused: [], unusedOfPreset: 0, narrower: [] },
  },
  client: undefined,
  started: Promise.resolve(),
  over: Promise.resolve(),
};
const acknowledged: Acknowledged = {
  sessions: [session],
  killed: [id],
  requests: ['/proxied/mark/1', '/relayed/mark/1'],
  written: ['mark'],
  told: record.map(({ seq: number, hash }) => ({ seq: number, hash })),
};

describe('what the kill campaign calls lost', () => {
  test('nothing, when everything acknowledged is on record', () => {
    expect(findLost(acknowledged, record)).toEqual([]);
    expect(findEndless(record)).toEqual([]);
  });

  test.each(record.map(({ kind }, index) => [index, kind] as const))('entry %i, %s, when it is missing', (index) => {
    const left = record.filter((_, at) => at !== index);
    // What is told of an entry is one more acknowledgement of it: without that, the others must show the loss too.
    expect(findLost({ ...acknowledged, told: [] }, left)).not.toEqual([]);
    expect(findLost({ ...acknowledged, sessions: [], killed: [], requests: [], written: [] }, left)).toHaveLength(1);
  });

  test('an entry that is another one', () => {
    const other = record.map((each, index) => (index === 2 ? { ...each, hash: 'f'.repeat(64) } : each));
    expect(findLost(acknowledged, other)).toHaveLength(1);
  });

  test('a session without an end', () => {
    expect(findEndless(record.slice(0, -1))).toEqual([id]);
  });
});

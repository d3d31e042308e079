import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import {
  activityOfEvents,
  activityOfHours,
  activityWords,
} from '../../../../renderer/features/timeline/activity-data.ts';
import { groupMarks } from '../../../../renderer/features/timeline/grouping.ts';

const eventAt = (at: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  seq: 1,
  at,
  kind: 'decision',
  summary: '',
  detail: {},
  hash: '0'.repeat(64),
  ...more,
});

describe('[AUD-3] activity', () => {
  test('events are counted by the minute and decision, and a pause looks like one', () => {
    const { bars, stepMs } = activityOfEvents([
      eventAt('2026-01-31T12:05:10.000Z', { decision: 'deny' }),
      eventAt('2026-01-31T12:02:50.000Z', { decision: 'allow' }),
      eventAt('2026-01-31T12:02:10.000Z'),
    ]);
    expect(stepMs).toBe(60_000);
    expect(bars.slice(-4)).toEqual([
      { at: Date.parse('2026-01-31T12:02Z'), allowed: 1, denied: 0, other: 1 },
      { at: Date.parse('2026-01-31T12:03Z'), allowed: 0, denied: 0, other: 0 },
      { at: Date.parse('2026-01-31T12:04Z'), allowed: 0, denied: 0, other: 0 },
      { at: Date.parse('2026-01-31T12:05Z'), allowed: 0, denied: 1, other: 0 },
    ]);
  });

  test('decisions that were counted in part are not shown as if there were none before', () => {
    const hours = ['10', '11', '12'].map((hour) => ({ hour: `2026-01-31T${hour}`, entries: 9 }));
    const activity = activityOfHours(
      { activity: hours, exact: true },
      { activity: hours.slice(1).map((each) => ({ ...each, entries: 4 })), exact: false },
      { activity: [], exact: true },
    );
    expect(activity.decisionsFrom).toBe(Date.parse('2026-01-31T12:00Z'));
    expect(activity.bars.slice(-3).map(({ allowed, other }) => [allowed, other])).toEqual([
      [0, 9],
      [0, 9],
      [4, 5],
    ]);
    expect(activityWords(activity)).toContain('27 entries, 0 blocked, 4 allowed');
    expect(activityWords(activity)).toContain('told apart from');
  });

  test('years are few bars', () => {
    const hours = Array.from({ length: 700 }, (_, index) => ({
      hour: new Date(Date.parse('2020-01-01T00:00Z') + index * 100 * 3_600_000).toISOString().slice(0, 13),
      entries: 1,
    }));
    const none = { activity: [], exact: true };
    const { bars } = activityOfHours({ activity: hours, exact: false }, none, none);
    expect(bars.length).toBeLessThanOrEqual(720);
    expect(bars.reduce((sum, { other }) => sum + other, 0)).toBe(700);
  });

  test('nothing is said in words too', () => {
    expect(activityWords(activityOfEvents([]))).toBe('Nothing was recorded.');
  });
});

describe('[AUD-3] groups', () => {
  const at = '2026-01-31T12:05:10.000Z';
  test.each([
    ['the first row', undefined, { minute: true, session: true }],
    ['the same', eventAt('2026-01-31T12:05:50.000Z', { session: 'a' }), { minute: false, session: false }],
    ['another session', eventAt('2026-01-31T12:05:50.000Z', { session: 'b' }), { minute: false, session: true }],
    ['another minute', eventAt('2026-01-31T12:06:00.000Z', { session: 'a' }), { minute: true, session: true }],
  ])('%s', (_what, newer, marks) => {
    expect(groupMarks(eventAt(at, { session: 'a' }), newer)).toEqual(marks);
  });
});

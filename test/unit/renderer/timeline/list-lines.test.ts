import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import { itemsOf, type ListItem } from '../../../../renderer/features/timeline/list-items.ts';
import { ListLayout } from '../../../../renderer/features/timeline/list-layout.ts';

let next = 1000;
const eventOf = (session: string | undefined, second: number, more: Partial<AuditEvent> = {}): AuditEvent => {
  next -= 1;
  return {
    seq: next,
    at: new Date(Date.parse('2026-01-31T12:00:00Z') + second * 1000).toISOString(),
    kind: 'decision',
    summary: `Allowed: ${next}`,
    detail: {},
    hash: '0'.repeat(64),
    ...(session === undefined ? {} : { session, agent: 'claude' }),
    ...more,
  };
};
const shape = (items: readonly ListItem[]) =>
  items.map((item) => (item.type === 'group' ? `${item.session ?? '-'} (${item.entries})` : `${item.times}`));

describe('[AUD-3] lines of the list', () => {
  test('stand by minute and session, whatever the sessions’ order within the minute', () => {
    const events = [eventOf('a', 70), eventOf('b', 50), eventOf('a', 40), eventOf('b', 30), eventOf(undefined, 20)];
    expect(shape(itemsOf(events, new Set()))).toEqual(['a (1)', '1', 'b (2)', '1', '1', 'a (1)', '1', '- (1)', '1']);
  });

  test('what says the same is one line, and so is looking on and leaving; what was blocked otherwise is not', () => {
    const denied = { decision: 'deny' as const, summary: 'Blocked: read /a' };
    const events = [
      eventOf('a', 50, { kind: 'session.detached' }),
      eventOf('a', 49, { kind: 'session.attached' }),
      eventOf('a', 48, denied),
      eventOf('a', 47, denied),
      eventOf('a', 46, { ...denied, decision: 'allow' }),
    ];
    expect(shape(itemsOf(events, new Set()))).toEqual(['a (5)', '2', '2', '1']);
    const opened = itemsOf(events, new Set([events[2]?.seq ?? 0]));
    expect(shape(opened)).toEqual(['a (5)', '2', '2', '1', '1']);
    expect(opened[2]).toMatchObject({ isOpen: true });
  });

  test('no entry is lost or shown twice when all are opened', () => {
    const some = fc.array(fc.tuple(fc.constantFrom('a', 'b', undefined), fc.nat(200), fc.constantFrom('x', 'y')));
    fc.assert(
      fc.property(some, (list) => {
        const events = list
          .toSorted(([, one], [, other]) => other - one)
          .map(([session, second, summary]) => eventOf(session, second, { summary }));
        const items = itemsOf(events, new Set(events.map(({ seq }) => seq)));
        const seqs = items.flatMap((item) => (item.type === 'entry' ? [item.event.seq] : []));
        expect(seqs.toSorted((a, b) => b - a)).toEqual(events.map(({ seq }) => seq));
      }),
    );
  });
});

const lines = (count: number): readonly ListItem[] =>
  Array.from({ length: count }, () => ({ type: 'entry', event: eventOf('a', 0), times: 1, isOpen: false }));

describe('[AUD-3] where lines are', () => {
  test('pages have as many lines as they came to, and what is looked at is told when lines came in above it', () => {
    const layout = new ListLayout(10);
    layout.update(35, new Map([[0, lines(14)]]));
    expect(layout.lines).toBe(14 + 10 + 10 + 5);
    expect(layout.find(13)).toEqual({ page: 0, index: 13 });
    expect(layout.find(14)).toEqual({ page: 1, index: 0 });
    // Page 1 comes while page 2 is looked at.
    expect(layout.update(35, new Map([[1, lines(6)]]), 26)).toBe(-4);
    expect(layout.find(22)).toEqual({ page: 2, index: 2 });
    expect(layout.positionOf({ page: 2, index: 2 })).toBe(22);
    // A page that is not held any more keeps its place.
    expect(layout.update(35, new Map(), 0)).toBe(0);
    expect(layout.lines).toBe(14 + 6 + 10 + 5);
    expect(layout.rowsBetween(15, 21)).toEqual([11, 21]);
  });

  test('every position is in one place and back', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(counts, fc.nat(), (list, seed) => {
        const layout = new ListLayout(10);
        layout.update(list.length * 10, new Map(list.map((count, page) => [page, lines(count)])));
        const position = seed % layout.lines;
        expect(layout.positionOf(layout.find(position))).toBe(position);
      }),
    );
  });
});

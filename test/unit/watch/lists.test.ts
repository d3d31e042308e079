import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ItemList } from '../../../main/cli/watch/item-list.ts';
import { Timeline, timelineEventsMax } from '../../../main/cli/watch/timeline.ts';
import { eventOf } from './watch-samples.ts';

const items = (...ids: string[]) => ids.map((id) => ({ id }));

describe('the cursor of a list', () => {
  test('stays on its item while others come and go', () => {
    const list = new ItemList<{ id: string }>();
    list.update(items('a', 'b', 'c'), true);
    list.move(1);
    list.update(items('0', 'a', 'b', 'c', 'd'), true);
    expect(list.selected).toEqual({ item: { id: 'b' }, gone: false });
    list.update(items('b'), true);
    expect(list.selected?.item.id).toBe('b');
  });

  test('an item that goes stays as what it was, until the cursor moves', () => {
    const list = new ItemList<{ id: string }>();
    list.update(items('a', 'b', 'c'), true);
    list.move(1);
    list.update(items('a', 'c'), true);
    expect(list.rows().map(({ item, gone }) => [item.id, gone])).toEqual([
      ['a', false],
      ['b', true],
      ['c', false],
    ]);
    expect(list.selected).toEqual({ item: { id: 'b' }, gone: true });
    list.move(1);
    expect(list.selected).toEqual({ item: { id: 'c' }, gone: false });
    expect(list.rows()).toHaveLength(2);
  });

  test('of a list that nobody looks at nothing is kept', () => {
    const list = new ItemList<{ id: string }>();
    list.update(items('a', 'b'), true);
    list.update(items('b'), false);
    expect(list.selected).toEqual({ item: { id: 'b' }, gone: false });
    list.update([], false);
    expect(list.selected).toBeUndefined();
  });

  test('the last one that went can be dismissed', () => {
    const list = new ItemList<{ id: string }>();
    list.update(items('a'), true);
    list.update([], true);
    expect(list.selected?.gone).toBe(true);
    list.move(1);
    expect(list.rows()).toEqual([]);
  });

  test('in any order of updates, only a key moves the cursor to another item', () => {
    const step = fc.oneof(
      fc.record({ update: fc.uniqueArray(fc.integer({ min: 0, max: 9 })) }),
      fc.record({ move: fc.integer({ min: -4, max: 4 }) }),
      fc.record({ show: fc.integer({ min: 1, max: 5 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const list = new ItemList<{ id: string }>();
        for (const each of steps) {
          const before = list.selected?.item.id;
          if ('move' in each) list.move(each.move);
          else if ('update' in each) list.update(items(...each.update.map(String)), true);
          else {
            const shown = list.show(each.show);
            expect(shown.rows.length).toBeLessThanOrEqual(each.show);
            expect(shown.above + shown.rows.length + shown.below).toBe(list.rows().length);
            if (before !== undefined) expect(shown.rows.map(({ item }) => item.id)).toContain(before);
          }
          if (!('move' in each) && before !== undefined) expect(list.selected?.item.id).toBe(before);
        }
      }),
    );
  });
});

describe('the timeline', () => {
  const filled = (count: number) => {
    const timeline = new Timeline();
    for (let seq = 1; seq <= count; seq += 1) timeline.push(eventOf(seq));
    return timeline;
  };

  test('follows the newest until the cursor is put down; then nothing moves, and what comes is counted', () => {
    const timeline = filled(20);
    expect(timeline.show(5).events.map(({ seq }) => seq)).toEqual([16, 17, 18, 19, 20]);
    timeline.move(-1, 5);
    timeline.move(-1, 5);
    const before = timeline.show(5);
    expect(before.selectedSeq).toBe(19);
    for (let seq = 21; seq <= 2_000; seq += 1) timeline.push(eventOf(seq));
    expect(timeline.show(5)).toEqual({ ...before, newer: 1_980 });
    timeline.follow();
    expect(timeline.show(2).events.map(({ seq }) => seq)).toEqual([1_999, 2_000]);
  });

  test('downwards past the last it takes in what came, and at the very end it follows again', () => {
    const timeline = filled(10);
    timeline.move(-1, 5);
    timeline.push(eventOf(11));
    timeline.move(1, 5);
    expect(timeline.show(5)).toMatchObject({ selectedSeq: 11, newer: 0 });
    timeline.move(1, 5);
    expect(timeline.isFollowing).toBe(true);
  });

  test('keeps so many events and not more, without their details', () => {
    const timeline = filled(5 * timelineEventsMax);
    timeline.move(-100_000, 5);
    const { events } = timeline.show(10 * timelineEventsMax);
    expect(events).toHaveLength(timelineEventsMax);
    expect(events[0]?.detail).toEqual({});
    timeline.clear();
    expect(timeline.isEmpty).toBe(true);
    timeline.push(eventOf(1, { summary: 'x'.repeat(100_000) }));
    expect(timeline.show(1).events[0]?.summary).toHaveLength(1_000);
  });
});

import { describe, expect, test } from 'vitest';
import type { Activity } from '#contract/activity.ts';
import {
  activityWords,
  axisText,
  brushAfter,
  brushedRange,
  brushWords,
  drawnBars,
  heightsOf,
} from '../../../../renderer/features/timeline/activity-data.ts';
import { listedValues } from '../../../../renderer/features/timeline/facet-values.ts';

const minuteMs = 60_000;
const dayMs = 1440 * minuteMs;
const begin = Date.parse('2026-01-31T12:00Z');
const bar = (index: number, entries = 0, allowed = 0, denied = 0) => ({
  at: begin + index * minuteMs,
  entries,
  allowed,
  denied,
});
const activity: Activity = {
  entries: 9,
  allowed: 3,
  denied: 2,
  exact: true,
  stepMs: minuteMs,
  bars: [bar(0, 2, 1, 0), bar(1), bar(2, 7, 2, 2)],
};
const none: Activity = { ...activity, entries: 0, allowed: 0, denied: 0, bars: [] };

describe('[AUD-3] the chart', () => {
  test('a few bars are drawn at the end of a course of time, many as they are', () => {
    const drawn = drawnBars(activity);
    expect(drawn.length).toBe(40);
    expect(drawn.slice(-3)).toEqual(activity.bars);
    expect(drawn.map(({ at }) => at)).toEqual(drawn.map((_, index) => (drawn[0]?.at ?? 0) + index * minuteMs));
    const many = Array.from({ length: 90 }, (_, index) => bar(index, 1));
    expect(drawnBars({ ...activity, bars: many })).toEqual(many);
    expect(drawnBars(none)).toEqual([]);
  });

  test('a single denial is seen beside the highest bar, and what is not there is not', () => {
    const [few, many] = heightsOf([bar(0, 2, 0, 1), bar(1, 10_000, 5000, 0)]);
    expect(few).toEqual({ denied: 400, allowed: 400, all: 800 });
    expect(many).toEqual({ denied: 0, allowed: 5000, all: 10_000 });
  });

  test('it is said in words too', () => {
    expect(activityWords(activity)).toContain('9 entries, 2 blocked, 3 allowed.');
    expect(activityWords(activity)).toContain('with 7.');
    expect(activityWords(activity, begin + 2 * minuteMs)).toContain(' to now: 9 entries');
    expect(activityWords({ ...activity, exact: false })).toContain('only the newest 10,000');
    expect(activityWords(none)).toBe('Nothing was recorded.');
    expect(brushWords({ anchor: 1, focus: 1 }, activity.bars, minuteMs)).toMatch(/: nothing$/u);
    expect(brushWords({ anchor: 2, focus: 0 }, activity.bars, minuteMs)).toMatch(/: 9 entries, 2 blocked, 3 allowed$/u);
  });

  test.each([
    [15_000, /^\d\d:\d\d:\d\d$/u],
    [15 * minuteMs, /^\d\d:\d\d$/u],
    [dayMs, /\b(?:31|1)\b/u],
    [365 * dayMs, /^2026$/u],
  ])('an axis with marks %i ms apart says what differs', (spacingMs, written) => {
    expect(axisText(Date.parse('2026-01-31T12:07:15Z'), spacingMs)).toMatch(written);
  });

  test('keys go from bar to bar, widen with shift, and choose whole bars', () => {
    const at = { anchor: 5, focus: 5 };
    expect(brushAfter(at, 'ArrowLeft', false, 40)).toEqual({ anchor: 4, focus: 4 });
    expect(brushAfter(at, 'ArrowRight', true, 40)).toEqual({ anchor: 5, focus: 6 });
    expect(brushAfter(at, 'End', true, 40)).toEqual({ anchor: 5, focus: 39 });
    expect(brushAfter(at, 'Home', false, 40)).toEqual({ anchor: 0, focus: 0 });
    expect(brushAfter(at, 'x', false, 40)).toBeUndefined();
    expect(brushedRange({ anchor: 2, focus: 1 }, activity.bars, minuteMs)).toEqual({
      since: '2026-01-31T12:01:00.000Z',
      until: '2026-01-31T12:02:59.999Z',
    });
  });
});

describe('[AUD-3] values to narrow by', () => {
  const facets = {
    entries: 10_000,
    exact: false,
    fields: [
      { field: 'decision' as const, values: [{ value: 'allow', entries: 2 }], more: false },
      { field: 'agent' as const, values: [{ value: 'claude', entries: 10_000 }], more: false },
    ],
    activity: [],
  };
  test('decisions are counted like the chart, others at least', () => {
    expect(listedValues('decision', facets, activity, '')).toEqual([{ value: 'allow', entries: 3, exact: true }]);
    expect(listedValues('agent', facets, activity, '')).toEqual([{ value: 'claude', entries: 10_000, exact: false }]);
  });
  test('what the query names stays, also when nothing matches it', () => {
    expect(
      listedValues('agent', { ...facets, exact: true, fields: [] }, undefined, 'agent:codex -agent:claude'),
    ).toEqual([
      { value: 'codex', entries: 0, exact: true },
      { value: 'claude', entries: 0, exact: true },
    ]);
  });
});

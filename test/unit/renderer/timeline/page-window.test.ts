import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import { PageWindow } from '../../../../renderer/features/timeline/page-window.ts';

const eventOf = (seq: number): AuditEvent => ({
  seq,
  at: '2026-01-31T12:00:00.000Z',
  kind: 'decision',
  summary: String(seq),
  detail: {},
  hash: '0'.repeat(64),
});

/** `log.query` over these numbers, newest first. */
function page(seqs: readonly number[], before: number | undefined, limit: number) {
  const older = seqs.filter((seq) => before === undefined || seq < before);
  return { events: older.slice(0, limit).map(eventOf), more: older.length > limit };
}

describe('[AUD-3] pages of results', () => {
  test('whatever is looked at in whatever order, rows are right, and few pages are held', () => {
    const log = fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 120 });
    const looks = fc.array(fc.nat({ max: 140 }), { maxLength: 60 });
    fc.assert(
      fc.property(log, looks, fc.boolean(), (numbers, rows, isDense) => {
        const seqs = isDense ? numbers.map((_, index) => numbers.length - index) : numbers.toSorted((a, b) => b - a);
        const newest = seqs[0];
        const window = new PageWindow({
          pageRows: 7,
          pagesMax: 3,
          ...(isDense && newest !== undefined ? { denseFrom: newest } : {}),
        });
        const first = page(seqs, undefined, 7);
        window.put(0, first.events, first.more);
        for (const row of rows) {
          for (const missing of window.missing(row - 5, row + 5)) {
            const found = page(seqs, window.before(missing), 7);
            window.put(missing, found.events, found.more);
          }
          const event = window.at(row);
          if (event !== undefined) expect(event.seq).toBe(seqs[row]);
          // What is reached already is there after it was asked for.
          else expect(row >= Math.min(seqs.length, window.rows) || row >= window.rows - 7).toBe(true);
          expect(window.held).toBeLessThanOrEqual(3);
          expect(window.rows).toBeLessThanOrEqual(Math.max(7, seqs.length + 7));
          if (window.isWhole) expect(window.rows).toBe(seqs.length);
        }
      }),
    );
  });

  test('scrolling on reaches the end', () => {
    const seqs = Array.from({ length: 50 }, (_, index) => 500 - index * 3);
    const window = new PageWindow({ pageRows: 10, pagesMax: 2 });
    window.put(0, page(seqs, undefined, 10).events, true);
    while (!window.isWhole) {
      for (const missing of window.missing(0, window.rows)) {
        const found = page(seqs, window.before(missing), 10);
        window.put(missing, found.events, found.more);
      }
    }
    expect(window.rows).toBe(50);
    expect(window.at(49)?.seq).toBe(seqs[49]);
    expect(window.at(0)).toBeUndefined();
    expect(window.missing(0, 9)).toEqual([0]);
  });

  test('nothing found is no rows', () => {
    const window = new PageWindow();
    window.put(0, [], false);
    expect([window.rows, window.isWhole]).toEqual([0, true]);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Screen } from '../../../main/cli/render/screen.ts';
import { cellsOf } from '../../../main/cli/render/width.ts';
import { paneHeights } from '../../../main/cli/watch/pane-heights.ts';
import {
  approvalRow,
  grantRow,
  grantsLeftText,
  patienceText,
  sessionRow,
  shownCommand,
} from '../../../main/cli/watch/watch-rows.ts';
import { approvalOf, grantOf, hostileText, sessionOf, startedAt } from './watch-samples.ts';

const screen: Screen = { terminal: true, columns: 80, paint: (_, text) => text };
const nowMs = Date.parse(startedAt);
const surroundings = { nowMs, home: '/home/me', gone: false, isHere: true };
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.constant(hostileText),
);
const anyColumns = fc.integer({ min: 50, max: 240 });

/** What no row may hold: whatever a terminal obeys, hides or reorders. */
const moving = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('rows of the live screen', () => {
  test('[APR-2] whatever an agent chose, a row is as wide as the screen, and its facts stay in their places', () => {
    fc.assert(
      fc.property(anyText, anyColumns, (text, columns) => {
        const rows = [
          sessionRow(
            screen,
            columns,
            { session: sessionOf(1, { task: text }), waiting: 2, grants: [grantOf(1)] },
            nowMs,
            false,
          ),
          sessionRow(
            screen,
            columns,
            { session: sessionOf(1, { task: '', command: [text] }), waiting: 0, grants: [] },
            nowMs,
            true,
          ),
          approvalRow(
            screen,
            columns,
            approvalOf(1, { resource: { kind: 'path', path: `/${text}` }, action: 'file.read' }),
            surroundings,
          ),
          approvalRow(
            screen,
            columns,
            approvalOf(1, { agent: 'generic', executable: { path: `/bin/${text}`, sha256: '' } }),
            surroundings,
          ),
          grantRow(screen, columns, grantOf(1, { spec: `file.read:/${text}` }), nowMs, false),
        ];
        for (const row of rows) {
          expect(cellsOf(row)).toBe(columns - 2);
          expect(row).not.toMatch(moving);
        }
        expect(rows[0]?.startsWith('● running ')).toBe(true);
        expect(rows[2]?.startsWith('◆ Notable     0:45 ')).toBe(true);
        expect(rows[4]?.startsWith('you           0× never    in 15m ')).toBe(true);
      }),
    );
  });

  test.each([
    [{}, 0, '0:45'],
    [{}, 44_100, '0:01'],
    [{}, 90_000, '0:00'],
    [{ patienceMs: 120_000 }, 0, '2:00'],
    [{ state: 'pending' as const }, 0, 'next try'],
  ])('[APR-7] how long a call still waits: %j after %i ms is %s', (change, ms, expected) => {
    expect(patienceText(approvalOf(1, change), nowMs + ms)).toBe(expected);
  });

  test('[GRT-2] the next end among the grants of a task', () => {
    const later = grantOf(2, { expiresAt: '2026-11-28T14:00:00.000Z' });
    expect(grantsLeftText([later, grantOf(1)], nowMs)).toBe('15m');
    expect(grantsLeftText([later, grantOf(1)], nowMs + 20 * 60_000)).toBe('1h');
    expect(grantsLeftText([], nowMs)).toBe('-');
  });

  test('a command of megabytes costs no more than one that fits', () => {
    const command = Array.from({ length: 4_096 }, () => '修'.repeat(100_000));
    expect(shownCommand(command).length).toBeLessThan(250_000);
    const row = sessionRow(
      screen,
      80,
      { session: sessionOf(1, { task: '', command }), waiting: 0, grants: [] },
      nowMs,
      false,
    );
    expect(cellsOf(row)).toBe(78);
  });

  test('panes take the whole screen and nothing but the screen, and every one has rows', () => {
    for (let rows = 12; rows <= 200; rows += 1) {
      const { sessions, approvals, timeline } = paneHeights(rows);
      expect(sessions + approvals + timeline + 5).toBe(rows);
      expect(Math.min(sessions, approvals, timeline)).toBeGreaterThanOrEqual(2);
    }
  });
});

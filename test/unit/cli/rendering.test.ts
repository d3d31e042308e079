import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import { relativeText, spanText } from '#contract/text/span.ts';
import { eventLine } from '../../../main/cli/render/event-lines.ts';
import { homePath } from '../../../main/cli/render/home-path.ts';
import { mechanismLines } from '../../../main/cli/render/mechanism-lines.ts';
import { screenOf } from '../../../main/cli/render/screen.ts';
import { renderTable } from '../../../main/cli/render/table.ts';
import { cellsOf, cutEnd, cutMiddle, wrap } from '../../../main/cli/render/width.ts';

const pipe = screenOf({}, {});
const terminal = screenOf({ isTTY: true, columns: 120 }, { TERM: 'xterm' });
const plainTerminal = screenOf({ isTTY: true, columns: 60 }, { NO_COLOR: '1' });

describe('colours', () => {
  test.each([
    ['a terminal', { isTTY: true }, {}, true],
    ['a pipe', {}, {}, false],
    ['NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR, which counts as unset', { isTTY: true }, { NO_COLOR: '' }, true],
    ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, false],
  ])('%s', (_name, stream, environment, coloured) => {
    expect(screenOf(stream, environment).paint('bad', 'x') !== 'x').toBe(coloured);
  });
});

describe('widths', () => {
  test.each([
    ['abc', 3],
    ['größe', 5],
    ['你好', 4],
    ['e\u0301', 1],
    ['🚀', 2],
  ])('%s takes %d cells', (text, cells) => expect(cellsOf(text)).toBe(cells));

  test.each([
    ['short', 10, 'short'],
    ['a longer text', 8, 'a longe…'],
    ['你好你好', 6, '你好…'],
  ])('%s cut to %d', (text, cells, expected) => expect(cutEnd(text, cells)).toBe(expected));

  test('a path keeps its beginning and its name', () => {
    const shown = cutMiddle('~/code/customers/acme/shop/packages/checkout/src/cart.ts', 30);
    expect(cellsOf(shown)).toBe(30);
    expect(shown).toMatch(/^~\/code\/.*….*\/cart\.ts$/u);
  });

  test('text breaks at spaces, and a long word stays whole', () => {
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrap('  one two three', 10)).toEqual(['  one two', '  three']);
    expect(wrap('a incomprehensibilities b', 5)).toEqual(['a', 'incomprehensibilities', 'b']);
  });
});

describe('tables', () => {
  const columns = [{ title: 'NAME' }, { title: 'PATH', shrink: 'middle' as const }, { title: 'USES', alignEnd: true }];
  const rows = [
    [{ text: 'a' }, { text: `/srv/${'folder/'.repeat(20)}end` }, { text: '7' }],
    [{ text: '你好' }, { text: '/x' }, { text: '12' }],
  ];

  test('on a terminal every line fits and columns align', () => {
    const lines = renderTable(plainTerminal, columns, rows).trimEnd().split('\n');
    expect(lines.map(cellsOf)).toEqual([60, 60, 60]);
    expect(lines[1]).toMatch(/^a {5}\/srv\/.*….*\/end {5}7$/u);
    expect(lines[2]).toMatch(/^你好 {2}\/x +12$/u);
  });

  test('where columns cannot shrink enough, optional ones are left out, the last one first', () => {
    const wide = [
      { title: 'NAME' },
      { title: 'OWNER', optional: true },
      { title: 'USE', shrink: 'end', optional: true },
    ] as const;
    const titles = (cells: number): string => {
      const row = [{ text: 'n'.repeat(cells) }, { text: 'o'.repeat(10) }, { text: 'u'.repeat(40) }];
      return renderTable(plainTerminal, wide, [row]).split('\n', 1)[0]?.replaceAll(/ +/gu, ' ') ?? '';
    };
    expect([30, 40, 55].map(titles)).toEqual(['NAME OWNER USE', 'NAME OWNER', 'NAME']);
  });

  test('for a program nothing is cut', () => {
    expect(renderTable(pipe, columns, rows)).toContain(`/srv/${'folder/'.repeat(20)}end`);
  });
});

describe('times', () => {
  test.each([
    [0, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [7_199_999, '1h'],
    [172_800_000, '2d'],
  ])('%d ms is %s', (ms, text) => expect(spanText(ms)).toBe(text));

  const now = Date.parse('2026-03-10T12:00:00Z');
  test.each([
    ['2026-03-10T12:00:00Z', 'now'],
    ['2026-03-10T11:58:00Z', '2m ago'],
    ['2026-03-10T13:59:59.900Z', 'in 2h'],
    ['nonsense', '?'],
  ])('%s is %s', (at, text) => expect(relativeText(at, now)).toBe(text));
});

test.each([
  ['/home/me', '~'],
  ['/home/me/code', '~/code'],
  ['/home/meagre', '/home/meagre'],
  ['/srv/a\u202Eb', '/srv/a\\u{202e}b'],
])('the path %s reads %s', (path, text) => expect(homePath(path, '/home/me')).toBe(text));

describe('events', () => {
  const event: AuditEvent = {
    seq: 412,
    at: '2026-03-10T11:58:00.000Z',
    hash: '0'.repeat(64),
    kind: 'decision',
    session: 'a1c9-tiger-lamp',
    decision: 'deny',
    summary: `Blocked: connect to evil.test:443.\n\x1b[32m${'x'.repeat(200)}`,
    detail: {},
  };
  const now = Date.parse('2026-03-10T12:00:00Z');

  test('[AUD-3] a hostile summary stays one line of its width and cannot colour itself', () => {
    const line = eventLine(plainTerminal, event, now);
    expect(line.split('\n')).toHaveLength(2);
    expect(cellsOf(line.trimEnd())).toBeLessThanOrEqual(60);
    expect(line).not.toContain('\x1b');
    expect(line).toContain('   412    2m  ✗  a1c9-tiger-lamp');
  });

  test('for a program the line is whole, with the exact time', () => {
    const line = eventLine(pipe, event, now);
    expect(line).toContain('2026-03-10T11:58:00.000Z');
    expect(line).toContain('x'.repeat(200));
    expect(line).toContain('443.\\n\\e[32m');
  });

  test.each([
    [{ decision: 'allow' }, '✓ allowed'],
    [{ decision: undefined, kind: 'session.refused' }, '✗ refused'],
    [{ decision: undefined, kind: 'limit.reached' }, '! problem'],
    [{ decision: undefined, kind: 'session.started' }, '·'],
  ] as const)('the verdict of %j is a word', (change, word) => {
    const { decision: _denied, ...rest } = event;
    const { decision, kind = rest.kind } = change as Partial<AuditEvent>;
    const changed = { ...rest, kind, ...(decision !== undefined && { decision }) };
    expect(eventLine(terminal, changed, now)).toContain(word);
  });
});

test('[PLT] a mechanism shows its state in words, what was found and what to do', () => {
  const text = mechanismLines(plainTerminal, [
    { id: 'bwrap', title: 'bubblewrap', state: 'ok', detail: 'Found.' },
    { id: 'ns', title: 'Namespaces', state: 'missing', detail: 'Switched off.', remedy: 'Turn them on.' },
  ]);
  expect(text).toBe(
    '✓ ok        bubblewrap: Found.\n✗ missing   Namespaces: Switched off.\n            → Turn them on.\n',
  );
});

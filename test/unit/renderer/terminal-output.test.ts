import { expect, test } from 'vitest';
import { TerminalOutput } from '../../../renderer/features/now/terminal-output.ts';

/** What reaches the terminal of these pieces of output. */
function written(...pieces: readonly (string | Uint8Array)[]) {
  const texts: string[] = [];
  let drawn = 0;
  const output = new TerminalOutput({
    write(text, done) {
      texts.push(text);
      done?.();
    },
  });
  for (const piece of pieces) {
    output.write(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece, () => {
      drawn += 1;
    });
  }
  return { text: texts.join(''), longest: Math.max(...texts.map((text) => text.length)), drawn };
}

const accent = '\u0301';

test.each<[string, readonly string[], string]>([
  ['plain text', ['ls -la\r\n', '\x1b[31mred'], 'ls -la\r\n\x1b[31mred'],
  ['no bytes', [''], ''],
  ['accents, emoji and flags', ['e\u0301 👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 한'], 'e\u0301 👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 한'],
  ['accents without end', [`a${accent.repeat(100_000)}b`], `a${accent.repeat(24)}b`],
  [
    'accents without end, in pieces',
    [`a${accent.repeat(20)}`, accent.repeat(3), accent.repeat(50), `${accent}b`],
    `a${accent.repeat(24)}b`,
  ],
  ['accents, and again', [`a${accent.repeat(30)}b`, accent.repeat(30)], `a${accent.repeat(24)}b${accent.repeat(24)}`],
  ['joiners and selectors without end', [`a${'\u200d\ufe0f'.repeat(40)}b`], `a${'\u200d\ufe0f'.repeat(12)}b`],
])('what takes no room is bounded on each letter, and nothing else is lost: %s', (_, pieces, expected) => {
  expect(written(...pieces).text).toBe(expected);
});

test('a letter that comes in two pieces is one; much comes in small pieces, and each output is said to be drawn once', () => {
  const [first, ...rest] = [...new TextEncoder().encode('漢')];
  expect(written(new Uint8Array([first ?? 0]), new Uint8Array(rest)).text).toBe('漢');
  const { text, longest, drawn } = written(`\x1b[L${'x'.repeat(65_533)}`, 'y');
  expect(text).toHaveLength(65_537);
  expect(longest).toBeLessThanOrEqual(1024);
  expect(drawn).toBe(2);
});

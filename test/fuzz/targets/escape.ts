import { visible } from '#contract/text/visible.ts';
import { cellsOf, cutEnd, cutMiddle, padEnd, wrap } from '../../../main/cli/render/width.ts';
import { escapeControls } from '../../../main/core/audit/escape.ts';
import { shown } from '../../../main/core/policy/words.ts';
import { type FuzzTarget, must } from '../fuzz-target.ts';
import type { Random } from '../random.ts';

/** Code points that move a cursor, break a line, turn text around or draw nothing, by their numbers. */
const dangers: readonly (readonly [number, number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x061c, 0x061c],
  [0x180e, 0x180e],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xfffe, 0xffff],
  [0xd800, 0xdfff],
  [0xe0000, 0xe007f],
];
/** What the terminal shows has none of these either: they draw nothing, or nobody knows what. */
const unseen: readonly (readonly [number, number])[] = [
  ...dangers,
  [0xa0, 0xa0],
  [0x034f, 0x034f],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x2000, 0x200a],
  [0x2800, 0x2800],
  [0x3000, 0x3000],
  [0x3164, 0x3164],
  [0xe000, 0xf8ff],
  [0xfe00, 0xfe0f],
  [0xffa0, 0xffa0],
  [0x1d173, 0x1d17a],
  [0xe0100, 0xe01ef],
  [0xf0000, 0x10ffff],
];

function findIn(text: string, ranges: readonly (readonly [number, number])[]): number | undefined {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (ranges.some(([from, to]) => code >= from && code <= to)) return code;
  }
  return undefined;
}

function readEscapes(text: string): string {
  return text.replace(/\\u\{([0-9a-f]+)\}/gu, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
}

function check(text: string): string {
  const escaped = escapeControls(text);
  must(findIn(escaped, dangers) === undefined, 'a dangerous character in the record', text, findIn(escaped, dangers));
  must(readEscapes(escaped) === text, 'the escape cannot be told from its text', text, escaped);
  const seen = visible(text);
  must(findIn(seen, unseen) === undefined, 'a dangerous character on the terminal', text, findIn(seen, unseen));
  must(visible(seen) === seen, 'what is shown changes when it is shown', text, seen);
  must(findIn(shown(text), dangers) === undefined, 'a dangerous character in a sentence', text);
  checkWidths(seen);
  const kinds = [/\p{M}/u, /\p{C}/u, /\p{Z}/u, /\p{Emoji_Presentation}/u, /\p{Script=Arabic}/u, /\p{Script=Han}/u];
  return `${kinds.map((kind) => (kind.test(text) ? 1 : 0)).join('')} ${escaped === text} ${seen === text}`;
}

function checkWidths(seen: string): void {
  for (const cellsMax of [1, 7, 40]) {
    must(cellsOf(cutEnd(seen, cellsMax)) <= Math.max(cellsMax, 1), 'cut at the end, too wide', seen, cellsMax);
    must(cellsOf(cutMiddle(seen, cellsMax)) <= Math.max(cellsMax, 1), 'cut in the middle, too wide', seen, cellsMax);
    must(cellsOf(padEnd(seen, cellsMax)) >= cellsMax, 'filled up, too narrow', seen, cellsMax);
  }
  must(wrap(seen, 20).join('').replaceAll(' ', '') === seen.replaceAll(' ', ''), 'wrapping loses text', seen);
}

const sequences = [
  '\x1b[31m',
  '\x1b]0;title\x07',
  '\x9b2J',
  '\x1b]8;;http://a\x1b\\',
  '\r\n',
  '\u202e',
  '\u2066',
  '\u200b',
  '\u{e0041}',
  '\\u{202e}',
  '\\u{',
  '\\n',
  'e\u0301\u0301\u0301\u0301\u0301',
  '\ud83d',
  '\ude00',
  '😀',
  '漢字',
  'שלום',
  '\u115f',
  '\u2800',
  '\u3164',
  '\ufe0f',
  '\u{1f468}\u200d\u{1f469}',
  '\ufdd0',
  '\u{1d173}',
  '\u{10ffff}',
  '\u00a0',
  '\u3000',
];

/** What is printed and recorded of other people's texts. */
export const escapeTarget: FuzzTarget = {
  name: 'escape',
  property:
    'No control, bidirectional, invisible or unpaired character survives in a record, on a terminal or in a sentence; a record can be told from text that imitates an escape; showing twice shows the same; cutting keeps to its width.',
  generate: (random: Random) =>
    random.times(1 + random.few(12), () =>
      random.oneIn(3)
        ? String.fromCodePoint(random.below(random.oneIn(2) ? 0x3000 : 0x110000))
        : random.pick([...sequences, 'abc', ' ', 'x']),
    ),
  words: sequences,
  seeds: sequences,
  check,
};

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { visible } from '#contract/text/visible.ts';
import { commandText } from '../../../main/cli/render/command-text.ts';

describe('[APR-2] untrusted text is made visible', () => {
  test.each([
    ['plain ASCII text', 'plain ASCII text'],
    ['Grüße, 你好, привет', 'Grüße, 你好, привет'],
    ['\x1b[2J\x1b]0;title\x07', '\\e[2J\\e]0;title\\x07'],
    ['one\ntwo\r\tthree', 'one\\ntwo\\r\\tthree'],
    ['\x9b31m', '\\x9b31m'],
    ['\x7f\x00', '\\x7f\\x00'],
    ['invoice\u202Egpj.exe', 'invoice\\u{202e}gpj.exe'],
    ['a\u2066b\u2069', 'a\\u{2066}b\\u{2069}'],
    ['pass\u200Bword\uFEFF', 'pass\\u{200b}word\\u{feff}'],
    ['a\u{E0041}b', 'a\\u{e0041}b'],
    ['x\uFE0Fy\u{E0100}', 'x\\u{fe0f}y\\u{e0100}'],
    ['a\u2028b\u2029c', 'a\\u{2028}b\\u{2029}c'],
    ['a\u00A0b\u3000c\u2003d', 'a\\xa0b\\u{3000}c\\u{2003}d'],
    ['\u2800\u3164\uFFA0\u115F', '\\u{2800}\\u{3164}\\u{ffa0}\\u{115f}'],
    ['lone \uD800 half', 'lone \\u{d800} half'],
    ['\uE000 \u{10FFFF}', '\\u{e000} \\u{10ffff}'],
    ['e\u0301', 'e\u0301'],
    ['e\u0301\u0302\u0303\u0304\u0305', 'e\u0301\u0302\u0303\\u{304}\\u{305}'],
  ])('%j', (text, expected) => expect(visible(text)).toBe(expected));

  test('nothing that a terminal obeys or hides is left, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(visible(text)).not.toMatch(
          /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u,
        );
      }),
    );
  });
});

test.each([
  [['claude', '-p', 'fix it'], "claude -p 'fix it'"],
  [['echo', "it's"], "echo 'it'\\''s'"],
  [['printf', 'a\nb'], "printf $'a\\nb'"],
  [['echo', ''], "echo ''"],
  [['sh', '-c', 'rm -rf $HOME; true'], "sh -c 'rm -rf $HOME; true'"],
  [['grep', 'größe', '--color=auto'], 'grep größe --color=auto'],
])('the command %j reads as one would type it', (command, expected) => expect(commandText(command)).toBe(expected));

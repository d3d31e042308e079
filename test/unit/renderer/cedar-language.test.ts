import { StringStream } from '@codemirror/language';
import { describe, expect, test } from 'vitest';
import { type CedarState, readCedarToken } from '../../../renderer/features/policies/cedar-language.ts';

function tokens(text: string): [string, string][] {
  const state: CedarState = { inString: false };
  return text.split('\n').flatMap((line) => {
    const stream = new StringStream(line, 2, 2);
    const found: [string, string][] = [];
    while (!stream.eol()) {
      stream.start = stream.pos;
      const kind = readCedarToken(stream, state);
      expect(stream.pos).toBeGreaterThan(stream.start);
      if (kind !== null) found.push([kind, stream.current()]);
    }
    return found;
  });
}

describe('[GRT-5] Cedar in the editor', () => {
  test.each<[string, [string, string][]]>([
    ['// a comment "x"', [['comment', '// a comment "x"']]],
    [
      '@id("x")',
      [
        ['meta', '@id'],
        ['string', '"x"'],
      ],
    ],
    [
      'forbid (principal, action == Action::"file.read", resource)',
      [
        ['keyword', 'forbid'],
        ['variableName', 'principal'],
        ['variableName', 'action'],
        ['operator', '=='],
        ['typeName', 'Action'],
        ['string', '"file.read"'],
        ['variableName', 'resource'],
      ],
    ],
    [
      '"a\\"b" in',
      [
        ['string', '"a\\"b"'],
        ['keyword', 'in'],
      ],
    ],
    [
      '"first\nsecond" true',
      [
        ['string', '"first'],
        ['string', 'second"'],
        ['bool', 'true'],
      ],
    ],
    [
      'context.port == 443',
      [
        ['variableName', 'context'],
        ['operator', '=='],
        ['number', '443'],
      ],
    ],
    ['permitted', []],
    ['"never closed', [['string', '"never closed']]],
  ])('reads %j', (text, expected) => {
    expect(tokens(text)).toEqual(expected);
  });

  test('gets through any text, a character at least at a time', () => {
    tokens('\u202e§$%&/()=?`´😀\\ "\\\n\\" @ ?? :: ::');
  });
});

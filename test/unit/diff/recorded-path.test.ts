import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeControls } from '../../../main/core/audit/escape.ts';
import { recordedPath } from '../../../main/core/diff/recorded-path.ts';

test('a path of the record is that of the file, whatever it is called', () => {
  const piece = fc.constantFrom(
    'a',
    '/',
    '\n',
    '\u202e',
    '\\',
    'u{',
    'a}',
    '\\u{a}',
    '\\u{5c}',
    '😀',
    '\ud800',
    '\ufffd',
    '0',
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const path = pieces.join('');
      expect(recordedPath(escapeControls(path))).toBe(path);
    }),
  );
  // What the record would not write is taken as it stands.
  for (const path of ['\\u{61}', '\\u{ffffff}', '\\u{}', 'a\\u{0a}']) expect(recordedPath(path)).toBe(path);
});

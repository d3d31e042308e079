import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DetachKeys, defaultDetachKeys, detachKeysText, parseDetachKeys } from '../../../main/cli/detach-keys.ts';
import { UsageError } from '../../../main/cli/usage-error.ts';

/** What reaches the agent, and whether the keys were completed, for input cut into pieces. */
function type(keys: string, ...pieces: string[]) {
  const matcher = new DetachKeys(parseDetachKeys(keys));
  let passed = '';
  for (const piece of pieces) {
    const { pass, complete } = matcher.push(Buffer.from(piece, 'latin1'));
    passed += Buffer.from(pass).toString('latin1');
    if (complete) return { passed, left: true };
  }
  return { passed: passed + Buffer.from(matcher.release()).toString('latin1'), left: false };
}

const prefix = '\x1c';

describe('[RUN-1] the keys that leave a session', () => {
  test.each([
    ['typed at once', ['ab\x1cd'], 'ab'],
    ['typed one by one', ['a', '\x1c', 'd'], 'a'],
    ['after another try', ['\x1c\x1c', 'd'], '\x1c'],
    ['in the encoding of kitty', ['x\x1b[92;5u', 'd'], 'x'],
    ['with releases told, and Num Lock on', ['\x1b[92;133:1u\x1b[92;133:3u', '\x1b[100;129u'], ''],
    ['with every key escaped', ['\x1b[92;5u\x1b[100u'], ''],
    ['in the encoding of xterm', ['\x1b[27;5;92~d'], ''],
    ['on a keyboard where it is Ctrl-4', ['\x1b[52;5ud'], ''],
    ['an encoding cut in two', ['\x1b[92', ';5ud'], ''],
  ])('%s', (_name, pieces, passed) => {
    expect(type(defaultDetachKeys, ...pieces)).toEqual({ passed, left: true });
  });

  test.each([
    ['the beginning and another key', ['\x1cx', 'd'], undefined],
    ['the beginning alone', ['\x1c'], undefined],
    ['d alone', ['d'], undefined],
    ['other control keys in each encoding', ['\x03\x1b[99;5u\x1b[27;5;99~\x1b[92;6u\x1b[92;5:3u'], undefined],
    ['escape alone, at once', ['\x1b', '[A'], undefined],
    ['the beginning, released, and another key', ['\x1b[92;5u\x1b[92;5:3u', 'q'], undefined],
    ['half of an encoding', ['\x1b[92;5'], undefined],
  ])('%s reaches the agent unchanged', (_name, pieces) => {
    expect(type(defaultDetachKeys, ...pieces)).toEqual({ passed: pieces.join(''), left: false });
  });

  test('escape is never held back, and the beginning is', () => {
    const matcher = new DetachKeys(parseDetachKeys(defaultDetachKeys));
    matcher.push(Buffer.from('\x1b'));
    expect(matcher.holds).toBe(false);
    matcher.push(Buffer.from(prefix));
    expect(matcher.holds).toBe(true);
    matcher.release();
    expect(matcher.holds).toBe(false);
  });

  test('however it is cut: what is typed without them arrives as it is, and with them up to there', () => {
    const text = fc.array(
      fc.constantFrom('a', 'd', '\x1b', '[', '9', '2', ';', '5', 'u', '\x1b[A', '\x10', '\x11', '\x1b[112;5u'),
      {
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), (units, sizes) => {
        const whole = units.join('');
        const cut: string[] = [];
        for (let at = 0, turn = 0; at < whole.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          cut.push(whole.slice(at, at + size));
          at += size;
        }
        const { passed, left } = type('ctrl-p,ctrl-q', ...cut);
        if (!left) expect(passed).toBe(whole);
        else expect(whole.startsWith(passed)).toBe(true);
        // One at a time in the old encoding is what everybody types first.
        if (/\x10\x11/u.test(whole)) expect(left).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test.each(['', 'ctrl-', 'ctrl-p,', 'ctrl-1', 'nonsense', 'a,b,c,d,e', 'ctrl-é'])(
    '"%s" is refused in words',
    (keys) => {
      expect(() => parseDetachKeys(keys)).toThrow(UsageError);
    },
  );

  test('they are told as a person reads them', () => {
    expect(detachKeysText(parseDetachKeys(defaultDetachKeys))).toBe('Ctrl-\\ d');
    expect(detachKeysText(parseDetachKeys('ctrl-P,^q'))).toBe('Ctrl-p Ctrl-q');
  });
});

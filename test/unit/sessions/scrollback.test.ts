import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { replayable } from '../../../main/core/sessions/replayable.ts';
import { Scrollback } from '../../../main/core/sessions/scrollback.ts';
import { TerminalModes } from '../../../main/core/sessions/terminal-modes.ts';
import { TerminalScanner } from '../../../main/core/sessions/terminal-scanner.ts';

const bytes = (text: string) => Buffer.from(text, 'utf8');
const shown = (scrollback: Scrollback) =>
  Buffer.concat(scrollback.replay().map((piece) => piece.bytes)).toString('utf8');

/** Things that agents print, each whole. */
const unit = fc.oneof(
  fc.constantFrom('a', 'line\n', 'é', '漢', '🦊', '\r\n', '\t'),
  fc.constantFrom(
    '\x1b[31m',
    '\x1b[0m',
    '\x1b[2J',
    '\x1b[12;40H',
    '\x1b[?1049h',
    '\x1b[?1049l',
    '\x1b[?2004h',
    '\x1b[?25l',
  ),
  fc.constantFrom(
    '\x1b]0;title\x07',
    '\x1b]8;;https://example.org\x1b\\',
    '\x1bM',
    '\x1b(B',
    '\x1b[>4;2m',
    '\x1b[3;20r',
  ),
);

/** What a terminal would make of output: its text without sequences, and its modes. */
function looks(text: string): { text: string; modes: string } {
  const modes = new TerminalModes();
  modes.watch(bytes(text));
  return {
    text: text.replaceAll(/\x1b(?:\[[^@-~]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])/gu, ''),
    modes: modes.redo(),
  };
}

describe('[RUN-1] scrollback', () => {
  test('is bounded, cut where nothing is broken, and leaves a terminal in the modes that the agent set', () => {
    fc.assert(
      fc.property(
        fc.array(unit, { minLength: 1, maxLength: 200 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 32, max: 400 }),
        (units, sizes, bytesMax) => {
          const whole = bytes(units.join(''));
          const scrollback = new Scrollback({ terminal: true, bytesMax });
          for (let at = 0, turn = 0; at < whole.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            scrollback.push('stdout', whole.subarray(at, at + size));
            at += size;
          }
          expect(scrollback.bytes).toBeLessThanOrEqual(bytesMax);
          const replay = shown(scrollback);
          expect(replay).not.toContain('\ufffd');
          const all = looks(units.join(''));
          const kept = looks(replay);
          expect(all.text.endsWith(kept.text)).toBe(true);
          const sorted = (modes: string) => modes.split('\x1b').sort();
          expect(sorted(kept.modes)).toEqual(sorted(all.modes));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('never grows and never breaks on any bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('stdout' as const, 'stderr' as const), fc.uint8Array({ maxLength: 300 })), {
          maxLength: 60,
        }),
        fc.integer({ min: 16, max: 256 }),
        fc.boolean(),
        (pieces, bytesMax, terminal) => {
          const scrollback = new Scrollback({ terminal, bytesMax });
          for (const [stream, piece] of pieces) {
            scrollback.push(terminal ? 'stdout' : stream, piece);
            expect(scrollback.bytes).toBeLessThanOrEqual(bytesMax);
          }
          if (terminal) return;
          for (const name of ['stdout', 'stderr'] as const) {
            const joined = (list: readonly Uint8Array[]) => Buffer.concat(list).toString('latin1');
            const kept = joined(scrollback.replay().flatMap((piece) => (piece.stream === name ? [piece.bytes] : [])));
            const all = joined(pieces.flatMap(([stream, piece]) => (stream === name ? [piece] : [])));
            expect(all.endsWith(kept)).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('of pipes both streams are kept apart, in their order', () => {
    const scrollback = new Scrollback({ terminal: false });
    scrollback.push('stdout', bytes('one\n'));
    scrollback.push('stderr', bytes('two\n'));
    scrollback.push('stdout', bytes('three\n'));
    expect(scrollback.replay().map((piece) => [piece.stream, Buffer.from(piece.bytes).toString()])).toEqual([
      ['stdout', 'one\n'],
      ['stderr', 'two\n'],
      ['stdout', 'three\n'],
    ]);
    scrollback.erase();
    expect(scrollback.replay()).toEqual([]);
  });

  test('a control string without an end hides what is in it, and nothing else', () => {
    const scrollback = new Scrollback({ terminal: true, bytesMax: 64 });
    scrollback.push('stdout', bytes(`\x1b]52;c;${'x'.repeat(500)}`));
    expect(shown(scrollback)).toBe('');
    scrollback.push('stdout', bytes('yy\x07after\n'));
    expect(shown(scrollback)).toBe('after\n');
  });
});

describe('[RUN-1] what is shown again asks the terminal nothing', () => {
  test.each([
    ['text, colours and movement', 'a\x1b[1;31mb\x1b[0m\r\n\x1b[2K\x1b[3Aé🦊\t', undefined],
    ['modes and titles', '\x1b[?1049h\x1b[?1000;1006h\x1b]2;t\x07\x1b[>1u\x1b[<u\x1b7\x1b8\x1b(B\x1b=', undefined],
    ['links', '\x1b]8;id=1;https://example.org\x1b\\x\x1b]8;;\x1b\\', undefined],
    ['a cursor report', 'a\x1b[6nb', 'ab'],
    ['device attributes', '\x1b[c\x1b[>c\x1b[=c\x1b[0cz\x1bZ', 'z'],
    ['modes asked for', '\x1b[?2026$px\x1b[4$p', 'x'],
    ['the keyboard asked for', '\x1b[?ux', 'x'],
    ['version and terminfo', '\x1b[>qx\x1bP+q544e\x1b\\', 'x'],
    ['window reports', '\x1b[18tx', 'x'],
    ['colours asked for', '\x1b]11;?\x07x\x1b]4;1;?\x1b\\', 'x'],
    ['the clipboard', '\x1b]52;c;aGk=\x07x', 'x'],
    ['bells and enquiries', 'a\x07\x05b', 'ab'],
    ['control characters of two bytes', 'a\u009b6nb', 'a6nb'],
    ['a question behind half a character', Buffer.from([0xe2, 0x1b, 0x5b, 0x36, 0x6e, 0x78]), 'x'],
    ['a question inside a sequence', '\x1b[3\x1b[6nx', 'x'],
    ['an unfinished sequence stays for what follows', 'x\x1b[3', undefined],
  ])('%s', (_name, given, wanted) => {
    const input = typeof given === 'string' ? bytes(given) : given;
    expect(replayable(input).toString('utf8')).toBe(wanted ?? input.toString('utf8'));
  });

  test('on any bytes: nothing is added, and it is the same when done twice', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(unit.map(bytes), fc.uint8Array({ maxLength: 4 })), { maxLength: 40 }), (parts) => {
        const once = replayable(Buffer.concat(parts));
        expect(once.length).toBeLessThanOrEqual(parts.reduce((sum, part) => sum + part.length, 0));
        expect(once.includes('\x1b[6n')).toBe(false);
        expect(once.includes(0x07) && !once.includes('\x1b]')).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

test('the scanner is at rest exactly between whole things', () => {
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 50 }), (units) => {
      const scanner = new TerminalScanner();
      for (const each of units) {
        const all = [...bytes(each)];
        const rests = all.map((byte) => scanner.step(byte));
        expect(rests.at(-1)).toBe(true);
        // Plain ones rest everywhere.
        if (!/^[\x00-\x1a\x1c-\x7f]/u.test(each)) expect(rests.slice(0, -1)).not.toContain(true);
      }
    }),
  );
});

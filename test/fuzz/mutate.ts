import type { Random } from './random.ts';

/** Characters that parsers trip over: separators, controls, what Unicode folds or hides, halves of pairs. */
const odd = [
  ...'\0\t\n\v\f\r \x1b"#%&\'()*+,-./0:;<=>?@[\\]^_`{|}~\x7f\x80\x85\xa0\xad\xff',
  '\r\n',
  '\u{ff0e}',
  '\u{3002}',
  '\u{ff11}',
  '\u{200b}',
  '\u{202e}',
  '\u{2066}',
  '\u{feff}',
  '\u{fffd}',
  '\u{212a}',
  '\u{130}',
  '\u{df}',
  '\u{301}',
  '\u{e000}',
  '\u{f8ff}',
  '\u{e0041}',
  '\u{1f600}',
  '\ud800',
  '\udc00',
];
const numbers = ['0', '-0', '1', '-1', '00', '255', '256', '65535', '65536', '2147483648', '4294967296'];
const bigNumbers = ['9007199254740993', '18446744073709551616', '1e308', '1e-7', '1e400', '0x10', '0777', '1e21'];

/** What mutations draw from beside chance. */
export interface MutationSource {
  readonly words: readonly string[];
  /** Another kept input. */
  readonly other: string;
  /** Characters of an input; what grows beyond is cut. */
  readonly charactersMax: number;
  /** One byte a character: nothing beyond U+00FF. */
  readonly bytes: boolean;
}

/** The input, changed in one to six places. */
export function mutate(input: string, source: MutationSource, random: Random): string {
  let changed = input;
  for (let left = 1 + random.few(6); left > 0; left -= 1) changed = mutateOnce(changed, source, random);
  if (source.bytes) changed = changed.replace(/[^\0-\xff]/gu, '?');
  return changed.slice(0, source.charactersMax);
}

function mutateOnce(text: string, source: MutationSource, random: Random): string {
  const at = random.below(text.length + 1);
  const end = Math.min(text.length, at + 1 + random.few(32));
  const piece = text.slice(at, end);
  const replaced = (by: string): string => text.slice(0, at) + by + text.slice(end);
  const inserted = (what: string): string => text.slice(0, at) + what + text.slice(at);
  switch (random.below(12)) {
    case 0:
      return replaced('');
    case 1:
      return inserted(piece);
    case 2:
      return inserted(random.pick(odd));
    case 3:
      return text.slice(0, at) + random.pick(odd) + text.slice(at + 1);
    case 4:
      return source.words.length === 0 ? replaced('') : inserted(random.pick(source.words));
    case 5:
      return source.words.length === 0 ? inserted('a') : replaced(random.pick(source.words));
    case 6:
      return replaced(random.oneIn(2) ? piece.toUpperCase() : piece.toLowerCase());
    case 7: {
      const from = random.below(source.other.length + 1);
      return text.slice(0, at) + source.other.slice(from);
    }
    case 8: {
      const from = random.below(source.other.length + 1);
      return inserted(source.other.slice(from, from + 1 + random.below(64)));
    }
    case 9:
      return replaceNumber(text, random);
    case 10:
      return inserted(piece.repeat(1 + random.below(random.oneIn(50) ? 2000 : 20)));
    default: {
      const code = (text.charCodeAt(at) || 0) ^ (1 << random.below(8));
      return text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
    }
  }
}

function replaceNumber(text: string, random: Random): string {
  const found = [...text.matchAll(/\d+/gu)];
  if (found.length === 0) return text;
  const match = random.pick(found);
  const by = random.oneIn(2)
    ? random.pick([...numbers, ...bigNumbers])
    : String(Number(match[0]) + random.pick([-1, 1, 2, -2, 256]));
  return text.slice(0, match.index) + by + text.slice(match.index + match[0].length);
}

/** Takes away whatever is not needed to keep `fails` true, within `triesMax` tries. */
export async function minimise(
  input: string,
  fails: (candidate: string) => Promise<boolean>,
  triesMax = 2000,
): Promise<string> {
  let best = input;
  let tries = 0;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length && tries < triesMax; ) {
      const candidate = best.slice(0, at) + best.slice(at + size);
      tries += 1;
      if (await fails(candidate)) best = candidate;
      else at += size;
    }
  }
  return best;
}

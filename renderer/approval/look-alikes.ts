/** Scripts whose letters are taken for Latin ones. */
const alike =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}]/u;
const scripts = ['Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Coptic', 'Lisu'] as const;
const wordPattern = /[\p{L}\p{M}\p{N}]+/gu;

/** A letter that is not the one it looks like. */
export interface LookAlike {
  readonly letter: string;
  /** Like `U+0430`. */
  readonly code: string;
  readonly script: string;
}

/**
 * Letters in this text that pass for Latin ones: of another script within a word that has Latin letters too, or a styled form of a
 * plain letter (full width, mathematical). A word wholly in its own script is somebody's language.
 */
export function lookAlikes(text: string): LookAlike[] {
  if (/^[\x20-\x7e]*$/u.test(text)) return [];
  const found = new Map<string, LookAlike>();
  for (const [word] of text.matchAll(wordPattern)) {
    const isMixed = /\p{Script=Latin}/u.test(word);
    for (const letter of word) {
      const script = (isMixed ? scriptOf(letter) : undefined) ?? (isStyled(letter) ? 'a styled form' : undefined);
      if (script === undefined) continue;
      const code = `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
      found.set(letter, { letter, code, script });
    }
  }
  return [...found.values()];
}

function scriptOf(letter: string): string | undefined {
  if (!alike.test(letter)) return undefined;
  return scripts.find((name) => new RegExp(`\\p{Script=${name}}`, 'u').test(letter));
}

/** Full-width and mathematical letters fold to a plain one; so do no letters of a living language. */
function isStyled(letter: string): boolean {
  if (/[\x20-\x7e]/u.test(letter)) return false;
  return /^[\x21-\x7e]+$/u.test(letter.normalize('NFKC'));
}

/** What to say of them; undefined when there are none. */
export function lookAlikeNote(texts: readonly string[]): string | undefined {
  const found = new Map(texts.flatMap(lookAlikes).map((each) => [each.letter, each]));
  if (found.size === 0) return undefined;
  const named = [...found.values()].slice(0, 4).map(({ letter, code, script }) => `“${letter}” is ${code} (${script})`);
  const more = found.size - named.length;
  return `Not the letters they look like: ${named.join(', ')}${more > 0 ? `, and ${more} more` : ''}.`;
}

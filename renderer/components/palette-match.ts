/** What the palette searches in. */
export interface Matchable {
  readonly title: string;
  /** The kind of thing it is, which can be typed too. */
  readonly group: string;
  /** Words it is found by beside its title. */
  readonly keywords?: string;
}

/**
 * Entries that have every word of the query, best first; those that are equally good stay in their order. A word at the start of a word of
 * the title counts most, then one inside it, then its letters in order; elsewhere only the start of a word counts.
 */
export function matchEntries<T extends Matchable>(entries: readonly T[], query: string): readonly T[] {
  const words = query.toLowerCase().split(/\s+/u).filter(Boolean);
  if (words.length === 0) return entries;
  return entries
    .map((entry, index) => ({ entry, index, score: scoreOf(entry, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map(({ entry }) => entry);
}

/** 0 when a word is not there at all. */
function scoreOf({ title, group, keywords = '' }: Matchable, words: readonly string[]): number {
  const named = title.toLowerCase();
  const around = `${group} ${keywords}`.toLowerCase();
  let sum = 0;
  for (const word of words) {
    const score = scoreOfWord(named, around, word);
    if (score === 0) return 0;
    sum += score;
  }
  return sum;
}

function scoreOfWord(title: string, around: string, word: string): number {
  if (title.startsWith(word)) return 6;
  if (startsAWord(title, word)) return 5;
  if (title.includes(word)) return 3;
  if (startsAWord(around, word)) return 2;
  return word.length > 1 && hasInOrder(title, word) ? 1 : 0;
}

function startsAWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    if (at === 0 || !/[\p{L}\p{N}]/u.test(text.charAt(at - 1))) return true;
  }
  return false;
}

function hasInOrder(text: string, word: string): boolean {
  let at = -1;
  for (const letter of word) {
    at = text.indexOf(letter, at + 1);
    if (at === -1) return false;
  }
  return true;
}

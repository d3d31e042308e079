import { placeFromLink } from '#contract/place.ts';

/** The first link among a program's words. */
export function placeFromWords(words: readonly string[]): string | undefined {
  return words.map(placeFromLink).find((found) => found !== undefined);
}

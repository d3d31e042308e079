import { operatingError } from '#contract/operating-error.ts';
import { type SavedSearch, searchNamePattern } from '#contract/record.ts';
import { builtInSearches } from './built-in-searches.ts';
import { parseQuery } from './parse-query.ts';

/** Most saved searches one person has. */
export const savedSearchesMax = 200;

/** All of them, the built-in ones first. */
export function allSearches(saved: readonly { readonly name: string; readonly query: string }[]): SavedSearch[] {
  return [...builtInSearches, ...saved.map(({ name, query }) => ({ name, query, builtIn: false }))];
}

/**
 * Checks a search that is to be saved, so that one which is there also runs. Throws `invalid_request` for its name and
 * `query_invalid` for its query, with the remedy.
 */
export function checkSearch(
  search: { readonly name: string; readonly query: string },
  saved: readonly { readonly name: string }[],
  now: number,
): void {
  const { name, query } = search;
  if (!searchNamePattern.test(name)) {
    throw operatingError('invalid_request', `"${name}" cannot be the name of a search.`, {
      remedy: 'Use up to 40 lower-case letters, digits and dashes, e.g. denied-by-host.',
    });
  }
  if (isBuiltIn(name)) {
    throw operatingError('invalid_request', `The search @${name} is built in.`, { remedy: 'Choose another name.' });
  }
  if (parseQuery(query, now).terms.length === 0) {
    throw operatingError('query_invalid', 'A search that finds everything needs no name.', {
      remedy: 'Give words or fields to look for, e.g. decision:deny.',
    });
  }
  if (saved.length >= savedSearchesMax && !saved.some((one) => one.name === name)) {
    throw operatingError('too_many', `There are ${savedSearchesMax} saved searches already.`, {
      remedy: 'Remove one: `gatehouse log searches remove NAME`.',
    });
  }
}

/** Whether this name is taken by a search that ships. */
export function isBuiltIn(name: string): boolean {
  return builtInSearches.some((search) => search.name === name);
}

/** The words of a query with each `@NAME` replaced by that search's query. Throws `not_found` for one that is not there. */
export function expandSearches(words: readonly string[], searches: readonly SavedSearch[]): string[] {
  return words.map((word) => {
    if (!namesSearch(word)) return word;
    const found = searches.find(({ name }) => name === word.slice(1));
    if (found !== undefined) return found.query;
    throw operatingError('not_found', `There is no saved search ${word}.`, {
      remedy: '`gatehouse log searches` lists them; to look for the text itself, quote it: \'"@name"\'.',
    });
  });
}

/** Whether a word of the command line stands for a saved search. */
export function namesSearch(word: string): boolean {
  return word.length > 1 && word.startsWith('@') && !/\s/u.test(word);
}

import type { ControlClient } from '../adapters/control/client.ts';
import { expandSearches, namesSearch } from '../core/audit/saved-searches.ts';
import { withControl } from './connection.ts';
import type { Terminal } from './terminal.ts';

/** The query that the words of a command line make, with each `@NAME` replaced by the saved search of that name. */
export async function queryText(control: ControlClient, words: readonly string[]): Promise<string> {
  if (!words.some(namesSearch)) return words.join(' ');
  const { searches } = await control.call('log.searches.list', {});
  return expandSearches(words, searches).join(' ');
}

/** The same for a command that otherwise needs no supervisor. */
export async function lookUpQueryText(terminal: Terminal, words: readonly string[]): Promise<string> {
  return words.some(namesSearch) ? withControl(terminal, (control) => queryText(control, words)) : words.join(' ');
}

import type { SavedSearch } from '#contract/record.ts';
import { visible } from '#contract/text/visible.ts';
import { withControl } from '../connection.ts';
import { exitStatus } from '../failure.ts';
import { parseMoment } from '../parse/moment.ts';
import { renderTable } from '../render/table.ts';
import { queryText } from '../saved-searches.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import type { LogOptions } from './log.ts';

/** `gatehouse log --save NAME QUERY…`: keeps the query under a name. */
export async function saveSearch(
  terminal: Terminal,
  name: string,
  words: readonly string[],
  options: LogOptions,
): Promise<number> {
  if (options.follow === true)
    throw new UsageError('--follow is no part of a query.', 'Say it when you use the search.');
  const more = termsOf(terminal, options);
  const { search, replaced } = await withControl(terminal, async (control) =>
    // A search inside a search is written out, so that it does not change with the other one.
    control.call('log.searches.save', { name, query: [await queryText(control, words), ...more].join(' ').trim() }),
  );
  if (options.json === true) printJson(terminal, search);
  else {
    const how = replaced ? 'replaced' : 'saved';
    notice(terminal, `${how} @${search.name}: ${visible(search.query)}. \`gatehouse log @${search.name}\` runs it.`);
  }
  return exitStatus.ok;
}

/** The options of `log` as terms; how long ago stays how long ago. */
function termsOf(terminal: Terminal, { since, until, agent, session }: LogOptions): string[] {
  const at = (text: string): string => (/^\d{1,6}[smhdw]$/u.test(text) ? text : parseMoment(text, terminal.nowMs()));
  return [
    ...(since === undefined ? [] : [`since:${at(since)}`]),
    ...(until === undefined ? [] : [`until:${at(until)}`]),
    ...(agent === undefined ? [] : [`agent:${agent}`]),
    ...(session === undefined ? [] : [`session:${session}`]),
  ];
}

/** Lists saved searches, the built-in ones first. */
export async function listSearches(terminal: Terminal, options: { json?: boolean }): Promise<number> {
  const { searches } = await withControl(terminal, (control) => control.call('log.searches.list', {}));
  if (options.json === true) for (const search of searches) printJson(terminal, search);
  else terminal.stdout.write(searchTable(terminal, searches));
  return exitStatus.ok;
}

/** Removes a saved search. */
export async function removeSearch(terminal: Terminal, name: string, options: { json?: boolean }): Promise<number> {
  const { search } = await withControl(terminal, (control) =>
    control.call('log.searches.remove', { name: name.replace(/^@/u, '') }),
  );
  if (options.json === true) printJson(terminal, search);
  else notice(terminal, `removed @${search.name}: ${visible(search.query)}`);
  return exitStatus.ok;
}

function searchTable(terminal: Terminal, searches: readonly SavedSearch[]): string {
  return renderTable(
    terminal.screen,
    [{ title: 'SEARCH' }, { title: 'QUERY', shrink: 'end' }, { title: 'WHAT', shrink: 'end' }],
    searches.map(({ name, query, builtIn, what }) => [
      { text: `@${name}` },
      { text: visible(query) },
      { text: builtIn ? `built in: ${what ?? ''}` : 'yours', tone: builtIn ? 'dim' : 'plain' },
    ]),
  );
}

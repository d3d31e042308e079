import { expect, test } from 'vitest';
import { matchEntries } from '../../../renderer/components/palette-match.ts';

const entries = [
  { title: 'Now', group: 'Places', keywords: 'sessions running' },
  { title: 'Timeline', group: 'Places', keywords: 'log events history' },
  { title: 'Settings: Mechanisms', group: 'Places', keywords: 'doctor check' },
  { title: 'claude · Fix the checkout bug', group: 'Sessions', keywords: 'a1c9-tiger-lamp' },
  { title: 'claude', group: 'Agents' },
  { title: 'Stop all sessions', group: 'Actions', keywords: 'end kill' },
  { title: 'Stop claude · Fix the checkout bug', group: 'Actions', keywords: 'end kill a1c9-tiger-lamp' },
];
const titles = (query: string) => matchEntries(entries, query).map(({ title }) => title);

test.each([
  ['an empty query keeps everything in order', '  ', entries.map(({ title }) => title)],
  ['what begins with it comes before what has it inside', 'claude', [entries[3], entries[4], entries[6]]],
  ['every word has to be there', 'stop all', [entries[5]]],
  ['letters of the title in order', 'tmln', [entries[1]]],
  ['words beside the title are found from their start', 'doc', [entries[2]]],
  ['but not in their middle', 'octor', []],
  ['the id of a session', 'tiger', [entries[3], entries[6]]],
  ['the kind of thing', 'agents', [entries[4]]],
  ['case does not matter', 'FIX BUG', [entries[3], entries[6]]],
  ['one letter alone has to be there as it is', 'z', []],
  ['words in another order', 'all stop', [entries[5]]],
] as const)('%s: "%s"', (_, query, expected) => {
  expect(titles(query)).toEqual(expected.map((each) => (typeof each === 'string' ? each : each?.title)));
});

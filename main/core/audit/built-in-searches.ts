import type { SavedSearch } from '#contract/record.ts';

/** Those that ship. Words after the name narrow them: `@network session:a1c9`. */
export const builtInSearches: readonly SavedSearch[] = [
  { name: 'denied-today', query: 'decision:deny since:24h', what: 'what was blocked in the last 24 hours' },
  { name: 'protected-files', query: 'action:file.protected', what: 'files that programs outside obey' },
  { name: 'network', query: 'action:net.* kind:decision', what: 'hosts that were asked for, and how it was decided' },
  { name: 'requests', query: 'action:http.*', what: 'HTTP requests' },
  { name: 'changed-files', query: 'kind:workspace.changed', what: 'files that changed' },
  { name: 'sessions', query: 'kind:session.*', what: 'sessions as they begin and end' },
  { name: 'grants', query: 'kind:grant.*', what: 'what was granted, or refused to be' },
  { name: 'damage', query: 'kind:log.damaged', what: 'damage of the record that was found' },
].map((search) => ({ ...search, builtIn: true }));

import { operatingError } from '#contract/operating-error.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import { allSearches, checkSearch, isBuiltIn } from '../core/audit/saved-searches.ts';
import { systemClock } from './clock.ts';
import type { ControlHandlers } from './control-server.ts';

/** The handlers of saved searches. */
export function searchHandlers(
  state: StateDatabase,
): Pick<ControlHandlers, 'log.searches.list' | 'log.searches.save' | 'log.searches.remove'> {
  return {
    'log.searches.list': () => ({ searches: allSearches(state.savedSearches()) }),
    'log.searches.save': ({ name, query }) => {
      const saved = state.savedSearches();
      checkSearch({ name, query }, saved, systemClock.now());
      state.saveSearch({ name, query });
      return { search: { name, query, builtIn: false }, replaced: saved.some((one) => one.name === name) };
    },
    'log.searches.remove': ({ name }) => {
      if (isBuiltIn(name)) {
        throw operatingError('invalid_request', `The search @${name} is built in.`, {
          remedy: 'It cannot be removed.',
        });
      }
      const found = state.savedSearches().find((one) => one.name === name);
      if (found === undefined) {
        throw operatingError('not_found', `There is no saved search @${name}.`, {
          remedy: '`gatehouse log searches` lists them.',
        });
      }
      state.removeSearch(name);
      return { search: { ...found, builtIn: false } };
    },
  };
}

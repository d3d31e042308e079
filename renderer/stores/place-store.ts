import { create } from 'zustand';

/** The five places. */
export const places = ['now', 'agents', 'timeline', 'policies', 'settings'] as const;
export type PlaceName = (typeof places)[number];

/** What people call them. */
export const placeTitles: Readonly<Record<PlaceName, string>> = {
  now: 'Now',
  agents: 'Agents',
  timeline: 'Timeline',
  policies: 'Policies',
  settings: 'Settings',
};

/** Where the window is: a place, and what on it (a session, an agent, the number of an event). */
export interface Place {
  readonly name: PlaceName;
  readonly detail: string | undefined;
}

/** Reads `timeline/1234`; anything else is the first place. */
export function placeOf(text: string): Place {
  const [first = '', detail] = text.replace(/^#?\/?/u, '').split('/', 2);
  const name = places.find((each) => each === first) ?? 'now';
  return { name, detail: detail === undefined || detail === '' ? undefined : detail };
}

/** The address is the state, so that Back works. */
export const usePlace = create<Place>()(() => placeOf(window.location.hash));

window.addEventListener('hashchange', () => usePlace.setState(placeOf(window.location.hash), true));

/** Goes somewhere. */
export function go(name: PlaceName, detail?: string): void {
  window.location.hash = `#/${name}${detail === undefined ? '' : `/${detail}`}`;
}

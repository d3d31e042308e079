import { useEffect } from 'react';
import { go, type PlaceName, places } from '../stores/place-store.ts';

/** What keys of the frame open. */
export interface FrameKeys {
  readonly palette: () => void;
  readonly keyMap: () => void;
}

/** Fields that a place is searched with. */
const searchFields = 'main input[type="search"], main [role="searchbox"], main [data-search]';

/** Keys that work in every place. Plain letters and digits only where nobody types. */
export function useFrameKeys({ palette, keyMap }: FrameKeys): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.altKey || event.isComposing || event.defaultPrevented) return;
      const control = event.ctrlKey || event.metaKey;
      const act = control
        ? withControl(event.key)
        : isTyping(event.target) || hasDialog()
          ? undefined
          : plain(event.key);
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    const toPlace = (key: string) => {
      const place = /^[1-5]$/u.test(key) ? places[Number(key) - 1] : undefined;
      return place === undefined ? undefined : () => enter(place);
    };
    const withControl = (key: string) => (key.toLowerCase() === 'k' ? palette : toPlace(key));
    const plain = (key: string) => {
      if (key === '?') return keyMap;
      return key === '/' ? search : toPlace(key);
    };
    // Before a terminal takes the key.
    window.addEventListener('keydown', onKey, { capture: true });
    return () => window.removeEventListener('keydown', onKey, { capture: true });
  }, [palette, keyMap]);
}

/** Goes to a place, and the keyboard with it: Tab goes on from its top, not from what is gone. */
function enter(place: PlaceName): void {
  go(place);
  requestAnimationFrame(() => document.querySelector('main')?.focus({ preventScroll: true }));
}

/** To the search field of this place; where it has none, to the timeline's. */
function search(): void {
  if (focusSearch()) return;
  go('timeline');
  // It is drawn by the next frame but one.
  requestAnimationFrame(() => requestAnimationFrame(focusSearch));
}

function focusSearch(): boolean {
  const field = document.querySelector<HTMLElement>(searchFields);
  field?.focus();
  if (field instanceof HTMLInputElement) field.select();
  return field !== null;
}

function hasDialog(): boolean {
  return document.querySelector('dialog[open]') !== null;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}

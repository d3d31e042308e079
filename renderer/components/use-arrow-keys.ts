import { type RefObject, useEffect } from 'react';

/** Lets arrows go up and down, Home and End to the ends, among what of `selector` is in a part of the page and has the focus. */
export function useArrowKeys(part: RefObject<HTMLElement | null>, selector: string): void {
  useEffect(() => {
    const element = part.current;
    if (element === null) return;
    const onKey = (event: KeyboardEvent) => {
      const items = [...element.querySelectorAll<HTMLElement>(selector)];
      const focused = document.activeElement;
      const at = focused instanceof HTMLElement ? items.indexOf(focused) : -1;
      if (at === -1 || event.ctrlKey || event.metaKey || event.altKey) return;
      const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
      if (next === undefined || items[next] === undefined) return;
      event.preventDefault();
      items[next].focus();
    };
    element.addEventListener('keydown', onKey);
    return () => element.removeEventListener('keydown', onKey);
  }, [part, selector]);
}

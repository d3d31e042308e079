import { type RefObject, useLayoutEffect, useState } from 'react';

/** What of a scrolled element is in sight, in pixels. */
export interface ScrollWindow {
  readonly top: number;
  readonly height: number;
}

/** Follows how far an element is scrolled and how high it is, once a frame at most. */
export function useScrollWindow(element: RefObject<HTMLElement | null>): ScrollWindow {
  const [shown, setShown] = useState<ScrollWindow>({ top: 0, height: 0 });
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return undefined;
    const look = () => {
      const { scrollTop: top, clientHeight: height } = current;
      setShown((before) => (before.top === top && before.height === height ? before : { top, height }));
    };
    look();
    current.addEventListener('scroll', look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(current);
    return () => {
      current.removeEventListener('scroll', look);
      observer.disconnect();
    };
  }, [element]);
  return shown;
}

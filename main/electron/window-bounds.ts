/** A rectangle on the desktop, in its pixels. */
export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** At least this much of a window's top edge must be on a screen, or nobody can take hold of it. */
const seenPixelsMin = 100;
/** How tall a window's title is, at least. */
const titlePixels = 30;

/**
 * Where a window goes that was there when it was closed: the same place while a person can still take hold of it, no larger than the screen it is on;
 * else the same size in the middle of the main screen. Monitors come and go between one day and the next. `screens` are what is left
 * of each by panels, the main one first.
 */
export function boundsOnScreens(wanted: Bounds, screens: readonly Bounds[]): Bounds {
  const [main] = screens;
  if (main === undefined) return wanted;
  const held = screens.find((screen) => hasTitleOn(wanted, screen));
  if (held !== undefined) {
    const [width, height] = [Math.min(wanted.width, held.width), Math.min(wanted.height, held.height)];
    // One that had to shrink must not begin where it would leave the screen again.
    const x = width < wanted.width ? held.x : wanted.x;
    const y = height < wanted.height ? held.y : Math.max(wanted.y, held.y);
    return { x, y, width, height };
  }
  const [width, height] = [Math.min(wanted.width, main.width), Math.min(wanted.height, main.height)];
  return {
    x: main.x + Math.round((main.width - width) / 2),
    y: main.y + Math.round((main.height - height) / 2),
    width,
    height,
  };
}

function hasTitleOn(window: Bounds, screen: Bounds): boolean {
  const across = Math.min(window.x + window.width, screen.x + screen.width) - Math.max(window.x, screen.x);
  const isTitleIn = window.y >= screen.y - titlePixels && window.y + titlePixels <= screen.y + screen.height;
  return across >= Math.min(seenPixelsMin, window.width) && isTitleIn;
}

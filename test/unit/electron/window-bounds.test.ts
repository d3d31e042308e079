import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Bounds, boundsOnScreens } from '../../../main/electron/window-bounds.ts';

const laptop: Bounds = { x: 0, y: 24, width: 1440, height: 876 };
const monitor: Bounds = { x: 1440, y: 0, width: 2560, height: 1440 };
const large: Bounds = { x: 1600, y: 100, width: 2300, height: 1300 };

test.each<[string, Bounds, readonly Bounds[], Bounds]>([
  [
    'stays where it was',
    { x: 100, y: 100, width: 1280, height: 700 },
    [laptop],
    { x: 100, y: 100, width: 1280, height: 700 },
  ],
  ['stays on the second monitor', large, [laptop, monitor], large],
  ['comes back when the monitor went, and fits', large, [laptop], { x: 0, y: 24, width: 1440, height: 876 }],
  [
    'may hang over an edge where it can be taken hold of',
    { x: 1300, y: 100, width: 1000, height: 600 },
    [laptop],
    { x: 1300, y: 100, width: 1000, height: 600 },
  ],
  [
    'comes back when too little of it would be seen',
    { x: 1400, y: 100, width: 1000, height: 600 },
    [laptop],
    { x: 220, y: 162, width: 1000, height: 600 },
  ],
  [
    'comes down from above the screen',
    { x: 100, y: -400, width: 1000, height: 600 },
    [laptop],
    { x: 220, y: 162, width: 1000, height: 600 },
  ],
  [
    'comes up from below it',
    { x: 100, y: 890, width: 1000, height: 600 },
    [laptop],
    { x: 220, y: 162, width: 1000, height: 600 },
  ],
])('a window %s', (_what, wanted, screens, expected) => {
  expect(boundsOnScreens(wanted, screens)).toEqual(expected);
});

test('wherever it was and whatever screens there are, its title can be taken hold of', () => {
  const screen = fc.record({
    x: fc.integer({ min: -5000, max: 5000 }),
    y: fc.integer({ min: -5000, max: 5000 }),
    width: fc.integer({ min: 800, max: 5000 }),
    height: fc.integer({ min: 600, max: 3000 }),
  });
  const wanted = fc.record({
    x: fc.integer({ min: -100_000, max: 100_000 }),
    y: fc.integer({ min: -100_000, max: 100_000 }),
    width: fc.integer({ min: 200, max: 100_000 }),
    height: fc.integer({ min: 200, max: 100_000 }),
  });
  fc.assert(
    fc.property(wanted, fc.array(screen, { minLength: 1, maxLength: 4 }), (window, screens) => {
      const at = boundsOnScreens(window, screens);
      const isHeld = screens.some((each) => {
        const across = Math.min(at.x + at.width, each.x + each.width) - Math.max(at.x, each.x);
        return across >= 100 && at.y >= each.y - 30 && at.y + 30 <= each.y + each.height;
      });
      expect(isHeld).toBe(true);
      expect(at.width).toBeLessThanOrEqual(window.width);
      expect(at.height).toBeLessThanOrEqual(window.height);
    }),
  );
});

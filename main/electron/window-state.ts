import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type BrowserWindow, screen } from 'electron';
import { z } from 'zod';
import { type Bounds, boundsOnScreens } from './window-bounds.ts';

const defaultSize = { width: 1280, height: 800 } as const;
/** Larger than any desktop; only bounds what a damaged file says. */
const pixelsMax = 100_000;

const pixels = z.int().min(-pixelsMax).max(pixelsMax);
const stateSchema = z.object({
  x: pixels,
  y: pixels,
  width: pixels.min(200),
  height: pixels.min(200),
  maximized: z.boolean().default(false),
});

/** Where the window was when it was closed, moved to where a person reaches it; else a default. */
export function readWindowState(file: string): { readonly bounds: Partial<Bounds>; readonly maximized: boolean } {
  const state = readState(file);
  if (state === undefined) return { bounds: defaultSize, maximized: false };
  const main = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== main.id);
  const screens = [main, ...others].map(({ workArea }) => workArea);
  const { maximized, ...bounds } = state;
  return { bounds: boundsOnScreens(bounds, screens), maximized };
}

function readState(file: string): z.infer<typeof stateSchema> | undefined {
  try {
    const parsed = stateSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // None yet, or one that cannot be read: the default does.
    return undefined;
  }
}

/** Keeps where the window is: of a maximised one also where it would be if it were not. */
export function writeWindowState(file: string, window: BrowserWindow): void {
  const state = { ...window.getNormalBounds(), maximized: window.isMaximized() };
  try {
    writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    // A place that is not remembered costs nothing.
  }
}

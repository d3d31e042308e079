import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { screen } from 'electron';
import { z } from 'zod';

const defaultSize = { width: 1280, height: 800 } as const;

const boundsSchema = z.object({ x: z.int(), y: z.int(), width: z.int().min(200), height: z.int().min(200) });

/** Where the window was when it was closed, if that is still on a screen; else a default. */
export function readWindowState(file: string): Partial<Electron.Rectangle> {
  const bounds = readBounds(file);
  if (bounds === undefined) return defaultSize;
  const { workArea } = screen.getDisplayMatching(bounds);
  const isSeen =
    bounds.x < workArea.x + workArea.width - 100 &&
    bounds.x + bounds.width > workArea.x + 100 &&
    bounds.y >= workArea.y - 50 &&
    bounds.y < workArea.y + workArea.height - 50;
  return isSeen ? bounds : defaultSize;
}

function readBounds(file: string): Electron.Rectangle | undefined {
  try {
    const parsed = boundsSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // None yet, or one that cannot be read: the default does.
    return undefined;
  }
}

export function writeWindowState(file: string, bounds: Electron.Rectangle, maximized: boolean): void {
  if (maximized) return;
  try {
    writeFileSync(`${file}.new`, JSON.stringify(bounds), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    // A place that is not remembered costs nothing.
  }
}

import { writeFile } from 'node:fs/promises';
import type { Display } from '../../helpers/app/desktop-app.ts';
import type { TempHome } from '../../helpers/temp-home.ts';
import { WatchedApp } from './watched-app.ts';

/** How a start finds the machine. */
export interface StartKind {
  /** A supervisor runs already; else the app starts one. */
  readonly supervised: boolean;
  /** Everything is read from disk anew. */
  readonly fromDisk: boolean;
}

/** What a start took, from the moment its program was executed; milliseconds. */
export interface Start {
  /** Its own code began to run, after Chromium’s. */
  readonly loaded: number;
  /** The main window’s page is parsed and about to run. */
  readonly page: number;
  /** The main window is on the screen. */
  readonly shown: number;
  /** It says “Supervised”, the list of sessions stands, and both are painted. */
  readonly usable: number;
}

/** Whether this user may empty the kernel’s page cache. */
export async function mayDropCaches(): Promise<boolean> {
  return await writeFile('/proc/sys/vm/drop_caches', '1').then(
    () => true,
    () => false,
  );
}

/** One start of the app, closed again. */
export async function measureStart(home: TempHome, display: Display, kind: StartKind): Promise<Start> {
  if (!kind.supervised) await home.run(['supervisor', 'stop', '--force']);
  if (kind.fromDisk && !(await mayDropCaches())) throw new Error('only root may empty the page cache');
  const app = await WatchedApp.start(home, display);
  try {
    const usable = await app.mark(({ watch }) => watch === 'usable', 'usable window');
    const loaded = await app.mark(({ watch }) => watch === 'loaded', 'start');
    const page = await app.mark(({ url }) => url?.startsWith('app:') === true, 'page');
    const shown = await app.mark(({ title }) => title === 'Gatehouse', 'main window');
    const since = (atMs: number): number => atMs - app.startedMs;
    return {
      loaded: since(loaded.atMs),
      page: since(page.atMs),
      shown: since(shown.atMs),
      usable: since(Math.max(usable.pageMs ?? usable.atMs, shown.atMs)),
    };
  } finally {
    await app.close();
  }
}

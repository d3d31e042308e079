import { appendFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  clockTickMs,
  type WatchBound,
  type WatchBounds,
  type WorkspaceChange,
  type WorkspaceWatch,
  watchWorkspace,
} from '../../../main/adapters/watch/workspace-watch.ts';
import { makeFolder, put } from '../../helpers/agents/temp-folders.ts';

interface Watched {
  readonly watch: WorkspaceWatch;
  readonly changes: WorkspaceChange[];
  readonly bounds: WatchBound[];
  seen(path: string): string[];
  until(condition: () => boolean): Promise<void>;
}

function start(path: string, bounds: Partial<WatchBounds> = {}): Watched {
  const changes: WorkspaceChange[] = [];
  const reached: WatchBound[] = [];
  const watch = watchWorkspace({
    path,
    startedAtMs: Date.now(),
    onChange: (change) => changes.push(change),
    onBound: (bound) => reached.push(bound),
    bounds,
  });
  return {
    watch,
    changes,
    bounds: reached,
    seen: (wanted) => changes.filter((change) => change.path === wanted).map((change) => change.change),
    until: async (condition) => {
      for (const deadline = performance.now() + 60_000; !condition(); await wait(20)) {
        if (performance.now() > deadline) throw new Error(`never seen; so far ${JSON.stringify(changes)}`);
      }
    },
  };
}

/** Files made before a session carry an older time than it, whatever the kernel's tick. */
const letTicksPass = () => wait(3 * clockTickMs);

describe('[RUN-1] what changed in the workspace is known', () => {
  it('reports changes while the session runs, by an unknown author', async () => {
    const folder = await makeFolder();
    await put(join(folder, 'src', 'old.ts'), 'old');
    await put(join(folder, 'gone.ts'), 'old');
    await letTicksPass();
    const watched = start(folder);
    await watched.watch.ready;
    await writeFile(join(folder, 'src', 'new.ts'), 'new');
    await appendFile(join(folder, 'src', 'old.ts'), 'more');
    await rm(join(folder, 'gone.ts'));
    await watched.until(() => ['src/new.ts', 'src/old.ts', 'gone.ts'].every((path) => watched.seen(path).length > 0));
    await watched.watch.finish();
    expect(watched.seen('src/new.ts')[0]).toBe('created');
    expect(watched.seen('src/old.ts')).toContain('changed');
    expect(watched.seen('gone.ts')).toEqual(['deleted']);
    expect(watched.changes.every((change) => change.author === 'unknown')).toBe(true);
    expect(watched.bounds).toEqual([]);
  });

  it('covers a session that is over before the watch stands', async () => {
    const folder = await makeFolder();
    await put(join(folder, 'untouched.ts'), 'old');
    await put(join(folder, 'deep', 'er', 'old.ts'), 'old');
    await letTicksPass();
    const watched = start(folder);
    await Promise.all([
      writeFile(join(folder, 'new.ts'), 'new'),
      appendFile(join(folder, 'deep', 'er', 'old.ts'), 'more'),
    ]);
    await watched.watch.finish();
    await watched.watch.finish();
    expect(watched.seen('new.ts')).toEqual(['created']);
    expect(watched.seen('deep/er/old.ts')).toEqual(['changed']);
    expect(watched.seen('untouched.ts')).toEqual([]);
  });

  it('leaves out the object store and the insides of packages, and never follows a link', async () => {
    const folder = await makeFolder();
    const elsewhere = await makeFolder();
    await letTicksPass();
    await symlink(elsewhere, join(folder, 'old-link'));
    await letTicksPass();
    const watched = start(folder);
    await symlink(elsewhere, join(folder, 'link'));
    await put(join(elsewhere, 'private.txt'), 'x');
    await put(join(folder, '.git', 'objects', 'ab', 'cd'), 'x');
    await put(join(folder, '.git', 'refs', 'heads', 'main'), 'x');
    await put(join(folder, 'node_modules', 'pkg', 'index.js'), 'x');
    await watched.watch.finish();
    const paths = watched.changes.map((change) => change.path);
    expect(paths).toContain('link');
    expect(paths).toContain('.git/refs/heads/main');
    expect(paths).toContain('node_modules/pkg');
    expect(paths).not.toContain('old-link');
    expect(paths.filter((path) => /private|objects\/|index\.js/u.test(path))).toEqual([]);
  });

  it.each([
    ['watched paths', { watchedPathsMax: 5 }, 'paths'],
    ['events a second', { eventsPerSecondMax: 3 }, 'events'],
    ['swept entries', { sweptEntriesMax: 10 }, 'sweep'],
    ['swept changes', { sweptChangesMax: 3, watchedPathsMax: 1 }, 'sweep'],
  ] as const)('says so when the bound on %s is reached', async (_, bounds, kind) => {
    const folder = await makeFolder();
    await letTicksPass();
    const watched = start(folder, bounds);
    await watched.watch.ready;
    for (let at = 0; at < 30; at += 1) await writeFile(join(folder, `file-${at}`), 'x');
    if (kind === 'events') await watched.until(() => watched.changes.length >= 3);
    await watched.watch.finish();
    if (kind === 'events') {
      // What was too much to report at once is made up for by the sweep.
      expect(new Set(watched.changes.map((change) => change.path)).size).toBe(30);
    } else {
      expect(watched.bounds.map((bound) => bound.kind)).toContain(kind);
    }
  });

  it('survives a workspace that vanishes', async () => {
    const folder = await makeFolder();
    await mkdir(join(folder, 'ws', 'deep'), { recursive: true });
    const watched = start(join(folder, 'ws'));
    await watched.watch.ready;
    await rename(join(folder, 'ws'), join(folder, 'moved'));
    await watched.watch.finish();
    expect(watched.bounds.map((bound) => bound.kind)).toContain('sweep');
  });
});

import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clockTickMs, type WorkspaceWatch, watchWorkspace } from '../../../main/adapters/watch/workspace-watch.ts';
import { makeFolder, put } from '../../helpers/agents/temp-folders.ts';
import { eventually } from '../../helpers/poll.ts';

const count = 60;
const names = Array.from({ length: count }, (_, index) => `file-${index}.ts`);

describe('[MON-2] files of a person that are gone', () => {
  let folder: string;
  let watch: WorkspaceWatch;
  let gone: string[];
  const isGone = (path: string) => gone.includes(path);

  beforeEach(async () => {
    folder = await makeFolder();
    for (const place of ['src', 'node_modules/one', 'dist', 'kept']) {
      await Promise.all(names.map((name) => put(join(folder, place, name), 'old')));
    }
    // Files made before a session carry an older time than it, whatever the kernel's tick.
    await wait(3 * clockTickMs);
    gone = [];
    watch = watchWorkspace({
      path: folder,
      startedAtMs: Date.now(),
      onChange: () => {},
      onBound: () => {},
      onGone: (paths) => gone.push(...paths),
    });
    await watch.ready;
  });
  afterEach(() => watch.finish());

  it('are told, each once and however many; what a build or the session made is not', async () => {
    await mkdir(join(folder, 'fresh'));
    await Promise.all(names.map((name) => writeFile(join(folder, 'fresh', name), 'new')));
    for (const place of ['node_modules', 'dist', 'fresh']) await rm(join(folder, place), { recursive: true });
    await rm(join(folder, 'src'), { recursive: true });
    await eventually(() => gone.length >= count, { what: 'all of them to be missed' });
    // What would come late for the others comes before this one.
    await rm(join(folder, 'kept', 'file-0.ts'));
    await eventually(() => isGone('kept/file-0.ts'), { what: 'the last one to be missed' });
    expect(gone.toSorted()).toEqual([...names.map((name) => `src/${name}`), 'kept/file-0.ts'].toSorted());
  });

  it('are not those that were moved or written anew, but those are when they go afterwards', async () => {
    await rename(join(folder, 'src'), join(folder, 'source'));
    await Promise.all(
      names.map(async (name) => {
        await writeFile(join(folder, `${name}.tmp`), 'new');
        await rename(join(folder, `${name}.tmp`), join(folder, 'kept', name));
      }),
    );
    await put(join(folder, 'last.ts'), 'new');
    await rm(join(folder, 'kept', 'file-1.ts'));
    await eventually(() => isGone('kept/file-1.ts'), { what: 'one that was written anew and removed' });
    expect(gone).toEqual(['kept/file-1.ts']);
    await rm(join(folder, 'source'), { recursive: true });
    await eventually(() => names.every((name) => isGone(`source/${name}`)), { what: 'those that were moved' });
  });
});

import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ownFolders, statePaths } from '../../../main/adapters/control/paths.ts';

describe('[GRT-1] Gatehouse’s own folders, which no session is given', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(os.tmpdir(), 'gh-own-')));
    await mkdir(join(folder, 'real/home'), { recursive: true });
    await symlink(join(folder, 'real'), join(folder, 'link'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('are known by their real names too, made already or not: a grant is a real place', async () => {
    await mkdir(join(folder, 'real/home/state'));
    const own = ownFolders(statePaths({ GATEHOUSE_HOME: join(folder, 'link/home') }));
    for (const name of ['', '/state', '/config', '/run', '/compile-cache']) {
      expect(own).toContain(`${folder}/link/home${name}`);
      expect(own).toContain(`${folder}/real/home${name}`);
    }
  });

  test('include the compiled code that the starters load: whoever writes there runs as the person', () => {
    const own = ownFolders(statePaths({ XDG_CACHE_HOME: join(folder, 'link'), XDG_RUNTIME_DIR: folder }));
    expect(own).toContain(join(folder, 'real/gatehouse'));
  });
});

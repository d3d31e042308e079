import { execFileSync } from 'node:child_process';
import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewEvent } from '#contract/audit.ts';
import {
  listHomeFiles,
  readHomeFile,
  removeHomeFile,
  writeHomeFile,
} from '../../../main/adapters/agents/home-files.ts';
import { measureTree, removeTree } from '../../../main/adapters/agents/home-trees.ts';
import type { AuditLog } from '../../../main/core/audit/log.ts';
import { LoginKeeper } from '../../../main/supervisor/login-keeper.ts';
import { skipUnless } from '../../helpers/skip.ts';

describe('[RUN-7] files of a private home', () => {
  let folder = '';
  const at = (...parts: string[]) => path.join(folder, ...parts);
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'gh-files-'));
    for (const each of ['home/.agent', 'person']) await mkdir(at(each), { recursive: true });
    await writeFile(at('person/auth.json'), 'of the person');
  });
  afterEach(() => removeTree(folder));

  test('are read and written whole, and folders on the way are made', async () => {
    await writeHomeFile(at('home'), '.new/deep/auth.json', Buffer.from('{}'));
    expect(await readHomeFile(at('home'), '.new/deep/auth.json')).toMatchObject({
      kind: 'file',
      bytes: Buffer.from('{}'),
    });
    await removeHomeFile(at('home'), '.new/deep/auth.json');
    expect(await readHomeFile(at('home'), '.new/deep/auth.json')).toEqual({ kind: 'absent' });
    expect(await readdir(at('home/.new/deep'))).toEqual([]);
  });

  test.each<[string, () => Promise<unknown> | unknown, RegExp]>([
    ['a link', () => symlink(at('person/auth.json'), at('home/.agent/auth.json')), /symbolic link/u],
    ['a link to nothing', () => symlink(at('person/none'), at('home/.agent/auth.json')), /symbolic link/u],
    ['a FIFO', () => execFileSync('mkfifo', [at('home/.agent/auth.json')]), /no ordinary file/u],
    ['a folder', () => mkdir(at('home/.agent/auth.json')), /no ordinary file/u],
    ['a second name', () => link(at('person/auth.json'), at('home/.agent/auth.json')), /hard link/u],
    ['a huge file', () => writeFile(at('home/.agent/auth.json'), Buffer.alloc(1024 * 1024 + 1)), /more than/u],
    ['a link on the way', () => link2('.agent'), /no folder|symbolic link/u],
    ['a file on the way', () => file('.agent'), /no folder/u],
  ])('are refused: %s', async (_, plant, why) => {
    await plant();
    expect(await readHomeFile(at('home'), '.agent/auth.json')).toEqual({
      kind: 'refused',
      why: expect.stringMatching(why),
    });
    // Writing replaces the name, or fails; nothing outside changes either way.
    await writeHomeFile(at('home'), '.agent/auth.json', Buffer.from('new')).catch(() => undefined);
    await removeHomeFile(at('home'), '.agent/auth.json').catch(() => undefined);
    expect(await readFile(at('person/auth.json'), 'utf8')).toBe('of the person');
    expect(await readdir(at('person'))).toEqual(['auth.json']);
  });
  const link2 = async (name: string) => {
    await rm(at('home', name), { recursive: true });
    await symlink(at('person'), at('home', name));
  };
  const file = async (name: string) => {
    await rm(at('home', name), { recursive: true });
    await writeFile(at('home', name), '');
  };

  test('of a folder are listed without following links, and within bounds', async () => {
    await symlink(at('person'), at('home/.agent/link'));
    await mkdir(at('home/.agent/a/b/c/d/e'), { recursive: true });
    for (const name of ['x', 'a/y', 'a/b/c/d/e/deep']) await writeFile(at('home/.agent', name), '');
    expect(await listHomeFiles(at('home'), '.agent')).toEqual(['.agent/a/y', '.agent/link', '.agent/x']);
    expect(await listHomeFiles(at('home'), '.none')).toEqual(['.none']);
    for (let index = 0; index < 80; index += 1) await writeFile(at('home/.agent', `f${index}`), '');
    expect(await listHomeFiles(at('home'), '.agent')).toHaveLength(64);
    // Folders that hold nothing are no files: they end the search all the same.
    execFileSync('bash', ['-c', 'mkdir -p .many/e/{0..5}/{0..49}; : > .many/e/5/late; : > .many/z'], {
      cwd: at('home'),
    });
    expect(await listHomeFiles(at('home'), '.many')).toEqual(['.many/z']);
  });

  test('are counted and removed to the last one, whatever their folders’ modes, and no link is followed', async () => {
    await writeFile(at('home/one'), '12345');
    await symlink(at('person'), at('home/link'));
    // Deeper than a path may be long.
    const dig = 'for (1..30) { mkdir "0" x 200; chdir "0" x 200 or die } open my $last, ">", "last"';
    execFileSync('perl', ['-e', dig], { cwd: at('home') });
    await mkdir(at('home/shut'));
    await writeFile(at('home/shut/file'), '');
    execFileSync('chmod', ['000', at('home/shut')]);
    const size = await measureTree(at('home'));
    expect(size).toMatchObject({ complete: false });
    expect(size.bytes).toBeGreaterThanOrEqual(5);
    await removeTree(at('home'));
    expect(await readdir(folder)).toEqual(['person']);
    expect(await readFile(at('person/auth.json'), 'utf8')).toBe('of the person');
  });
});

skipUnless(process.getuid?.() !== 0, 'root writes where nobody may')(
  '[RUN-7] a login that cannot be taken out of a home that the agent shut is told, and keeps nobody from starting',
  async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'gh-login-'));
    const [home, store] = [path.join(folder, 'home'), path.join(folder, 'login')];
    await mkdir(path.join(home, '.agent'), { recursive: true });
    await writeFile(path.join(home, '.agent/auth.json'), '{}');
    const session = { id: 'a1c9-calm-otter', agent: 'codex', workspace: '/w', taskId: 't-00000001' };
    const told: string[] = [];
    const audit = { append: async () => {}, observe: ({ kind }: NewEvent) => told.push(kind) } as unknown as AuditLog;
    const keep = async () => {
      const use = { session, home, store, record: path.join(folder, 'home.json'), logins: ['.agent/auth.json'] };
      const keeper = new LoginKeeper(use, { audit, log: pino({ enabled: false }) }, (work) => work());
      await keeper.begin();
      await keeper.end();
    };
    await keep();
    expect(await readFile(path.join(store, '.agent/auth.json'), 'utf8')).toBe('{}');
    await rm(store, { recursive: true });
    await chmod(path.join(home, '.agent'), 0o555);
    await keep();
    expect(told).toContain('login.refused');
    await removeTree(folder);
  },
);

import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { escapeTests, expectRefused } from '../harness/escape.ts';
import type { RunOptions, Walls } from '../harness/walls.ts';

const escapeTest = escapeTests();

/** Starts that would be no wall at all. */
const tooWide: readonly [string, (walls: Walls) => RunOptions | Promise<RunOptions>, RegExp][] = [
  ['a workspace that is /', () => ({ workspace: '/' }), /root of the file system/u],
  ['a workspace that is the home', ({ home }) => ({ workspace: home }), /home folder/u],
  ['a workspace that contains the home', ({ folder }) => ({ workspace: folder }), /home folder/u],
  ['a workspace in Gatehouse’s state', ({ state }) => ({ workspace: `${state}/state` }), /own state/u],
  ['a workspace that is Gatehouse’s home', ({ state }) => ({ workspace: state }), /own state/u],
  ['a workspace that is ~/.ssh', ({ home }) => ({ workspace: `${home}/.ssh` }), /secrets/u],
  ['a workspace that is ~/.config', ({ home }) => ({ workspace: `${home}/.config` }), /settings/u],
  ['a workspace that is /etc', () => ({ workspace: '/etc' }), /system/u],
  ['a workspace that is /proc/self', () => ({ workspace: '/proc/self' }), /system|cannot be/u],
  ['a workspace that is /var/tmp', () => ({ workspace: '/var/tmp' }), /shared/u],
  [
    'a workspace behind a link to the home',
    async ({ home, workspace }) => {
      const at = path.join(workspace, 'cosy');
      await symlink(home, at);
      return { workspace: at };
    },
    /home folder/u,
  ],
  ['a workspace above by ..', ({ workspace }) => ({ workspace: `${workspace}/..` }), /home folder/u],
  ['a grant of /', () => ({ grants: ['file.read:/'] }), /whole file system/u],
  ['a grant of the home', () => ({ grants: ['file.read:~'] }), /home folder/u],
  ['a grant of the home by ..', ({ workspace }) => ({ grants: [`file.read:${workspace}/..`] }), /home folder/u],
  ['a grant of what contains the home', ({ folder }) => ({ grants: [`file.write:${folder}`] }), /home folder/u],
  ['a grant of Gatehouse’s state', ({ state }) => ({ grants: [`file.read:${state}/state`] }), /Gatehouse keeps/u],
  [
    'a grant of the control socket',
    ({ state }) => ({ grants: [`file.write:${state}/run/control.sock`] }),
    /Gatehouse/u,
  ],
  ['a grant of /proc', () => ({ grants: ['file.read:/proc'] }), /refused/u],
  ['a grant of /run', () => ({ grants: ['file.read:/run'] }), /refused/u],
  ['a grant of ~/.ssh', () => ({ grants: ['file.read:~/.ssh'] }), /refused/u],
  [
    'a grant behind a link to the keys',
    async ({ home, workspace }) => {
      const at = path.join(workspace, 'innocent');
      await symlink(path.join(home, '.ssh'), at);
      return { grants: [`file.read:${at}`] };
    },
    /refused/u,
  ],
  ['a grant of a path with a line break', ({ workspace }) => ({ grants: [`file.read:${workspace}/a\nb`] }), /control/u],
  ['a grant of everything by *', ({ home }) => ({ grants: [`file.read:${home}/*`] }), /leave the \* out/u],
];

/** The same start with something narrow, once: it is one control for all of them. */
let narrowStart: Promise<string> | undefined;

async function startNarrow(walls: Walls): Promise<string> {
  const other = path.join(walls.folder, 'narrow');
  await mkdir(other, { recursive: true });
  return (await walls.run('echo started', { grants: [`file.read:${other}`] })).stdout;
}

for (const [what, options, words] of tooWide) {
  escapeTest(`refused: ${what}`, {
    requirement: '[GRT-1]',
    async control(walls) {
      narrowStart ??= startNarrow(walls);
      expect(await narrowStart).toBe('started\n');
    },
    async attempt(walls) {
      const run = await walls.run('echo started; cat ~/.ssh/id_ed25519', await options(walls));
      expect(run.stdout).toBe('');
      expect([125, 126]).toContain(run.status);
      expect(run.stderr).toMatch(words);
      return run;
    },
    async observe() {},
    audit: (_walls, run) => expectRefused(run, words),
  });
}

import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { escapeTests, expectLines } from '../harness/escape.ts';
import { makePlace } from '../harness/probe-case.ts';

const escapeTest = escapeTests();

escapeTest(
  'what is made inside belongs to the caller, is no setuid program of somebody else, and has an ordinary mode',
  {
    requirement: '[GRT-1]',
    async control(walls) {
      const { own } = await makePlace(walls);
      await walls.outside(`umask 022; : > ${own}/file`);
      expect(await stat(path.join(own, 'file'))).toMatchObject({ uid: process.getuid?.(), gid: process.getgid?.() });
    },
    async attempt(walls) {
      const { own } = await makePlace(walls);
      const run = await walls.run(
        `umask; : > ${own}/file; mkdir ${own}/folder; cp /bin/sh ${own}/sh; ./probe chmod ${own}/sh 4755; for id in 0 1 65534; do ./probe chown ${own}/sh $id; done`,
      );
      expectLines(
        run,
        ['0022', 'chmod: EPERM', 'chown: EPERM', 'chown: EPERM', 'chown: EPERM'].map((line, index) =>
          index < 2 ? line : expect.stringMatching(/^chown: E(?:PERM|INVAL)$/u),
        ),
      );
      for (const [name, mode] of [
        ['file', 0o644],
        ['folder', 0o755],
        ['sh', 0o755],
      ] as const) {
        const facts = await stat(path.join(own, name));
        expect({ name, mode: facts.mode & 0o7777, uid: facts.uid, gid: facts.gid }).toEqual({
          name,
          mode,
          uid: process.getuid?.(),
          gid: process.getgid?.(),
        });
      }
      return run;
    },
    async observe() {},
  },
);

escapeTest('a folder without any permission stays shut for whoever may not open it, and hinders nobody else', {
  requirement: '[GRT-1]',
  guards: ['capability-drop'],
  async control(walls) {
    const { own } = await makePlace(walls);
    await mkdir(path.join(own, 'shut'));
    await writeFile(path.join(own, 'shut/file'), 'shut\n');
    expectLines(await walls.run(`./probe read ${own}/shut/file`), ['read: OK shut']);
  },
  async attempt(walls) {
    const { own } = await makePlace(walls);
    await mkdir(path.join(own, 'shut'));
    await writeFile(path.join(own, 'shut/file'), 'shut\n');
    await chmod(path.join(own, 'shut'), 0);
    const run = await walls.run(`./probe read ${own}/shut/file; ./probe list ${own}/shut; echo beside > ${own}/beside`);
    expectLines(run, ['read: EACCES', 'list: EACCES']);
    expect(await readFile(path.join(own, 'beside'), 'utf8')).toBe('beside\n');
    await chmod(path.join(own, 'shut'), 0o700);
    expect(await readFile(path.join(own, 'shut/file'), 'utf8')).toBe('shut\n');
    return run;
  },
  async observe() {},
});

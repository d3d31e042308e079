import { link, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { escapeTests } from '../harness/escape.ts';
import { makePlace, type ProbePlace, probeCase } from '../harness/probe-case.ts';
import type { OngoingRun } from '../harness/walls.ts';

const escapeTest = escapeTests();

const read = ({ secret }: ProbePlace) => [`read: OK ${secret.text}`];
const absent = () => ['read: ENOENT'];

/** Ways by a name that the agent makes itself, or that the repository brought. */
const linkWays: readonly [string, (place: ProbePlace) => string][] = [
  ['a symbolic link made inside', ({ own, secret }) => `ln -s ${secret.file} ${own}/a; ./probe read ${own}/a`],
  ['a path through a linked folder', ({ own, folder }) => `ln -s ${folder} ${own}/a; ./probe read ${own}/a/secret`],
  [
    'a chain of links, the last one relative',
    ({ own, secret }) =>
      `mkdir ${own}/x; ln -s ${path.relative(`${own}/x`, secret.file)} ${own}/x/c; ln -s x/c ${own}/b; ln -s ${own}/b ${own}/a; ./probe read ${own}/a`,
  ],
  ['.. above the workspace', ({ walls, secret }) => `./probe read ./${path.relative(walls.workspace, secret.file)}`],
  [
    '.. after a linked folder',
    ({ own, folder, walls }) =>
      `ln -s ${walls.home}/.. ${own}/up; ./probe read ${own}/up/${path.basename(folder)}/secret`,
  ],
  ['/proc/self/root', ({ secret }) => `./probe read /proc/self/root${secret.file}`],
  ['/proc/PID/root of the shell', ({ secret }) => `./probe read /proc/$$/root${secret.file}`],
  [
    '/proc/PID/cwd and ..',
    ({ walls, secret }) => `./probe read /proc/$$/cwd/${path.relative(walls.workspace, secret.file)}`,
  ],
  [
    '/dev/fd of an open folder and ..',
    ({ walls, secret }) => `./probe read /dev/fd/9/${path.relative(walls.workspace, secret.file)} 9<.`,
  ],
  [
    'the working directory of process 1',
    ({ secret }) => `cd / && ${''}"$OLDPWD/probe" read /proc/self/cwd${secret.file}`,
  ],
];

for (const [way, script] of linkWays) {
  escapeTest(
    `a private file by ${way}`,
    probeCase({ requirement: '[GRT-1]', guards: ['private-tmp'], script, allowed: read, refused: absent }),
  );
}

escapeTest(
  'a link that the repository brought, to a private file and to a private folder',
  probeCase({
    requirement: '[GRT-1]',
    guards: ['private-tmp'],
    async arrange({ own, folder, secret }) {
      await symlink(secret.file, path.join(own, 'notes'));
      await symlink(folder, path.join(own, 'docs'));
    },
    script: ({ own }) => `./probe read ${own}/notes; ./probe read ${own}/docs/secret; ./probe open-write ${own}/notes`,
    allowed: (place) => [...read(place), ...read(place), 'open-write: OK'],
    refused: () => ['read: ENOENT', 'read: ENOENT', 'open-write: ENOENT'],
  }),
);

escapeTest(
  'every process seen inside: root, cwd and descriptors lead nowhere outside',
  probeCase({
    requirement: '[GRT-1]',
    guards: ['pid-namespace'],
    script: ({ secret }) =>
      `for p in /proc/[0-9]*; do cat $p/root${secret.file} $p/cwd${secret.file} $p/fd/*${secret.file} 2>/dev/null; done; ` +
      `for p in /proc/[0-9]*; do case $(cat $p/comm 2>/dev/null) in node*|MainThread|vitest*) echo host process;; esac; done | sort -u`,
    allowed: ({ secret }) => expect.arrayContaining([secret.text, 'host process']),
    refused: () => [],
  }),
);

escapeTest(
  'hard link of a host file from a granted read-only folder into the workspace',
  probeCase({
    requirement: '[GRT-1]',
    script: ({ own, folder, secret }) =>
      `./probe link ${secret.file} ${own}/a; ./probe link ${secret.file} ${folder}/b`,
    run: ({ folder }) => ({ grants: [`file.read:${folder}`] }),
    allowed: () => ['link: OK', 'link: OK'],
    refused: () => ['link: EXDEV', 'link: EROFS'],
    async observe({ own, folder }) {
      expect(await readdir(own)).toEqual([]);
      expect(await readdir(folder)).toEqual(['secret']);
    },
  }),
);

escapeTest(
  'hard link of a file of the private home into the workspace, where the host would see it',
  probeCase({
    requirement: '[GRT-1]',
    script: ({ own, walls }) =>
      `: > ${walls.home}/mine; ./probe link ${walls.home}/mine ${own}/a; rm ${walls.home}/mine`,
    allowed: () => ['link: OK'],
    refused: () => ['link: EXDEV'],
    observe: async ({ own }) => expect(await readdir(own)).toEqual([]),
  }),
);

escapeTest(
  'a link swapped while it is opened',
  probeCase({
    requirement: '[GRT-1]',
    guards: ['private-tmp'],
    arrange: async ({ own }) => await writeFile(path.join(own, 'plain'), 'plain\n'),
    script: ({ own, secret }) =>
      `./probe race-swap ${own}/a ${own}/plain ${secret.file} & ./probe race-read ${own}/a 2000 plain; kill $!`,
    allowed: ({ secret }) => [`race-read: OK ${secret.text}`],
    refused: () => ['race-read: NEVER'],
  }),
);

// The walls of a second session are built from a path that the first one keeps exchanging: each build must take the
// folder it judged, or fail; never the private folder behind the link.
escapeTest('a workspace exchanged for a link to the keys while its walls are built', {
  requirement: '[GRT-1]',
  async control(walls) {
    const { own } = await makePlace(walls);
    await symlink(path.join(walls.home, '.ssh'), path.join(own, 'evil'));
    const { stdout } = await walls.outside(`cat ${own}/evil/id_ed25519`);
    expect(walls.canaries.some(({ text }) => stdout.includes(text))).toBe(true);
  },
  async attempt(walls) {
    const { own } = await makePlace(walls);
    await mkdir(path.join(own, 'sub'));
    await symlink(path.join(walls.home, '.ssh'), path.join(own, 'evil'));
    const racing: OngoingRun = walls.start(`echo racing; exec ./probe race-exchange ${own}/sub ${own}/evil`);
    await racing.said('racing');
    try {
      for (let round = 0; round < 8; round += 1) {
        const run = await walls.run('cat id_ed25519 config authorized_keys; ls -A; : > written', {
          workspace: path.join(own, 'sub'),
          cwd: '/',
        });
        expect(run.stdout).not.toContain('canary');
        expect(run.stdout).not.toContain('id_ed25519');
      }
    } finally {
      racing.child.kill('SIGTERM');
    }
    return await racing.ended;
  },
  async observe(walls) {
    expect((await readdir(path.join(walls.home, '.ssh'))).sort()).toEqual(['authorized_keys', 'config', 'id_ed25519']);
  },
});

escapeTest('a hard link into a private folder stays outside when the folder is not granted', {
  requirement: '[GRT-1]',
  guards: ['private-tmp'],
  async control(walls) {
    const { folder, own } = await makePlace(walls);
    await writeFile(path.join(own, 'a'), 'shared\n');
    await link(path.join(own, 'a'), path.join(folder, 'b'));
    expect((await walls.outside(`./probe write ${folder}/b more`)).stdout).toBe('write: OK\n');
    expect(await readFile(path.join(own, 'a'), 'utf8')).toBe('shared\nmore');
  },
  async attempt(walls) {
    const { folder, own } = await makePlace(walls);
    await writeFile(path.join(own, 'a'), 'shared\n');
    await link(path.join(own, 'a'), path.join(folder, 'b'));
    const run = await walls.run(`./probe write ${folder}/b more; ./probe link ${own}/a ${folder}/c`);
    expect(run.stdout).toBe('write: ENOENT\nlink: ENOENT\n');
    expect(await readFile(path.join(folder, 'b'), 'utf8')).toBe('shared\n');
    expect((await readdir(folder)).sort()).toEqual(['b', 'secret']);
    return run;
  },
  async observe() {},
});

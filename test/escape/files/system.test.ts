import { lstat, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { escapeTests, expectLines } from '../harness/escape.ts';
import { makePlace, type ProbePlace, probeCase } from '../harness/probe-case.ts';
import type { Walls } from '../harness/walls.ts';

const escapeTest = escapeTests();

/** Changes nothing where it succeeds: the mode that is there already. */
async function sameMode(file: string): Promise<string> {
  return `./probe chmod ${file} ${((await lstat(file)).mode & 0o7777).toString(8)}`;
}

async function controlOnOwnFile(walls: Walls): Promise<void> {
  const { secret } = await makePlace(walls);
  expectLines(await walls.outside(await sameMode(secret.file)), ['chmod: OK']);
}

const readOnlyPlaces: readonly [string, 'read-only-system' | 'proc-sys-read-only' | undefined, readonly string[]][] = [
  ['the system’s programs and libraries', 'read-only-system', ['/usr', '/usr/bin/env', '/usr/lib']],
  ['the system’s configuration', undefined, ['/etc', '/etc/profile', '/etc/passwd', '/etc/ssl/certs']],
  ['the root, /run and /dev', undefined, ['/', '/run', '/dev']],
];
for (const [what, guard, places] of readOnlyPlaces) {
  escapeTest(`${what} cannot be changed`, {
    requirement: '[GRT-1]',
    ...(guard === undefined ? {} : { guards: [guard] }),
    control: controlOnOwnFile,
    async attempt(walls) {
      const probes = await Promise.all(places.map(sameMode));
      const run = await walls.run([...probes, ...places.map((place) => `./probe create ${place}/gh-probe`)].join('\n'));
      const lines = run.stdout.split('\n').filter((line) => line !== '');
      expect(lines.slice(0, places.length)).toEqual(places.map(() => 'chmod: EROFS'));
      expect(lines.slice(places.length).every((line) => /^create: (?:EROFS|EACCES|ENOTDIR)$/u.test(line))).toBe(true);
      return run;
    },
    async observe() {
      for (const place of places) await expect(lstat(path.join(place, 'gh-probe'))).rejects.toThrow();
    },
  });
}

escapeTest('settings of the kernel in /proc/sys cannot be changed, and there is no /sys', {
  requirement: '[GRT-1]',
  guards: ['proc-sys-read-only'],
  async control(walls) {
    const { secret } = await makePlace(walls);
    const run = await walls.outside(
      `./probe utimes ${secret.file}; ./probe list /sys | cut -c1-8; ./probe stat /proc/sys/kernel/core_pattern`,
    );
    expectLines(run, ['utimes: OK', 'list: OK', 'stat: OK']);
  },
  async attempt(walls) {
    // Touching the times would change nothing even where it succeeded.
    const run = await walls.run(
      './probe utimes /proc/sys/kernel/core_pattern; ./probe utimes /proc/sys/user/max_user_namespaces; ./probe stat /sys; ./probe create /proc/sys/x',
    );
    const [core, limit, sys, created] = run.stdout.split('\n');
    expect([core, limit, sys]).toEqual(['utimes: EROFS', 'utimes: EROFS', 'stat: ENOENT']);
    expect(created).toMatch(/create: (?:EROFS|EACCES|ENOENT)/u);
    return run;
  },
  async observe() {
    expect((await readFile('/proc/sys/kernel/core_pattern', 'utf8')).length).toBeGreaterThan(0);
  },
});

escapeTest(
  'other people’s passwords, keys, homes and the machine’s own folders do not exist',
  probeCase({
    requirement: '[GRT-1]',
    script: () =>
      ['/etc/shadow', '/etc/gshadow', '/root', '/home', '/boot', '/srv', '/mnt', '/var/lib', '/var/log']
        .map((place) => `./probe stat ${place}`)
        .join('; '),
    allowed: () => Array.from({ length: 9 }, () => 'stat: OK'),
    refused: () => Array.from({ length: 9 }, () => 'stat: ENOENT'),
  }),
);

escapeTest('the accounts file names nobody but the session itself', {
  requirement: '[GRT-1]',
  async control(walls) {
    const { stdout } = await walls.outside('cut -d: -f1 /etc/passwd /etc/group');
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['root', 'bin', 'shadow']));
  },
  async attempt(walls) {
    const run = await walls.run('cut -d: -f1 /etc/passwd; cat /etc/hostname /etc/machine-id /etc/ssh/* 2>/dev/null');
    const names = run.stdout.split('\n').filter((line) => line !== '');
    expect(names.length).toBeLessThanOrEqual(3);
    expect(names).not.toContain('daemon');
    return run;
  },
  async observe() {},
});

/** What a program needs of /dev; everything else of the machine's is absent. */
const harmlessDevices = [
  'core',
  'fd',
  'full',
  'null',
  'ptmx',
  'pts',
  'random',
  'shm',
  'stderr',
  'stdin',
  'stdout',
  'tty',
  'urandom',
  'zero',
];

escapeTest('devices of the machine: none to open, none to make', {
  requirement: '[GRT-1]',
  async control(walls) {
    const { own } = await makePlace(walls);
    const run = await walls.outside(`./probe list /dev; ./probe open-read /dev/null; ./probe mknod ${own}/pipe p 0 0`);
    const [listed = '', ...rest] = run.stdout.split('\n');
    expect(
      listed
        .split(' ')
        .slice(2)
        .filter((entry) => !harmlessDevices.includes(entry)),
    ).not.toEqual([]);
    expect(rest).toEqual(['open-read: OK', 'mknod: OK', '']);
  },
  async attempt(walls) {
    const { own } = await makePlace(walls);
    const opens = [
      'mem',
      'kmem',
      'port',
      'kmsg',
      'fuse',
      'sda',
      'vda',
      'nvme0n1',
      'loop0',
      'kvm',
      'net/tun',
      'vsock',
      'uinput',
      'snd',
      'dri',
    ].map((name) => `./probe open-read /dev/${name}`);
    const makes = [`c 1 1`, `c 1 11`, `c 10 229`, `b 8 0`, `b 254 0`].map(
      (what, index) => `./probe mknod ${own}/${index} ${what}`,
    );
    const run = await walls.run(['./probe list /dev', ...opens, ...makes].join('\n'));
    const [listed = '', ...rest] = run.stdout.trimEnd().split('\n');
    expect(
      listed
        .split(' ')
        .slice(2)
        .filter((entry) => !harmlessDevices.includes(entry)),
    ).toEqual([]);
    expect(rest.slice(0, opens.length)).toEqual(opens.map(() => 'open-read: ENOENT'));
    expect(rest.slice(opens.length)).toEqual(makes.map(() => 'mknod: EPERM'));
    return run;
  },
  async observe() {},
});

escapeTest('a device node that lies in the workspace already', {
  requirement: '[GRT-1]',
  async control(walls) {
    // Only root can lay one there; an ordinary user's control is that its own null device opens.
    const { own } = await makePlace(walls);
    const isRoot = process.getuid?.() === 0;
    const run = await walls.outside(
      isRoot ? `./probe mknod ${own}/null c 1 3; ./probe open-write ${own}/null` : './probe open-write /dev/null',
    );
    expectLines(run, isRoot ? ['mknod: OK', 'open-write: OK'] : ['open-write: OK']);
  },
  async attempt(walls) {
    const { own } = await makePlace(walls);
    await walls.outside(`./probe mknod ${own}/null c 1 3`);
    const run = await walls.run(`./probe open-write ${own}/null; ./probe open-read ${own}/null`);
    const refused = process.getuid?.() === 0 ? 'EACCES' : 'ENOENT';
    expectLines(run, [`open-write: ${refused === 'ENOENT' ? 'ENOENT' : refused}`, `open-read: ${refused}`]);
    return run;
  },
  async observe() {},
});

/** /tmp of the host, whatever the tests' own temporary folder is. */
async function hostTemp(): Promise<string> {
  return await mkdtemp('/tmp/gh-shared-');
}

escapeTest('predictable names in /tmp: nothing of the host’s is seen, nothing made inside is seen by the host', {
  requirement: '[GRT-1]',
  guards: ['private-tmp'],
  async control(walls) {
    const shared = await hostTemp();
    try {
      await writeFile(path.join(shared, 'job.lock'), 'host\n');
      const run = await walls.outside(
        `./probe read ${shared}/job.lock; ./probe symlink /etc/shadow ${shared}/next.tmp`,
      );
      expectLines(run, ['read: OK host', 'symlink: OK']);
    } finally {
      await rm(shared, { recursive: true });
    }
  },
  async attempt(walls) {
    const shared = await hostTemp();
    try {
      await writeFile(path.join(shared, 'job.lock'), 'host\n');
      const run = await walls.run(
        `./probe read ${shared}/job.lock; mkdir ${shared} && ./probe symlink ${walls.home}/.bashrc ${shared}/next.tmp; ./probe mkdir /var/tmp/${path.basename(shared)}`,
      );
      expectLines(run, ['read: ENOENT', 'symlink: OK', 'mkdir: OK']);
      await expect(lstat(path.join(shared, 'next.tmp'))).rejects.toThrow();
      await expect(lstat(`/var/tmp/${path.basename(shared)}`)).rejects.toThrow();
      return run;
    } finally {
      await rm(shared, { recursive: true });
      await rm(`/var/tmp/${path.basename(shared)}`, { recursive: true, force: true });
    }
  },
  async observe() {},
});

escapeTest('what one session leaves in /tmp is gone for the next', {
  requirement: '[GRT-1]',
  guards: ['private-tmp'],
  async control(walls) {
    expectLines(await walls.run('echo left > /tmp/gh-left; ./probe read /tmp/gh-left; rm /tmp/gh-left'), [
      'read: OK left',
    ]);
  },
  async attempt(walls) {
    const name = path.basename(walls.folder);
    await walls.run(`echo left > /tmp/${name}.left; echo left > /dev/shm/${name}.left`);
    const run = await walls.run(`./probe read /tmp/${name}.left; ./probe read /dev/shm/${name}.left`);
    await rm(`/tmp/${name}.left`, { force: true });
    expectLines(run, ['read: ENOENT', 'read: ENOENT']);
    return run;
  },
  async observe() {},
});

const mounts = ({ folder, own, walls }: ProbePlace) => [
  `mount none ${folder} rbw`,
  `mount none /usr rbw`,
  `mount none /proc/sys rbw`,
  `mount / ${own} bw`,
  `mount ${folder} ${own} m`,
  `umount ${walls.workspace}`,
  `umount /proc/sys`,
  `umount ${walls.home}`,
];
escapeTest('mount calls: making a read-only folder writable, binding, moving and taking mounts away', {
  requirement: '[GRT-1]',
  async control(walls) {
    // In a namespace of its own, where mounting is allowed: the calls themselves are right.
    const { folder } = await makePlace(walls);
    const run = await walls.outside(
      `unshare -Urm sh -c './probe mount ${folder} ${folder} b; ./probe umount ${folder}'`,
    );
    expectLines(run, ['mount: OK', 'umount: OK']);
  },
  async attempt(walls) {
    const place = await makePlace(walls);
    const run = await walls.run(
      [...mounts(place).map((one) => `./probe ${one}`), `./probe create ${place.folder}/new`].join('\n'),
      { grants: [`file.read:${place.folder}`] },
    );
    expectLines(run, [...mounts(place).map((one) => `${one.split(' ')[0]}: EPERM`), 'create: EROFS']);
    return run;
  },
  async observe() {},
});

import { chmod, chown, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../../helpers/poll.ts';
import { processesWithArgument } from '../../helpers/processes.ts';
import { skipUnless } from '../../helpers/skip.ts';
import type { Canary } from '../harness/canaries.ts';
import { escapeTests, expectLines } from '../harness/escape.ts';
import { placeKernelProbe } from './place.ts';

const escapeTest = escapeTests();
const isRoot = process.getuid?.() === 0;

if (process.arch === 'x64') {
  escapeTest('calls of foreign ABIs, which have other numbers', {
    requirement: '[GRT-1]',
    guards: ['seccomp'],
    prepare: placeKernelProbe,
    async control(walls) {
      // Outside they end as the kernel likes (it may lack them), but nobody kills the caller for them.
      const run = await walls.outside(`./probe-kernel native
        for abi in i386 x32; do ./probe-kernel $abi >/dev/null; test $? = 159 || echo "$abi not killed"; done`);
      expectLines(run, ['native: started', 'native: came back with the pid', 'i386 not killed', 'x32 not killed']);
    },
    async attempt(walls) {
      const run = await walls.run(
        './probe-kernel native; ./probe-kernel i386; echo "status $?"; ./probe-kernel x32; echo "status $?"',
      );
      expectLines(run, [
        'native: started',
        'native: came back with the pid',
        'i386: started',
        'status 159',
        'x32: started',
        'status 159',
      ]);
      return run;
    },
    async observe() {},
  });
} else {
  skipUnless(false, 'the other ABIs are those of x86-64')('[GRT-1] calls of foreign ABIs', () => undefined);
}

/** Ways to run a program that pass by its name and place. `@` stands for the probe's arguments. */
const ways: readonly (readonly [what: string, script: string])[] = [
  ['a copy under another name', 'cp ./probe-kernel /tmp/gh-$$ && /tmp/gh-$$ @; rm -f /tmp/gh-$$'],
  ['a copy in shared memory', 'cp ./probe-kernel /dev/shm/gh-$$ && /dev/shm/gh-$$ @; rm -f /dev/shm/gh-$$'],
  ['a hard link', 'ln -f ./probe-kernel ./linked && ./linked @; rm -f ./linked'],
  ['a link', 'ln -sf ./probe-kernel ./sudo && ./sudo @; rm -f ./sudo'],
  ['the loader', '$(ls /lib64/ld-linux*.so.* /lib/ld-linux*.so.* 2>/dev/null | head -n 1) ./probe-kernel @'],
  ['memory alone', './probe-kernel memfd @'],
  ['memory, twice', './probe-kernel memfd memfd @'],
  ['its descriptor', 'sh -c "exec 9<./probe-kernel; exec /proc/self/fd/9 \\$*" x @'],
  ['/proc/self/exe', 'bash -c "exec -a sshd ./probe-kernel \\$*" x @'],
];

let secret: Canary;
escapeTest('programs run by other names, from memory and through the loader stand before the same walls', {
  requirement: '[GRT-1]',
  guards: ['seccomp'],
  async prepare(walls) {
    await placeKernelProbe(walls);
    secret = (await walls.privateFolder()).secret;
  },
  async control(walls) {
    const run = await walls.outside(ways.map(([, way]) => way.replaceAll('@', 'call keyctl 0 -3 0')).join('\n'));
    expectLines(run, Array<string>(ways.length).fill('keyctl: OK'));
    expect((await walls.outside(`cp "$(command -v cat)" ./dog; ./dog ${secret.file}; rm ./dog`)).stdout).toContain(
      secret.text,
    );
  },
  async attempt(walls) {
    const script = ways.map(([, way]) => way.replaceAll('@', 'call keyctl 0 -3 0')).join('\n');
    const run = await walls.run(`${script}
      cp "$(command -v cat)" /tmp/dog; /tmp/dog ${secret.file} 2>&1 | grep -c 'No such file'`);
    expectLines(run, [...Array<string>(ways.length).fill('keyctl: EPERM'), '1']);
    return run;
  },
  async observe(_walls, run) {
    expect(run.stdout + run.stderr).not.toContain(secret.text);
  },
});

/** What `./probe-kernel identity` says of one who may do nothing. */
const powerless = [
  ...['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((set) => `${set}:\t0000000000000000`),
  'NoNewPrivs:\t1',
  'Seccomp:\t2',
];

escapeTest('no capability, not even one to regain', {
  requirement: '[GRT-1]',
  guards: ['capability-drop', 'seccomp'],
  prepare: placeKernelProbe,
  async control(walls) {
    const { stdout } = await walls.outside('./probe-kernel identity');
    expect(stdout, 'the bounding set of a caller outside').toMatch(/^CapBnd:\t0*[1-9a-f]/mu);
  },
  async attempt(walls) {
    const run = await walls.run('./probe-kernel identity | grep -v Uids');
    expectLines(run, powerless);
    return run;
  },
  async observe(walls) {
    const mark = `7${Date.now()}.5`;
    const ongoing = walls.start(`sleep ${mark}`);
    const [sleeper] = await eventually(
      async () => {
        const found = (await processesWithArgument(mark)).filter(({ argv }) => argv[0] === 'sleep');
        return found.length > 0 && found;
      },
      { what: 'the program inside' },
    );
    const status = await readFile(`/proc/${sleeper?.pid}/status`, 'utf8');
    const mounts = (await readFile(`/proc/${sleeper?.pid}/mountinfo`, 'utf8')).trim().split('\n');
    ongoing.child.kill('SIGTERM');
    await ongoing.ended;
    for (const line of powerless) expect(status).toContain(`${line}\n`);
    // A program that gains rights when it is executed gains none on any of these.
    expect(mounts.filter((mount) => !/^(?:\S+ ){5}\S*\bnosuid\b/u.test(mount))).toEqual([]);
  },
});

escapeTest('a session of root is nobody to the host', {
  requirement: '[GRT-1]',
  guards: ['foreign-uid'],
  async control(walls) {
    const { stdout } = await walls.outside('cat /proc/self/uid_map; ./probe stat /proc/timer_list; id -u');
    expect(stdout.trim().split('\n').at(-1)).toBe(String(process.getuid?.()));
  },
  async attempt(walls) {
    // Files that only the real root may open; a session that runs as its kernel uid opens them without any capability.
    const run = await walls.run(
      'for file in timer_list sysrq-trigger kmsg; do ./probe open-write /proc/$file; done; ./probe open-read /proc/timer_list',
    );
    expect(run.stdout).not.toContain('OK');
    return run;
  },
  async observe(walls) {
    const mark = `8${Date.now()}.5`;
    const ongoing = walls.start(`sleep ${mark}`);
    const [sleeper] = await eventually(
      async () => {
        const found = (await processesWithArgument(mark)).filter(({ argv }) => argv[0] === 'sleep');
        return found.length > 0 && found;
      },
      { what: 'the program inside' },
    );
    const status = await readFile(`/proc/${sleeper?.pid}/status`, 'utf8');
    const map = (await readFile(`/proc/${sleeper?.pid}/uid_map`, 'utf8')).trim().split(/\s+/u);
    ongoing.child.kill('SIGTERM');
    await ongoing.ended;
    const owners = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$/mu.exec(status)?.slice(1) ?? [];
    expect(owners).toHaveLength(4);
    for (const owner of owners) {
      if (isRoot) expect(Number(owner), 'a uid no account of the host has').toBeGreaterThan(1_000_000_000);
      else expect(Number(owner)).toBe(process.getuid?.());
    }
    expect(map, 'one id, and not the host’s root').toEqual([expect.any(String), owners[0], '1']);
  },
});

/** Settings of the kernel; all but the first need the real root. */
const settings = [
  'kernel/ns_last_pid',
  'kernel/core_pattern',
  'kernel/hostname',
  'vm/swappiness',
  'net/ipv4/ip_forward',
];

escapeTest('settings of the kernel', {
  requirement: '[GRT-1]',
  guards: ['proc-sys-read-only'],
  async control(walls) {
    const all = await walls.outside(settings.map((name) => `./probe open-write /proc/sys/${name}`).join('\n'));
    expectLines(
      all,
      settings.map((_, index) => `open-write: ${isRoot || index === 0 ? 'OK' : 'EACCES'}`),
    );
    const own = 'unshare --user --map-root-user --net ./probe open-write /proc/sys/net/ipv4/ip_forward';
    expectLines(await walls.outside(own), ['open-write: OK']);
  },
  async attempt(walls) {
    const run = await walls.run(settings.map((name) => `./probe open-write /proc/sys/${name}`).join('\n'));
    const [first, ...others] = run.stdout.trim().split('\n');
    expect(first, 'the one that permissions alone would open').toBe('open-write: EROFS');
    expect(others).toHaveLength(settings.length - 1);
    for (const answer of others) expect(answer).toMatch(/^open-write: (?:EACCES|EROFS)$/u);
    return run;
  },
  async observe() {},
});

/** Devices and files that speak to the kernel or to hardware. */
const absent = [
  ...[
    '/dev/mem',
    '/dev/kmsg',
    '/dev/port',
    '/dev/fuse',
    '/dev/kvm',
    '/dev/net/tun',
    '/dev/loop-control',
    '/dev/mqueue',
  ],
  ...[
    '/dev/console',
    '/dev/snd',
    '/dev/dri',
    '/dev/input',
    '/dev/uinput',
    '/dev/bus',
    '/dev/disk',
    '/dev/vda',
    '/dev/sda',
  ],
  ...['/proc/kcore', '/sys', '/sys/kernel', '/sys/fs/cgroup'],
];

escapeTest('devices and files of the machine', {
  requirement: '[GRT-1]',
  async control(walls) {
    // Which of them exist differs between machines; some do on every one.
    const { stdout } = await walls.outside('./probe stat /sys; ./probe stat /sys/kernel; ls /dev | wc -l');
    expect(stdout).toMatch(/^stat: OK\nstat: OK\n\d{2,}\n$/u);
  },
  async attempt(walls) {
    const run = await walls.run(`${absent.map((name) => `./probe open-read ${name}`).join('\n')}
      echo /dev/*
      ./probe mknod /tmp/mem c 1 1
      ./probe mknod ./disk b 8 0`);
    const answers = run.stdout.trim().split('\n');
    const [devices, ...made] = answers.slice(absent.length);
    const found = absent.filter((_, index) => !/: (?:ENOENT|EACCES)$/u.test(answers[index] ?? ''));
    expect(found).toEqual([]);
    expect(devices).toBe(
      '/dev/core /dev/fd /dev/full /dev/null /dev/ptmx /dev/pts /dev/random /dev/shm /dev/stderr /dev/stdin /dev/stdout /dev/tty /dev/urandom /dev/zero',
    );
    expect(made).toEqual(['mknod: EPERM', 'mknod: EPERM']);
    return run;
  },
  async observe() {},
});

const sharedKey = 1_000_000_000 + (process.pid % 1_000_000_000);
escapeTest('shared memory of the host', {
  requirement: '[GRT-1]',
  guards: ['ipc-namespace'],
  async prepare(walls) {
    await placeKernelProbe(walls);
    expectLines(await walls.outside(`./probe-kernel shm-make ${sharedKey} shared-text`), ['shm-make: OK']);
  },
  async control(walls) {
    expectLines(await walls.outside(`./probe-kernel shm-read ${sharedKey}`), ['shm-read: OK shared-text']);
  },
  async attempt(walls) {
    const run = await walls.run(`./probe-kernel shm-read ${sharedKey}; ./probe-kernel shm-remove ${sharedKey}`);
    expectLines(run, ['shm-read: ENOENT', 'shm-remove: ENOENT']);
    return run;
  },
  async observe(walls) {
    expectLines(await walls.outside(`./probe-kernel shm-read ${sharedKey}; ./probe-kernel shm-remove ${sharedKey}`), [
      'shm-read: OK shared-text',
      'shm-remove: OK',
    ]);
  },
});

/** Runs `su` so that it says whom it runs as, unless it runs as root. */
const startedWith =
  'program=$(command -v su); LD_SHOW_AUXV=1 "$program" --help | grep -E "AT_UID|AT_EUID|AT_SECURE" | sed "s/^AT_U/1&/;s/^AT_E/2&/;s/^AT_S/3&/" | sort | cut -c2-';

/** An account that every system has and that is not the caller's. */
const nobody = 65534;

if (isRoot) {
  escapeTest('a program that runs as somebody else when executed', {
    requirement: '[GRT-1]',
    async prepare(walls) {
      await placeKernelProbe(walls);
      const program = path.join(walls.workspace, 'as-nobody');
      await walls.outside('cp ./probe-kernel ./as-nobody');
      await chown(program, nobody, nobody);
      await chmod(program, 0o6755);
    },
    async control(walls) {
      const { stdout } = await walls.outside('./as-nobody identity | grep Uids');
      expect(stdout).toBe(`Uids:\t0 ${nobody}\n`);
    },
    async attempt(walls) {
      const run = await walls.run(`./as-nobody identity | grep Uids
        cp ./probe-kernel /tmp/own; chmod 6755 /tmp/own; /tmp/own identity | grep Uids`);
      const ids = run.stdout
        .trim()
        .split('\n')
        .map((line) => line.replace('Uids:\t', '').split(' '));
      expect(ids).toHaveLength(2);
      for (const [real, effective] of ids) expect(effective).toBe(real);
      return run;
    },
    async observe(walls) {
      await rm(path.join(walls.workspace, 'as-nobody'));
    },
  });
} else {
  escapeTest('programs of the system that run as root when executed', {
    requirement: '[GRT-1]',
    prepare: placeKernelProbe,
    async control(walls) {
      // The loader tells what it was started with, except when the program gained rights by being executed.
      const { status, stdout, stderr } = await walls.outside(`${startedWith}; ls -ln "$program"`);
      expect(status, stderr).toBe(0);
      expect(stdout, 'it gains rights and tells nothing').toMatch(/^-\S*s\S* \d+ 0 .*\n$/u);
    },
    async attempt(walls) {
      const run = await walls.run(`${startedWith}
        for tool in su sudo pkexec doas; do "$tool" -c id root </dev/null 2>/dev/null | grep -c uid=0; done`);
      const uid = String(process.getuid?.());
      expect(run.stdout.trim().split(/\s+/u)).toEqual([
        ...['AT_UID:', uid, 'AT_EUID:', uid, 'AT_SECURE:', '0'],
        ...['0', '0', '0', '0'],
      ]);
      return run;
    },
    async observe() {},
  });
}

import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SandboxBind } from '../../../main/core/sandbox/sandbox.ts';
import { skipUnless } from '../../helpers/skip.ts';
import { openSandboxFixture, type SandboxFixture } from './sandbox-fixture.ts';

let fixture: SandboxFixture;
beforeAll(async () => {
  fixture = await openSandboxFixture();
  await mkdir(path.join(fixture.home, '.ssh'), { mode: 0o700 });
  await writeFile(path.join(fixture.home, '.ssh/id_test'), 'canary-key\n');
});
afterAll(() => fixture.close());

const bind = (place: string, mode: SandboxBind['mode']): SandboxBind => ({ path: place, mode, reason: 'test' });

test('[GRT-1] the home is private: empty of the host’s, kept between sessions, never the host’s', async () => {
  const { stdout } = await fixture.shell('ls -A ~; cat ~/.ssh/id_test 2>&1; echo mine > ~/kept');
  expect(stdout.toString()).not.toContain('canary-key');
  expect(stdout.toString()).toMatch(/^project\n/);
  expect(existsSync(path.join(fixture.home, 'kept'))).toBe(false);
  expect(await readFile(path.join(fixture.homeStore, 'kept'), 'utf8')).toBe('mine\n');
  expect((await fixture.shell('cat ~/kept')).stdout.toString()).toBe('mine\n');
});

test('[GRT-1] only planned places exist', async () => {
  const { stdout } = await fixture.shell('ls -A / /run /tmp /sys 2>/dev/null; cat /etc/hosts /etc/passwd; hostname');
  const text = stdout.toString();
  expect(text).not.toMatch(/^(root|home|mnt|srv|boot|sys)$/mu);
  expect(text).toMatch(/^\/run:\ngatehouse$/mu);
  expect(text).toMatch(/^gatehouse$/mu);
  expect(text).not.toMatch(/^root:/mu);
  for (const absent of ['/etc/shadow', '/etc/machine-id', '/etc/ssh', '/etc/gitconfig', '/etc/ssl/private']) {
    expect((await fixture.shell(`test -e ${absent}`)).exit.status, absent).toBe(1);
  }
});

test.each([
  '/usr/x',
  '/etc/x',
  '/x',
  '/run/x',
  '/run/gatehouse/x',
  '/dev/x',
  '/proc/sys/kernel/hostname',
  '/proc/sys/vm/swappiness',
])('[GRT-1] %s cannot be written', async (place) => {
  const { exit, stderr } = await fixture.shell(`{ printf x > ${place}; } 2>&1 && exit 0; exit 9`);
  expect([exit.status, stderr.toString()]).toEqual([9, '']);
});

test('[GRT-1] no process inside has anything of the host in its environment, and init cannot be looked into', async () => {
  const { stdout } = await fixture.shell(
    'for p in /proc/[0-9]*; do tr "\\0" "\\n" < $p/environ 2>/dev/null; done; cat /proc/1/environ /proc/1/maps && echo readable; ls /proc/1/fd && echo readable; exit 0',
    { environment: { ONLY: 'this' } },
  );
  expect(stdout.toString()).not.toContain('readable');
  expect(
    new Set(
      stdout
        .toString()
        .trim()
        .split('\n')
        .filter((line) => !/^(PWD|OLDPWD|_|SHLVL)=/u.test(line)),
    ),
  ).toEqual(new Set(['ONLY=this']));
});

test('[GRT-1] no capability, no new privileges, one filter, a foreign uid for root', async () => {
  const { stdout } = await fixture.shell('cat /proc/self/status; id -u');
  const text = stdout.toString();
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
    expect(text).toMatch(new RegExp(`${set}:\\s+0+$`, 'mu'));
  expect(text).toMatch(/NoNewPrivs:\s+1/u);
  expect(text).toMatch(/Seccomp:\s+2/u);
  const uid = process.getuid?.() ?? 0;
  expect(text.trim().split('\n').at(-1)).toBe(String(uid === 0 ? 1000 : uid));
});

test('[GRT-1] a root caller’s session runs under a uid that means nothing to the host', async () => {
  const session = await fixture.launch(['/bin/sh', '-c', 'read line']);
  const { descendantsOf } = await import('../../helpers/processes.ts');
  const below = await descendantsOf(session.pid);
  const words = await Promise.all(below.map(({ pid }) => readFile(`/proc/${pid}/cmdline`, 'latin1')));
  // The holder is two processes, both outside, and stays the caller's.
  const inside = below.filter((_, index) => words[index]?.split('\0')[1] !== 'hold');
  const owners = await Promise.all(
    inside.map(async ({ pid }) => /^Uid:\s+(\d+)/mu.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]),
  );
  session.end();
  await session.ended;
  expect(inside.length).toBeGreaterThanOrEqual(3);
  for (const owner of owners) {
    if (process.getuid?.() === 0) expect(Number(owner)).toBeGreaterThanOrEqual(1_879_048_192);
    else expect(Number(owner)).toBe(process.getuid?.());
  }
});

test('[GRT-1] binds: read-only stays read-only, writable inside it works, hidden shows nothing', async () => {
  const open = path.join(fixture.home, 'open');
  const inner = path.join(open, 'inner');
  const secret = path.join(fixture.workspace, 'secret');
  const file = path.join(fixture.workspace, '.env');
  await mkdir(inner, { recursive: true });
  await mkdir(secret);
  await writeFile(path.join(open, 'seen'), 'seen\n');
  await writeFile(path.join(secret, 'key'), 'canary-secret\n');
  await writeFile(file, 'TOKEN=canary-env\n');
  const script = `cat ${open}/seen; echo no > ${open}/seen; echo no > ${open}/new; echo yes > ${inner}/new && echo wrote
    ls ${secret}; cat ${secret}/key; chmod 777 ${secret}; cat ${file}; chmod 666 ${file}; echo x > ${file}; rm -f ${file}; mv ${secret} ${secret}2; stat -c %a ${secret} ${file}`;
  const { stdout } = await fixture.shell(script, {
    binds: [
      bind(fixture.workspace, 'read-write'),
      bind(open, 'read-only'),
      bind(inner, 'read-write'),
      bind(secret, 'hidden'),
      bind(file, 'hidden'),
      bind(path.join(fixture.workspace, 'not-there'), 'hidden'),
    ],
  });
  expect(stdout.toString()).toBe('seen\nwrote\n0\n0\n');
  expect(await readFile(path.join(open, 'seen'), 'utf8')).toBe('seen\n');
  expect(await readFile(path.join(inner, 'new'), 'utf8')).toBe('yes\n');
  expect(await readFile(file, 'utf8')).toBe('TOKEN=canary-env\n');
  expect(await readFile(path.join(secret, 'key'), 'utf8')).toBe('canary-secret\n');
  expect(existsSync(path.join(fixture.workspace, 'not-there'))).toBe(false);
});

test('[GRT-1] a link planted in the home does not lead the mounts astray', async () => {
  const tool = path.join(fixture.home, 'tools/bin');
  const victim = path.join(fixture.folder, 'victim');
  await mkdir(tool, { recursive: true });
  await mkdir(victim);
  await writeFile(path.join(tool, 'hello'), '#!/bin/sh\necho hello\n');
  await chmod(path.join(tool, 'hello'), 0o755);
  // An earlier session left this; resolving it outside would make folders in the victim.
  await symlink(victim, path.join(fixture.homeStore, 'tools'));
  const { stdout } = await fixture.shell(`${tool}/hello`, {
    binds: [bind(fixture.workspace, 'read-write'), bind(tool, 'read-only')],
  });
  expect(stdout.toString()).toBe('hello\n');
  expect(existsSync(path.join(victim, 'bin'))).toBe(false);
});

test('[GRT-1] a folder that became a link is refused', async () => {
  const place = path.join(fixture.home, 'swapped');
  await symlink('/', place);
  await expect(
    fixture.shell('true', {
      binds: [bind(fixture.workspace, 'read-write'), bind(path.join(place, 'usr'), 'read-only')],
    }),
  ).rejects.toMatchObject({ data: { code: 'sandbox_failed' } });
});

test('links are recreated in the home, also a second time', async () => {
  const links = [{ at: path.join(fixture.home, '.local/bin/tool'), target: '/usr/bin/true' }];
  for (let turn = 0; turn < 2; turn += 1) {
    const { exit } = await fixture.shell('~/.local/bin/tool', { links });
    expect(exit.status).toBe(0);
  }
});

test('[IDN-2] what an earlier session planted in the way of such a link does not stay', async () => {
  const at = path.join(fixture.home, '.bin/deep/tool');
  const links = [{ at, target: '/usr/bin/true' }];
  await fixture.shell(
    'mkdir -p ~/.bin ~/elsewhere; ln -s ~/elsewhere ~/.bin/deep; printf "#!/bin/sh\\nexit 44" > ~/elsewhere/tool; chmod 755 ~/elsewhere/tool',
  );
  expect((await fixture.shell(at)).exit.status).toBe(44);
  expect((await fixture.shell(at, { links })).exit.status).toBe(0);
  await fixture.shell(`rm ${at}; printf "#!/bin/sh\\nexit 45" > ${at}; chmod 755 ${at}`);
  expect((await fixture.shell(at, { links })).exit.status).toBe(0);
});

test('a failing output handler is told at the end, after everything is gone', async () => {
  const session = await fixture.launch(['/bin/sh', '-c', 'echo one; echo two']);
  session.onOutput(() => {
    throw new Error('the handler failed');
  });
  await expect(session.ended).rejects.toThrow('the handler failed');
});

test('[GRT-1] the filter refuses what it names, and lets ordinary work through', async () => {
  const probe = `
import ctypes, errno, os, socket, mmap
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) for a in args])
    return errno.errorcode.get(ctypes.get_errno(), '?') if result < 0 else 'ok'
for name, number, args in [
    ('keyctl', 250, (0, 0)), ('add_key', 248, (0, 0)), ('request_key', 249, (0, 0)), ('io_uring_setup', 425, (1, 0)), ('userfaultfd', 323, (0,)),
    ('bpf', 321, (0, 0, 0)), ('perf_event_open', 298, (0, 0, 0)), ('unshare', 272, (0x10000000,)), ('setns', 308, (0, 0)),
    ('mount', 165, (0, 0, 0)), ('umount2', 166, (0, 0)), ('clone3', 435, (0, 0)), ('openat2', 437, (0, 0, 0, 0)),
    ('clone-newuser', 56, (0x10000000 | 17, 0)), ('process_vm_readv', 310, (1, 0)), ('pidfd_getfd', 438, (0, 0)),
    ('open_tree', 428, (0, 0)), ('name_to_handle_at', 303, (0, 0)), ('syslog', 103, (3, 0, 0)), ('seccomp-listener', 317, (1, 8, 0)),
    ('TIOCSTI', 16, (0, 0x5412, 0)), ('TIOCSTI-high-bits', 16, (0, 0x100005412, 0)), ('TIOCLINUX', 16, (0, 0x541c, 0)), ('memfd', 319, (ctypes.addressof(ctypes.create_string_buffer(b'm')), 0)),
]:
    print(name, call(number, *args))
def family(name, *args):
    try:
        socket.socket(*args).close(); print(name, 'ok')
    except OSError as error:
        print(name, errno.errorcode.get(error.errno, '?'))
family('unix', 1, 1); family('inet', 2, 1); family('inet6', 10, 1); family('netlink-route', 16, 3, 0)
family('netlink-audit', 16, 3, 9); family('alg', 38, 5); family('vsock', 40, 1); family('packet', 17, 3); family('raw', 2, 3, 1); family('bluetooth', 31, 3)
`;
  await writeFile(path.join(fixture.workspace, 'probe.py'), probe);
  const { stdout, stderr } = await fixture.shell('python3 probe.py');
  expect(stderr.toString()).toBe('');
  if (process.arch !== 'x64') return;
  expect(stdout.toString().trim().split('\n')).toEqual([
    'keyctl EPERM',
    'add_key EPERM',
    'request_key EPERM',
    'io_uring_setup ENOSYS',
    'userfaultfd EPERM',
    'bpf EPERM',
    'perf_event_open EPERM',
    'unshare EPERM',
    'setns EPERM',
    'mount EPERM',
    'umount2 EPERM',
    'clone3 ENOSYS',
    'openat2 ENOSYS',
    'clone-newuser EPERM',
    'process_vm_readv EPERM',
    'pidfd_getfd EPERM',
    'open_tree EPERM',
    'name_to_handle_at EPERM',
    'syslog EPERM',
    'seccomp-listener EPERM',
    'TIOCSTI EPERM',
    'TIOCSTI-high-bits EPERM',
    'TIOCLINUX EPERM',
    'memfd ok',
    'unix ok',
    'inet ok',
    'inet6 ok',
    'netlink-route ok',
    'netlink-audit EAFNOSUPPORT',
    'alg EAFNOSUPPORT',
    'vsock EAFNOSUPPORT',
    'packet EAFNOSUPPORT',
    'raw EPERM',
    'bluetooth EAFNOSUPPORT',
  ]);
});

/** Runs machine code made for another ABI: its calls have other numbers, which a filter of native numbers would let through. */
const foreignCalls: [what: string, python: string][] = [
  ['i386 calls through int 0x80', "run(b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3')"],
  ['x32 calls', 'ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 | 39))'],
];
const runCode = `import ctypes, mmap
def run(code):
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(code)
    ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
`;

skipUnless(process.arch === 'x64', 'the other ABIs are those of x86-64')(
  '[GRT-1] foreign ABIs are killed',
  async () => {
    // The control: the same machinery runs native code.
    await writeFile(
      path.join(fixture.workspace, 'native.py'),
      `${runCode}run(b'\\xb8\\x27\\x00\\x00\\x00\\x0f\\x05\\xc3'); print('ran')`,
    );
    expect((await fixture.shell('python3 native.py')).stdout.toString()).toBe('ran\n');
    for (const [what, python] of foreignCalls) {
      await writeFile(path.join(fixture.workspace, 'foreign.py'), `${runCode}${python}\nprint('ran')`);
      const { exit, stdout } = await fixture.shell('exec python3 foreign.py');
      expect([what, exit, stdout.toString()]).toEqual([what, { status: 159, signal: 'SIGSYS' }, '']);
    }
  },
);

test('limits hold inside and cannot be raised', async () => {
  const { stdout } = await fixture.shell(
    'ulimit -n; ulimit -Hn; ulimit -u 2>/dev/null || bash -c "ulimit -u"; ulimit -d; ulimit -c; ulimit -n 100000 2>/dev/null || echo kept',
    { limits: { openFiles: 256, processes: 64, memoryBytes: 512 * 1024 * 1024 } },
  );
  expect(stdout.toString()).toBe('256\n256\n64\n524288\n0\nkept\n');
});

test('a fork bomb ends at its bound', async () => {
  const script = `bash -c 'for i in $(seq 200); do sleep 1000 & done' 2>&1 | grep -c -m1 -i "resource temporarily" `;
  const { stdout } = await fixture.shell(script, { limits: { processes: 40 } });
  expect(stdout.toString()).toBe('1\n');
});

test('[PLT] every mechanism is there, or says what to do', async () => {
  const mechanisms = await fixture.sandbox.probe();
  expect(mechanisms.filter(({ state }) => state === 'missing')).toEqual([]);
  expect(mechanisms.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['bubblewrap', 'namespaces', 'seccomp', 'portcullis', 'cgroup-limits']),
  );
});

test('[PLT] without portcullis nothing starts, and the reason is told', async () => {
  const { createLinuxSandbox } = await import('../../../main/adapters/sandbox/linux/linux-sandbox.ts');
  const without = createLinuxSandbox({ portcullisPath: path.join(fixture.folder, 'nowhere') });
  await expect(without.launch(await fixture.request())).rejects.toMatchObject({
    data: { code: 'sandbox_unavailable' },
  });
  expect((await stat(fixture.workspace)).isDirectory()).toBe(true);
});

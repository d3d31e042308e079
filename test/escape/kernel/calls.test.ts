import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { escapeTests, expectLines } from '../harness/escape.ts';
import { placeKernelProbe } from './place.ts';

const escapeTest = escapeTests();

/** A call with the answer that the filter gives, and who else may refuse it outside. */
interface Call {
  /** As `./probe-kernel call` takes it: harmless where it is allowed. */
  readonly call: string;
  readonly inside: 'EPERM' | 'ENOSYS';
  /** The control makes it in namespaces of its own: outside them even the host refuses it to an ordinary user. */
  readonly needsNamespace?: true;
}

/** Calls that nobody inside may make, by what they would open. Each reaches the kernel when it is made outside. */
const groups: Readonly<Record<string, readonly Call[]>> = {
  'keyrings, which no namespace divides': [
    { call: 'keyctl 0 -3 0', inside: 'EPERM' },
    { call: 'add_key s:user s:gatehouse-probe s:x 1 -2', inside: 'EPERM' },
    { call: 'request_key s:user s:gatehouse-none 0 0', inside: 'EPERM' },
  ],
  'io_uring, which makes calls that no filter sees': [
    { call: 'io_uring_setup 1 z', inside: 'ENOSYS' },
    { call: 'io_uring_enter -1 0 0 0 0 0', inside: 'ENOSYS' },
    { call: 'io_uring_register -1 0 0 0', inside: 'ENOSYS' },
  ],
  'calls that hide their flags in memory': [
    { call: 'clone3 z 0', inside: 'ENOSYS' },
    { call: 'openat2 -100 s:/ z 24', inside: 'ENOSYS' },
  ],
  'attack surface without a use': [
    { call: 'userfaultfd 1', inside: 'EPERM' },
    { call: 'bpf 7 z 128', inside: 'EPERM' },
    { call: 'perf_event_open z 0 -1 -1 0xffff', inside: 'EPERM' },
    { call: 'fanotify_init 0x200 0', inside: 'EPERM' },
    { call: 'kcmp 0 0 0 0 0', inside: 'EPERM' },
    { call: 'quotactl_fd -1 0 0 0', inside: 'EPERM' },
    { call: 'seccomp 1 8 0', inside: 'EPERM' },
    { call: 'personality 0x0400000', inside: 'EPERM' },
  ],
  'mount calls, old and new': [
    { call: 'mount s:x s:/nowhere s:tmpfs 0 0', inside: 'EPERM', needsNamespace: true },
    { call: 'umount2 s:/nowhere 0', inside: 'EPERM', needsNamespace: true },
    { call: 'pivot_root s:/nowhere s:/nowhere', inside: 'EPERM', needsNamespace: true },
    { call: 'chroot s:/', inside: 'EPERM', needsNamespace: true },
    { call: 'fsopen s:tmpfs 1', inside: 'EPERM', needsNamespace: true },
    { call: 'fsconfig -1 0 0 0 0', inside: 'EPERM', needsNamespace: true },
    { call: 'fsmount -1 0 0', inside: 'EPERM', needsNamespace: true },
    { call: 'fspick -100 s:/nowhere 1', inside: 'EPERM', needsNamespace: true },
    { call: 'open_tree -100 s:/ 0x80000', inside: 'EPERM', needsNamespace: true },
    { call: 'open_tree_attr -100 s:/nowhere 0 z 32', inside: 'EPERM', needsNamespace: true },
    { call: 'move_mount -100 s:/nowhere -100 s:/nowhere 0', inside: 'EPERM', needsNamespace: true },
    { call: 'mount_setattr -100 s:/ 0 z 32', inside: 'EPERM', needsNamespace: true },
  ],
  'namespaces of one’s own, and other people’s': [
    { call: 'unshare 0x10000000', inside: 'EPERM' },
    { call: 'unshare 0x40000000', inside: 'EPERM', needsNamespace: true },
    { call: 'clone 0x10000011 0 0 0 0', inside: 'EPERM' },
    { call: 'clone 0x50020011 0 0 0 0', inside: 'EPERM' },
    // The kernel looks at the low half of the flags alone.
    { call: 'clone 0xf00000010000011 0 0 0 0', inside: 'EPERM' },
    { call: 'setns -1 0', inside: 'EPERM' },
  ],
  'files by handle, around every mount': [
    { call: 'name_to_handle_at -100 s:/ z z 0', inside: 'EPERM' },
    { call: 'open_by_handle_at -1 z 0', inside: 'EPERM' },
  ],
  'memory and descriptors of other processes': [
    { call: 'process_vm_readv -1 0 0 0 0 0', inside: 'EPERM' },
    { call: 'process_vm_writev -1 0 0 0 0 0', inside: 'EPERM' },
    { call: 'pidfd_getfd -1 0 0', inside: 'EPERM' },
  ],
};

for (const [what, calls] of Object.entries(groups)) {
  const name = (call: string): string => call.split(' ', 1)[0] ?? '';
  let hostMounts = '';
  escapeTest(what, {
    requirement: '[GRT-1]',
    guards: ['seccomp'],
    async prepare(walls) {
      await placeKernelProbe(walls);
      hostMounts = await readFile('/proc/self/mountinfo', 'utf8');
    },
    async control(walls) {
      const place = (call: Call): string => (call.needsNamespace ? 'unshare --user --map-root-user --mount ' : '');
      const run = await walls.outside(calls.map((call) => `${place(call)}./probe-kernel call ${call.call}`).join('\n'));
      const answers = run.stdout.trim().split('\n');
      expect(answers, run.stderr).toHaveLength(calls.length);
      // Reached: the kernel did it, or found fault with the arguments.
      for (const [index, { call, inside }] of calls.entries()) {
        expect(answers[index], 'outside').toMatch(new RegExp(`^${name(call)}: (?!${inside}$)`, 'u'));
      }
    },
    async attempt(walls) {
      const run = await walls.run(calls.map(({ call }) => `./probe-kernel call ${call}`).join('\n'));
      expectLines(
        run,
        calls.map(({ call, inside }) => `${name(call)}: ${inside}`),
      );
      return run;
    },
    async observe() {
      expect(await readFile('/proc/self/mountinfo', 'utf8'), 'mounts of the host').toBe(hostMounts);
    },
  });
}

/** Families and types of sockets. The control makes raw ones in a network namespace of its own. */
const sockets: readonly (readonly [what: string, socket: string, inside: string])[] = [
  ['vsock', '40 1 0', 'EAFNOSUPPORT'],
  ['packet', '17 3 0', 'EAFNOSUPPORT'],
  ['kernel cryptography', '38 5 0', 'EAFNOSUPPORT'],
  ['netlink: audit', '16 3 9', 'EAFNOSUPPORT'],
  ['netlink: kernel events', '16 3 15', 'EAFNOSUPPORT'],
  ['netlink: netfilter', '16 3 12', 'EAFNOSUPPORT'],
  ['netlink: sockets of everybody', '16 3 4', 'EAFNOSUPPORT'],
  ['bluetooth', '31 3 0', 'EAFNOSUPPORT'],
  ['raw ICMP', '2 3 1', 'EPERM'],
  ['raw ICMPv6', '10 3 58', 'EPERM'],
  ['raw, with flags in the type', '2 0x80803 255', 'EPERM'],
  ['the old packet type', '2 10 8', 'EPERM'],
  ['DCCP', '2 6 33', 'EPERM'],
  ['SCTP, which the kernel would load a module for', '2 1 132', 'EPROTONOSUPPORT'],
  ['L2TP, which the kernel would load a module for', '2 2 115', 'EPROTONOSUPPORT'],
];

escapeTest('sockets that leave the network namespace or reach drivers', {
  requirement: '[GRT-1]',
  guards: ['seccomp'],
  prepare: placeKernelProbe,
  async control(walls) {
    const script = ['2 1 0', '10 2 0', '1 1 0', '16 3 0'].map((socket) => `./probe-kernel socket ${socket}`).join('\n');
    const allowed = ['2 1 0', '10 2 0', '1 1 0', '16 3 0'].map((socket) => `socket ${socket}: OK`);
    expectLines(await walls.outside(script), allowed);
    expectLines(await walls.run(script), allowed);
    const raw = await walls.outside(
      `unshare --user --map-root-user --net sh -c './probe-kernel socket 2 3 1; ./probe-kernel socket 17 3 0; ./probe-kernel socket 16 3 15'`,
    );
    expectLines(raw, ['socket 2 3 1: OK', 'socket 17 3 0: OK', 'socket 16 3 15: OK']);
  },
  async attempt(walls) {
    const run = await walls.run(sockets.map(([, socket]) => `./probe-kernel socket ${socket}`).join('\n'));
    expectLines(
      run,
      sockets.map(([, socket, inside]) => `socket ${socket}: ${inside}`),
    );
    return run;
  },
  async observe() {},
});

const keyText = 'the-text-of-a-key-outside';
escapeTest('a key in the user’s keyring', {
  requirement: '[GRT-1]',
  guards: ['seccomp'],
  async prepare(walls) {
    await placeKernelProbe(walls);
    expectLines(await walls.outside(`./probe-kernel key-plant gatehouse-escape ${keyText}`), ['key-plant: OK']);
  },
  async control(walls) {
    expectLines(await walls.outside('./probe-kernel key-read gatehouse-escape'), [`key-read: OK ${keyText}`]);
  },
  async attempt(walls) {
    const run = await walls.run(`./probe-kernel key-read gatehouse-escape
      ./probe-kernel key-plant gatehouse-escape overwritten
      ./probe-kernel call keyctl 9 -4 -5`);
    expectLines(run, ['key-read: EPERM', 'key-plant: EPERM', 'keyctl: EPERM']);
    return run;
  },
  async observe(walls) {
    expectLines(await walls.outside('./probe-kernel key-read gatehouse-escape'), [`key-read: OK ${keyText}`]);
  },
});

escapeTest('a mount of one’s own, with the system’s tools', {
  requirement: '[GRT-1]',
  guards: ['seccomp'],
  async control(walls) {
    const script = 'mount -t tmpfs mine /mnt && touch /mnt/made && echo mounted';
    expectLines(await walls.outside(['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', script]), [
      'mounted',
    ]);
  },
  async attempt(walls) {
    const run = await walls.run(`
      for kind in --user --mount --net --pid --ipc --uts --cgroup; do
        unshare $kind true 2>/dev/null && echo "unshare $kind"
        unshare --user --map-root-user $kind true 2>/dev/null && echo "unshare --user $kind"
      done
      bwrap --ro-bind / / --unshare-user true 2>/dev/null && echo bwrap
      nsenter --target 1 --mount true 2>/dev/null && echo nsenter
      mount -t tmpfs mine /tmp 2>/dev/null && echo mount
      mount -o remount,bind,rw /usr 2>/dev/null && echo remount
      umount /proc/sys 2>/dev/null && echo umount
      chroot / true 2>/dev/null && echo chroot
      true`);
    expectLines(run, []);
    return run;
  },
  async observe() {},
});

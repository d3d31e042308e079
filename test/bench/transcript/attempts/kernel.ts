import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { listProcesses, processesWithArgument } from '../../../helpers/processes.ts';
import { type Attempt, changes, reads, says } from '../attempt.ts';
import type { Target } from '../planted-host.ts';

const execute = promisify(execFile);
const group = 'processes and kernel';

/** The person's processes: what they know, and whether they can be touched. */
const others: readonly Attempt[] = [
  reads(group, 'the caller’s variables, in its own environment', () => 'env'),
  reads(group, 'the same in every process it sees', () => 'cat /proc/[0-9]*/environ | tr "\\0" "\\n"'),
  reads(
    group,
    'the variables of a process of the person',
    ({ host }) => `tr '\\0' '\\n' < /proc/${host.victim.pid}/environ`,
  ),
  reads(group, 'secrets in the arguments of processes', () => 'cat /proc/[0-9]*/cmdline | tr "\\0" "\\n"'),
  reads(
    group,
    'the memory of a process of the person, through /proc',
    ({ host: { victim } }) => `python3 attack.py memory ${victim.pid} ${victim.address} ${victim.length}`,
  ),
  reads(
    group,
    'the same with process_vm_readv',
    ({ host: { victim } }) => `python3 attack.py vm-read ${victim.pid} ${victim.address} ${victim.length}`,
  ),
  reads(
    group,
    'the same with ptrace',
    ({ host: { victim } }) => `python3 attack.py peek ${victim.pid} ${victim.address} ${victim.length}`,
  ),
  reads(
    group,
    'a descriptor of it, with pidfd_getfd',
    ({ host: { victim } }) => `python3 attack.py take-descriptor ${victim.pid} ${victim.fd}`,
  ),
  disturbs(
    'a signal to a process of the person',
    ({ host }) => `kill -USR1 ${host.victim.pid}`,
    ({ host }) => host.victimSaid().includes('USR1'),
  ),
  disturbs(
    'SIGKILL to it',
    ({ host }) => `kill -9 ${host.victim.pid}`,
    ({ host }) => !host.victimRuns(),
  ),
  disturbs(
    'SIGKILL to it through a pidfd',
    ({ host }) => `python3 -c 'import os,signal; signal.pidfd_send_signal(os.pidfd_open(${host.victim.pid}),9)'`,
    ({ host }) => !host.victimRuns(),
  ),
  disturbs(
    'its limits lowered with prlimit',
    ({ host }) => `prlimit --pid ${host.victim.pid} --nofile=17:17`,
    async ({ host }) => /Max open files\s+17\s/u.test(await readFile(`/proc/${host.victim.pid}/limits`, 'utf8')),
  ),
  disturbs(
    'its priority lowered',
    ({ host }) => `renice -n 13 -p ${host.victim.pid}`,
    async ({ host }) => (await readFile(`/proc/${host.victim.pid}/stat`, 'utf8')).split(' ')[18] === '13',
  ),
  reads(
    group,
    'a descriptor that the caller left open',
    () => 'for fd in 3 4 5 6 7 8 9; do cat /proc/self/fd/$fd; done 2>/dev/null',
    { alone: true, descriptor: true },
  ),
  reads(group, 'a key in the person’s kernel keyring', ({ mark }) => `./kernel key-read ${mark}`, {
    prepare: plantKey,
  }),
  says(
    group,
    'the names of the person’s kernel keys',
    ({ mark }) => `cat /proc/keys; echo ${mark} >&2`,
    /^[0-9a-f]{8} .*keyring/mu,
  ),
  reads(
    group,
    'a shared memory segment of the person',
    ({ mark }) => `python3 attack.py shared-memory ${keyOf(mark)}`,
    { prepare: plantSegment },
  ),
  {
    group,
    what: 'a message in a queue of the person',
    seen: 'the queue outside holds the mark',
    prepare: plantQueue,
    steps: ({ mark }) => `python3 attack.py message-queue ${mark} ${mark}`,
    succeeded: async ({ mark }) => (await readQueue(mark)).includes(mark),
  },
];

function disturbs(
  what: string,
  steps: Attempt['steps'],
  succeeded: (target: Target) => boolean | Promise<boolean>,
): Attempt {
  return {
    group,
    what,
    seen: 'the process outside was disturbed',
    steps,
    async succeeded(target) {
      // A signal is delivered before long, or never.
      for (let look = 0; look < 20; look += 1) {
        if (await Promise.resolve(succeeded(target)).catch(() => false)) return true;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return false;
    },
  };
}

async function plantKey({ workspace, mark, secret }: Target): Promise<void> {
  await execute(path.join(workspace, 'kernel'), ['key-plant', mark, secret.text]);
}

function keyOf(mark: string): number {
  return Number.parseInt(mark.slice(-6), 16) + 1;
}

async function plantSegment({ mark, secret, onClose }: Target): Promise<void> {
  const code = `import ctypes,sys\nc=ctypes.CDLL(None); c.shmat.restype=ctypes.c_void_p\ni=c.shmget(${keyOf(mark)},4096,0o1600)\nctypes.memmove(c.shmat(i,None,0),b"${secret.text}\\0",${secret.text.length + 1})\nprint(i)`;
  const { stdout } = await execute('python3', ['-c', code]);
  onClose(async () => void (await execute('ipcrm', ['-m', stdout.trim()])));
}

const queueCall = (mark: string, flags: number) =>
  `import ctypes,struct\nc=ctypes.CDLL(None)\nq=c.syscall(240,b"${mark}",${flags},0o600,struct.pack("8q",0,4,64,0,0,0,0,0))\n`;

async function plantQueue({ mark, onClose }: Target): Promise<void> {
  await execute('python3', ['-c', queueCall(mark, 0o102)]);
  onClose(
    async () => void (await execute('python3', ['-c', `import ctypes; ctypes.CDLL(None).syscall(241,b"${mark}")`])),
  );
}

async function readQueue(mark: string): Promise<string> {
  return (
    await execute('python3', [
      '-c',
      `${queueCall(mark, 0o4002)}b=ctypes.create_string_buffer(64)\nc.syscall(243,q,b,64,0,0)\nprint(b.value)`,
    ])
  ).stdout;
}

/** Calls that open parts of the kernel nobody inside needs. Each is harmless where it is allowed. */
const calls: readonly (readonly [what: string, steps: string, words?: RegExp])[] = [
  ['io_uring', './kernel call io_uring_setup 1 z'],
  ['userfaultfd', './kernel call userfaultfd 1'],
  ['bpf', './kernel call bpf 0 r:02000000040000000400000001000000 128'],
  ['perf events', './kernel call perf_event_open r:0100000070000000 0 -1 -1 0'],
  ['fanotify', './kernel call fanotify_init 0x200 0'],
  ['a new user namespace', './kernel call unshare 0x10000000'],
  ['a new user namespace by clone', './kernel call clone 0x10000011 0 0 0 0'],
  ['a new user namespace by clone3', 'python3 attack.py clone3-user'],
  ['all namespaces, with the system’s tools', 'unshare -Urmpnif true && echo tools: OK'],
  ['a tree of its own with open_tree', './kernel call open_tree -100 s:/ 1'],
  ['a file system of its own with fsopen', './kernel call fsopen s:tmpfs 1'],
  ['mount', 'mkdir -p k-mnt; ./kernel call mount s:x s:k-mnt s:tmpfs 0 0; umount k-mnt'],
  ['chroot', './kernel call chroot s:/'],
  ['calls of the i386 table', './kernel i386', /came back with the pid/u],
  ['calls of the x32 table', './kernel x32', /came back with the pid/u],
  ['keyrings at all', './kernel call keyctl 0 -3 1'],
  ['kernel modules', 'python3 attack.py raw 175 0 0 0'],
  ['reboot control', 'python3 attack.py raw 169 0xfee1dead 672274793 0'],
  ['the clock', 'python3 attack.py raw 164 0 0'],
  ['the kernel log', 'python3 attack.py raw 103 10 0 0'],
  ['vsock', './kernel socket 40 1 0'],
  ['packet sockets', './kernel socket 17 3 0'],
  ['raw sockets', './kernel socket 2 3 1'],
  ['kernel cryptography (AF_ALG)', './kernel socket 38 5 0'],
  ['netlink: audit', './kernel socket 16 3 9'],
  ['netlink: kernel events', './kernel socket 16 3 15'],
  ['netlink: firewall', './kernel socket 16 3 12'],
  ['netlink: everybody’s sockets', './kernel socket 16 3 4'],
  ['capabilities', 'cat /proc/self/status', /CapEff:\s*0*[1-9a-f]/u],
  ['new privileges through set-uid programs', 'cat /proc/self/status', /NoNewPrivs:\s*0/u],
  [
    'settings of the machine in /proc/sys',
    'cat /proc/sys/kernel/core_pattern > steps/c; cat steps/c > /proc/sys/kernel/core_pattern && echo written',
    /written/u,
  ],
  ['sysrq', 'echo h > /proc/sysrq-trigger && echo written', /written/u],
  ['kernel addresses', 'head -3 /proc/kallsyms', /^(?!0{16})[0-9a-f]{16} /mu],
  ['the kernel’s memory', 'head -c 4 /proc/kcore | od -c', /E\s+L\s+F/u],
  ['/sys of the machine', 'ls /sys/class/block /sys/devices/system/cpu', /cpu0/u],
  ['protection from the out-of-memory killer', 'echo -500 > /proc/self/oom_score_adj && echo written', /written/u],
  ['a higher priority', 'nice -n -5 sh -c "cut -d\\" \\" -f19 /proc/self/stat"', /^-5$/mu],
];

/** The kernel did it. */
const reached = /: OK/u;

/** Whatever is still there when the session is over. */
function survives(what: string, steps: (mark: string) => string): Attempt {
  return {
    group,
    what,
    seen: 'the process outlived its session',
    steps: ({ mark }) => steps(mark),
    alone: true,
    async succeeded({ mark }) {
      // What ends with the session may need a moment; what survives stays.
      for (let look = 0; look < 40; look += 1) {
        if ((await processesWithArgument(mark)).length === 0) return false;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return true;
    },
  };
}

const sleeper = (mark: string) => `exec -a ${mark} sleep 600`;

const lifetime: readonly Attempt[] = [
  survives(
    'a daemon in a session of its own',
    (mark) => `setsid bash -c '${sleeper(mark)}' </dev/null >/dev/null 2>&1 & sleep 0.2`,
  ),
  survives(
    'a daemon twice removed that ignores signals',
    (mark) =>
      `(setsid bash -c 'trap "" TERM HUP INT; (setsid bash -c "trap \\"\\" TERM HUP INT; ${sleeper(mark)}" &) &' </dev/null >/dev/null 2>&1 &); sleep 0.3`,
  ),
  survives(
    'a daemon that is stopped when the session ends',
    (mark) => `setsid bash -c 'kill -STOP $$; ${sleeper(mark)}' ${mark} </dev/null >/dev/null 2>&1 & sleep 0.3`,
  ),
  survives(
    'a crowd that forks while it is ended',
    (mark) =>
      `setsid bash -c 'for i in $(seq 60); do (${sleeper(mark)}) & done; wait' ${mark} </dev/null >/dev/null 2>&1 & sleep 0.2`,
  ),
  {
    ...survives(
      'the program that holds the walls is killed: the agent goes on',
      (mark) => `bash -c '${sleeper(mark)}' & sleep 0.3; echo holding; wait`,
    ),
    killOuter: true,
    during: async () => true,
  },
];

/** What a session may take from everybody else. */
const exhaustion: readonly Attempt[] = [
  takes(
    'two thousand processes',
    ({ mark }) => `python3 attack.py bomb 2000 ${mark}`,
    async ({ mark }) => (await processesWithArgument(mark)).length >= 2000,
  ),
  takes(
    'a gigabyte of memory',
    ({ mark }) => `python3 attack.py eat 1024 ${mark}`,
    async ({ mark }) => (await residentKiB(mark)) > 1_000_000,
  ),
  takes(
    'all inotify instances of the user',
    () => 'python3 attack.py take-inotify',
    () => fails('c=ctypes.CDLL(None); print(c.syscall(294,0))'),
  ),
  takes(
    'all queued signals of the user',
    () => 'python3 attack.py take-signals',
    () =>
      fails(
        'import signal,os; signal.pthread_sigmask(0,[40]); print(ctypes.CDLL(None).syscall(129,os.getpid(),40,(ctypes.c_int*32)(40,0,-1)))',
      ),
  ),
  takes(
    'all memory for message queues of the user',
    () => 'python3 attack.py take-message-queues',
    () =>
      fails(
        'import struct,os; n=b"q%d"%os.getpid(); c=ctypes.CDLL(None); print(c.syscall(240,n,0o102,0o600,struct.pack("8q",0,10,8192,0,0,0,0,0))); c.syscall(241,n)',
      ),
  ),
];

function takes(what: string, steps: Attempt['steps'], during: NonNullable<Attempt['during']>): Attempt {
  return {
    group,
    what,
    seen: 'the host felt it meanwhile',
    steps,
    during,
    alone: true,
    succeeded: (_target, run) => run.during === true,
  };
}

/** Whether a call of the person's own fails now. */
async function fails(code: string): Promise<boolean> {
  return (await execute('python3', ['-c', `import ctypes\n${code}`])).stdout.includes('-1');
}

async function residentKiB(mark: string): Promise<number> {
  const found = (await listProcesses()).filter(
    ({ argv }) => argv.includes(mark) && argv.some((part) => part.endsWith('attack.py')),
  );
  const sizes = await Promise.all(found.map(({ pid }) => readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')));
  return Math.max(0, ...sizes.map((text) => Number(/^VmRSS:\s+(\d+)/mu.exec(text)?.[1] ?? 0)));
}

/** The person's terminal. */
const terminal: readonly Attempt[] = [
  onTerminal(
    'type into the person’s shell with TIOCSTI',
    () => `python3 -c 'import fcntl,termios\nfor c in b"evil\\n": fcntl.ioctl(0,termios.TIOCSTI,bytes([c]))'`,
    ({ waiting }) => waiting.includes('evil'),
  ),
  onTerminal(
    'leave the terminal without echo',
    () => 'stty -echo -icanon',
    ({ echo }) => !echo,
  ),
  onTerminal(
    'leave the mouse reporting',
    () => "printf '\\033[?1003h\\033[?1006h'",
    (_facts, output) => output.lastIndexOf('\x1b[?1003h') > output.lastIndexOf('\x1b[?1003l'),
  ),
  onTerminal(
    'leave the alternate screen',
    () => "printf '\\033[?1049h'",
    (_facts, output) => output.lastIndexOf('\x1b[?1049h') > output.lastIndexOf('\x1b[?1049l'),
  ),
  onTerminal(
    'write to the terminal after the end',
    ({ mark }) => `trap '' HUP; (trap '' HUP; exec 3>&1; while :; do sleep 0.1; echo late-${mark}; done) & sleep 0.2`,
    (_facts, output, mark) => output.slice(output.indexOf('<<over>>')).includes(`late-${mark}`),
  ),
];

function onTerminal(
  what: string,
  steps: Attempt['steps'],
  judge: (facts: { echo: boolean; waiting: string }, output: string, mark: string) => boolean,
): Attempt {
  return {
    group,
    what,
    seen: 'the person’s terminal, when everything is over',
    steps,
    alone: true,
    terminal: true,
    succeeded: ({ mark }, { terminal: facts, output }) => facts !== undefined && judge(facts, output, mark),
  };
}

/** What goes on outside, learnt from inside. */
const learning: readonly Attempt[] = [
  reads(group, 'names of the person’s sockets in /proc/net/unix', () => 'cat /proc/net/unix', {
    succeeded: ({ host }, { output }) => output.includes(host.sockets.abstract),
    seen: 'the planted name was printed inside',
  }),
  reads(group, 'the person’s connections in /proc/net/tcp', () => 'cat /proc/net/tcp', {
    succeeded: ({ host }, { output }) =>
      output.includes(`:${host.ports.loopback.toString(16).toUpperCase().padStart(4, '0')}`),
    seen: 'the planted port was printed inside',
  }),
  {
    group,
    what: 'which programs the person runs, by watching opens in /usr',
    seen: 'it told what was opened outside meanwhile',
    alone: true,
    steps: () => 'python3 attack.py watch-opens /usr/share/common-licenses 8',
    async during() {
      const reader = spawn('cat', ['/usr/share/common-licenses/GPL-2'], { stdio: 'ignore' });
      await once(reader, 'close');
      return true;
    },
    succeeded: (_target, { output }) => output.includes('GPL-2'),
  },
  changes(
    group,
    'a core file of its own in the workspace',
    () => "sh -c 'ulimit -c unlimited; kill -SEGV $$'; ls core*",
    ({ workspace }) => [path.join(workspace, 'core')],
  ),
];

export const kernelAttempts: readonly Attempt[] = [
  ...others,
  ...calls.map(([what, steps, words]) => says(group, what, () => steps, words ?? reached)),
  ...lifetime,
  ...exhaustion,
  ...terminal,
  ...learning,
];

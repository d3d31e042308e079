import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { release, constants as systemConstants } from 'node:os';
import { getSystemErrorMap, promisify } from 'node:util';
import type { Mechanism } from '#contract/doctor.ts';
import { firstForeignUid } from './foreign-uid.ts';
import { kernelMechanisms } from './kernel-mechanisms.ts';
import { isOlder, parseVersion, readSetting } from './kernel-settings.ts';

const run = promisify(execFile);

/** How long one probe may take; it ends what hangs. */
const probeTimeoutMs = 20_000;

export interface Bubblewrap {
  readonly path: string;
  readonly version: readonly [number, number];
}

/** The oldest bubblewrap that knows every option used (`--perms`, 0.5). */
const oldestBubblewrap = [0, 5] as const;
/** The oldest kernel with every mount call used (mount_setattr, 5.12). */
const oldestKernel = [5, 12] as const;
/** System folders only: a bubblewrap found through the caller's PATH could be anybody's. */
const bubblewrapPlaces = ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap'];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The system's bubblewrap and its version; undefined when there is none that runs. */
export async function findBubblewrap(): Promise<Bubblewrap | undefined> {
  const path = bubblewrapPlaces.find(isExecutable);
  if (path === undefined) return undefined;
  try {
    const { stdout } = await run(path, ['--version'], { env: {}, timeout: probeTimeoutMs });
    return { path, version: parseVersion(stdout) };
  } catch {
    return undefined;
  }
}

const installRemedy = 'Install it: sudo apt-get install bubblewrap (or your distribution’s package of that name).';

function bubblewrapMechanism(found: Bubblewrap | undefined): Mechanism {
  const about = { id: 'bubblewrap', title: 'bubblewrap' };
  if (found === undefined) {
    return { ...about, state: 'missing', detail: 'It is not installed or does not run.', remedy: installRemedy };
  }
  const detail = `Version ${found.version.join('.')} at ${found.path}.`;
  if (isOlder(found.version, oldestBubblewrap)) {
    return { ...about, state: 'missing', detail: `${detail} At least 0.5 is needed.`, remedy: installRemedy };
  }
  if ((statSync(found.path).mode & 0o4000) === 0) return { ...about, state: 'ok', detail };
  return {
    ...about,
    state: 'limited',
    detail: `${detail} It is set-uid root, which nothing here needs and which makes a mistake in it a way to root.`,
    remedy: `sudo chmod u-s ${found.path}`,
  };
}

function kernelMechanism(): Mechanism {
  const about = { id: 'kernel', title: 'Linux kernel' };
  if (!isOlder(parseVersion(release()), oldestKernel))
    return { ...about, state: 'ok', detail: `Version ${release()}.` };
  return {
    ...about,
    state: 'missing',
    detail: `Version ${release()}; 5.12 or newer is needed.`,
    remedy: 'Update the system’s kernel.',
  };
}

function namespaceRemedy(): string {
  if (readSetting('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return 'AppArmor restricts user namespaces here: install Gatehouse’s package, which brings a profile for it, or run sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0 (kept over a restart by a file in /etc/sysctl.d).';
  }
  if (readSetting('/proc/sys/kernel/unprivileged_userns_clone') === '0') {
    return 'Run sudo sysctl kernel.unprivileged_userns_clone=1.';
  }
  if (readSetting('/proc/sys/user/max_user_namespaces') === '0')
    return 'Run sudo sysctl user.max_user_namespaces=15000.';
  return 'Allow user namespaces to this user; inside a container, start it with the rights to make them.';
}

function errnoText(errno: number): string {
  // Of a namespace it says that a limit on their number is reached (unshare(2)), not that a disk is full.
  if (errno === systemConstants.errno.ENOSPC) return 'no more namespaces are allowed';
  return getSystemErrorMap().get(-errno)?.[1] ?? `error ${errno}`;
}

/** A session of root runs without root's rights, so that is how it is tried. */
function foreignWhenRoot(): { uid?: number; gid?: number } {
  return process.getuid?.() === 0 ? { uid: firstForeignUid, gid: firstForeignUid } : {};
}

/** Really makes the namespaces a session needs, with the host's root as its root, and runs nothing in them. */
async function namespacesMechanism(bubblewrap: Bubblewrap): Promise<Mechanism> {
  const about = { id: 'namespaces', title: 'Namespaces (user, pid, network, ipc, uts)' };
  const args = [
    '--unshare-user',
    '--unshare-pid',
    '--unshare-net',
    '--unshare-ipc',
    '--unshare-uts',
    '--die-with-parent',
  ];
  try {
    await run(bubblewrap.path, [...args, '--ro-bind', '/', '/', '--proc', '/proc', '/bin/true'], {
      env: {},
      cwd: '/',
      timeout: probeTimeoutMs,
      ...foreignWhenRoot(),
    });
    return { ...about, state: 'ok', detail: 'A session’s could be made.' };
  } catch (error) {
    const why = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    return { ...about, state: 'missing', detail: `They cannot be made: ${why}`, remedy: namespaceRemedy() };
  }
}

const portcullisTries: Readonly<Record<string, { title: string; ok: string; remedy: string }>> = {
  namespaces: {
    title: 'Namespace in which folders are prepared',
    ok: 'One could be made.',
    remedy: '',
  },
  staging: {
    title: 'Cloned and marked mounts',
    ok: 'A tree could be cloned and made read-only.',
    remedy: 'Needs kernel 5.12; inside a container, the right to mount.',
  },
  seccomp: {
    title: 'System call filter',
    ok: 'The filter was installed.',
    remedy: 'Needs a kernel with CONFIG_SECCOMP_FILTER.',
  },
  pidfd: {
    title: 'Process descriptors',
    ok: 'A process could be held by one.',
    remedy: 'Needs kernel 5.3; inside a container, a filter that allows pidfd_open.',
  },
  idmap: {
    title: 'Id-mapped mounts (root)',
    ok: 'A tree could be id-mapped, so sessions of root run under a uid of their own.',
    remedy: 'Run Gatehouse as an ordinary user, or keep its state on ext4, xfs or btrfs.',
  },
};

/** One thing that portcullis tried; `namespaceErrno` is how the first of them went, which most others need. */
function triedMechanism(name: string, errno: number, namespaceErrno: number): Mechanism {
  const words = portcullisTries[name];
  const about = { id: name === 'namespaces' ? 'holder-namespaces' : name, title: words?.title ?? name };
  if (errno === 0) return { ...about, state: 'ok', detail: words?.ok ?? 'Works.' };
  const needsNamespace = name === 'staging' || name === 'idmap';
  if (needsNamespace && errno === namespaceErrno) {
    const detail = 'It could not be tried, since the namespace it needs could not be made.';
    return { ...about, state: 'missing', detail, remedy: namespaceRemedy() };
  }
  const remedy = words?.remedy || namespaceRemedy();
  return { ...about, state: 'missing', detail: `Refused by the kernel: ${errnoText(errno)}.`, remedy };
}

async function portcullisMechanisms(portcullisPath: string, stateFolder: string): Promise<Mechanism[]> {
  const about = { id: 'portcullis', title: 'portcullis' };
  try {
    const { stdout } = await run(portcullisPath, ['probe', stateFolder], { env: {}, timeout: probeTimeoutMs });
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    const tried = answers.map(([name = '', errno = '']) =>
      triedMechanism(name, Number(errno), Number(answers[0]?.[1])),
    );
    return [{ ...about, state: 'ok', detail: `Runs from ${portcullisPath}.` }, ...tried];
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return [
      {
        ...about,
        state: 'missing',
        detail: missing ? `${portcullisPath} does not exist.` : `${portcullisPath} does not run: ${String(error)}`,
        remedy: 'Install Gatehouse again; from source, run its build with a C compiler (cc) installed.',
      },
    ];
  }
}

/** Tries everything the walls stand on. Takes a few dozen milliseconds; nothing of it is left running. */
export async function probeMechanisms(
  portcullisPath: string,
  stateFolder: string,
  limits: Mechanism,
): Promise<readonly Mechanism[]> {
  const bubblewrap = await findBubblewrap();
  const [namespaces, portcullis] = await Promise.all([
    bubblewrap === undefined ? [] : namespacesMechanism(bubblewrap),
    portcullisMechanisms(portcullisPath, stateFolder),
  ]);
  return [
    kernelMechanism(),
    bubblewrapMechanism(bubblewrap),
    ...[namespaces].flat(),
    ...portcullis,
    limits,
    ...kernelMechanisms(),
  ];
}

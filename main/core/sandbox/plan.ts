/**
 * Guarantee: what a session sees of the host is exactly the steps of its plan, in their order; everything not named does not
 * exist inside. /sys is never there: nothing needs it, and it describes the machine.
 *
 * Threat: a bind that contains something it must not (the home, a credential folder, a socket of the host), a hidden place
 * shown again by a later bind, a prefix comparison that takes `/home/ann` for a parent of `/home/anna`.
 *
 * Limits: the plan is only as good as the decisions it is made from. A hidden place that the host lacks is skipped, since a
 * placeholder would litter the workspace: if it appears later, it is seen.
 */
import { operatingError } from '#contract/operating-error.ts';
import { guarded } from './guards.ts';
import { type InsideIdentity, identityFiles } from './identity-files.ts';
import { isWithin, relativeTo } from './path-components.ts';
import type { SandboxBind, SandboxRequest } from './sandbox.ts';

/** What stands at a path of the host, links not followed. */
export type PathKind = 'directory' | 'file' | 'symlink' | 'other' | 'missing';

/** One of the system's own paths. */
export interface SystemPath {
  readonly path: string;
  readonly kind: 'directory' | 'file' | 'symlink';
  /** Of a symbolic link, as written. */
  readonly target?: string;
}

/** What the adapter found on the host; gathered once, except `kinds`, which is about one request. */
export interface HostFacts {
  /** The system folders and parts of `/etc` that exist. */
  readonly system: readonly SystemPath[];
  /** Kind of every bind's path. */
  readonly kinds: ReadonlyMap<string, PathKind>;
  /** The shell for the account inside. */
  readonly shell: string;
  /** bubblewrap knows `--size`. */
  readonly tmpfsSize: boolean;
  /** Files of /proc that speak of the whole user or machine and that this kernel has: `/proc/keys`. */
  readonly tellingFiles: readonly string[];
}

/** A tree of the host cloned and marked before bubblewrap starts; see `portcullis/stage.h`. */
export interface Stage {
  /**
   * The first three are binds. `system`: the host's own, read-only and never id-mapped. `folder`: a new, empty one, into which
   * the last three put files and links: as many binds would cost bubblewrap a third of a millisecond each.
   */
  readonly mode: 'read-only' | 'read-write' | 'hidden' | 'socket' | 'system' | 'folder' | 'copy' | 'text' | 'symlink';
  readonly source?: string;
  /** Content of a `text`, target of a `symlink`. */
  readonly text?: string;
  /** The staged tree it is attached in, and where; absent for one that bubblewrap binds itself. */
  readonly parent?: number;
  readonly at?: string;
  /** Its place may be created: it lies in the session's own home or in a `folder`. */
  readonly create?: boolean;
}

/** What one step does. */
export type StepAction =
  | { readonly op: 'namespace'; readonly flag: string }
  | { readonly op: 'system-bind'; readonly path: string; readonly writable: boolean }
  | { readonly op: 'symlink'; readonly at: string; readonly target: string }
  | { readonly op: 'data'; readonly at: string; readonly content: string; readonly permissions: '0444' | '0000' }
  | { readonly op: 'proc' | 'dev'; readonly at: string }
  /** Seen as an empty file. */
  | { readonly op: 'mask'; readonly at: string }
  | { readonly op: 'tmpfs'; readonly at: string; readonly permissions: string; readonly sizeBytes?: number }
  | { readonly op: 'remount-read-only'; readonly at: string }
  /** bubblewrap binds a staged tree. */
  | { readonly op: 'stage-bind'; readonly stage: number; readonly at: string; readonly writable: boolean }
  /** portcullis attaches a tree (or nothing visible) inside an earlier one, by descriptor. */
  | { readonly op: 'stage-nest'; readonly stage: number; readonly at: string; readonly hidden: boolean }
  /** init makes a link in the home, from inside. */
  | { readonly op: 'home-link'; readonly at: string; readonly target: string };

export type PlanStep = StepAction & { readonly number: number; readonly reason: string };

/** The whole of a session's view, in order. */
export interface SandboxPlan {
  readonly steps: readonly PlanStep[];
  readonly stages: readonly Stage[];
  readonly identity: InsideIdentity;
}

/** Where the session finds its egress socket. */
export const insideEgressSocket = '/run/gatehouse/egress.sock';
/** Where the session finds what it starts other sessions with: the socket, our command line and its Node. */
export const insideDelegation = {
  socket: '/run/gatehouse/nested.sock',
  folder: '/run/gatehouse/product',
  node: '/run/gatehouse/node',
} as const;
/** The uid and gid a root caller's session sees: agents refuse to work as uid 0. */
export const rootCallerInsideId = 1000;

interface Draft {
  readonly steps: PlanStep[];
  readonly stages: Stage[];
  /** Trees bubblewrap binds itself, by path. */
  readonly tops: Map<string, number>;
}

function add(draft: Draft, action: StepAction, reason: string): void {
  draft.steps.push({ ...action, number: draft.steps.length + 1, reason });
}

/** Places nobody may be shown whole: they hold other people's secrets, or the walls themselves. */
function refuseWide(request: SandboxRequest, bind: SandboxBind): void {
  const inner = [
    request.caller.home,
    '/proc',
    '/sys',
    '/dev',
    '/etc',
    '/run',
    request.runtimeFolder,
    request.homeStore,
  ];
  const shown = inner.find((path) => isWithin(path, bind.path));
  const kernel = ['/proc', '/sys', '/dev'].find((path) => isWithin(bind.path, path));
  if (bind.mode === 'read-write' && isWithin(bind.path, '/etc')) {
    throw operatingError('invalid_request', `The sandbox cannot have ${bind.path} writable.`, {
      why: 'It lies in /etc, which is the machine’s.',
    });
  }
  if (bind.path !== '/' && shown === undefined && kernel === undefined) return;
  throw operatingError('invalid_request', `The sandbox cannot contain ${bind.path}.`, {
    why:
      kernel === undefined
        ? `It equals or contains ${shown ?? '/'}, which no session may see.`
        : `It lies in ${kernel}, which belongs to the kernel.`,
    remedy: 'Name a narrower folder.',
  });
}

/** Last mode wins for a path named twice; parents keep coming before children. */
function distinctBinds(request: SandboxRequest): SandboxBind[] {
  const byPath = new Map<string, SandboxBind>();
  for (const bind of request.binds) {
    refuseWide(request, bind);
    byPath.set(bind.path, bind);
  }
  return [...byPath.values()];
}

function addNamespaces(draft: Draft): void {
  const namespaces: [flag: string, stands: boolean, reason: string][] = [
    ['--unshare-user', true, 'ids and capabilities of its own, so that nothing inside is privileged outside'],
    [
      '--unshare-pid',
      guarded('pid-namespace'),
      'no process of the host can be seen or signalled; all die with process 1',
    ],
    ['--unshare-net', guarded('net-namespace'), 'only its own loopback: the egress socket is the way out'],
    ['--unshare-ipc', guarded('ipc-namespace'), 'no shared memory or queue of the host'],
    ['--unshare-uts', true, 'a host name of its own'],
    ['--unshare-cgroup-try', true, 'hides where in the cgroup tree it runs; kernels without it have nothing to hide'],
  ];
  for (const [flag, stands, reason] of namespaces) {
    if (stands) add(draft, { op: 'namespace', flag }, reason);
  }
}

function addSystem(draft: Draft, host: HostFacts): void {
  const writable = !guarded('read-only-system');
  for (const entry of host.system) {
    if (isWithin(entry.path, '/etc')) continue;
    if (entry.kind === 'symlink' && entry.target !== undefined) {
      add(draft, { op: 'symlink', at: entry.path, target: entry.target }, 'the host has a link here');
    } else {
      add(draft, { op: 'system-bind', path: entry.path, writable }, 'programs and what they need, read-only');
    }
  }
}

function addPrivatePlaces(draft: Draft, request: SandboxRequest, host: HostFacts): void {
  const bound =
    host.tmpfsSize && request.limits.memoryBytes !== undefined ? { sizeBytes: request.limits.memoryBytes } : {};
  add(draft, { op: 'proc', at: '/proc' }, 'its own processes only');
  if (guarded('proc-sys-read-only')) {
    add(
      draft,
      { op: 'system-bind', path: '/proc/sys', writable: false },
      'a mapped uid passes owner checks on settings of the host, and could lift its own limits',
    );
  }
  for (const at of host.tellingFiles) {
    add(draft, { op: 'mask', at }, 'it names the kernel keys of the person, which no namespace separates');
  }
  add(draft, { op: 'dev', at: '/dev' }, 'harmless devices and a pty system of its own');
  add(draft, { op: 'tmpfs', at: '/dev/shm', permissions: '1777', ...bound }, 'shared memory of its own');
  add(draft, { op: 'remount-read-only', at: '/dev' }, 'nothing is created beside the devices');
  for (const at of ['/tmp', '/var/tmp']) {
    if (guarded('private-tmp')) {
      add(
        draft,
        { op: 'tmpfs', at, permissions: '1777', ...bound },
        'sockets and files of other programs stay outside',
      );
    } else {
      addTop(draft, at, at, true, 'test build: the private place is switched off');
    }
  }
  add(
    draft,
    { op: 'tmpfs', at: '/run', permissions: '0755', ...bound },
    'no D-Bus, container or agent socket of the host',
  );
  add(draft, { op: 'symlink', at: '/var/run', target: '/run' }, 'its old name');
}

function addStage(draft: Draft, stage: Stage): number {
  draft.stages.push(stage);
  return draft.stages.length - 1;
}

/** How a part of the host's `/etc` gets into the session's own: files are copied, folders cloned, links recreated. */
function etcStage(entry: SystemPath): Stage {
  if (entry.kind === 'symlink') return { mode: 'symlink', text: entry.target ?? '' };
  return { mode: entry.kind === 'file' ? 'copy' : 'system', source: entry.path };
}

function addEtc(draft: Draft, host: HostFacts, identity: InsideIdentity): void {
  const parent = addStage(draft, { mode: 'folder' });
  draft.tops.set('/etc', parent);
  const put = (at: string, stage: Stage, reason: string) => {
    const nested = { ...stage, parent, at: relativeTo(at, '/etc'), create: true };
    add(draft, { op: 'stage-nest', stage: addStage(draft, nested), at, hidden: false }, reason);
  };
  for (const entry of host.system) {
    if (isWithin(entry.path, '/etc')) put(entry.path, etcStage(entry), 'programs need it and it holds no secret');
  }
  for (const { at, content } of identityFiles(identity)) {
    put(at, { mode: 'text', text: content }, 'generated: the host has other people in its own');
  }
  add(draft, { op: 'stage-bind', stage: parent, at: '/etc', writable: false }, 'read-only: no forged configuration');
}

function addTop(draft: Draft, path: string, source: string, writable: boolean, reason: string): void {
  const stage = addStage(draft, { mode: writable ? 'read-write' : 'read-only', source });
  draft.tops.set(path, stage);
  // Writable to bubblewrap: the clone is marked read-only itself, and a writable bind in it must stay so.
  add(draft, { op: 'stage-bind', stage, at: path, writable: true }, reason);
}

/** A hidden place that lies in no staged tree: in a system folder it is covered, elsewhere nothing shows it anyway. */
function hideInSystem(draft: Draft, bind: SandboxBind, host: HostFacts, kind: PathKind): void {
  if (!host.system.some((entry) => entry.kind === 'directory' && isWithin(bind.path, entry.path))) return;
  if (kind === 'directory') {
    add(draft, { op: 'tmpfs', at: bind.path, permissions: '0000' }, bind.reason);
    add(draft, { op: 'remount-read-only', at: bind.path }, 'the session owns it and must not fill it');
  } else {
    add(draft, { op: 'data', at: bind.path, content: '', permissions: '0000' }, bind.reason);
  }
}

function addBind(
  draft: Draft,
  bind: SandboxBind,
  earlier: readonly SandboxBind[],
  request: SandboxRequest,
  host: HostFacts,
) {
  const kind = host.kinds.get(bind.path) ?? 'missing';
  const hidden = bind.mode === 'hidden';
  if (hidden && (kind === 'missing' || !guarded('hidden-binds'))) return;
  if (kind === 'missing' || kind === 'symlink') {
    throw operatingError('sandbox_failed', `The sandbox cannot contain ${bind.path}.`, {
      why: kind === 'missing' ? 'It does not exist.' : 'It has become a symbolic link.',
    });
  }
  const [top] = [...draft.tops].filter(([path]) => isWithin(bind.path, path)).sort(([a], [b]) => b.length - a.length);
  if (top === undefined) {
    if (hidden) hideInSystem(draft, bind, host, kind);
    else addTop(draft, bind.path, bind.path, bind.mode === 'read-write', bind.reason);
    return;
  }
  const [folder, parent] = top;
  const ours = folder === request.caller.home || folder === '/etc';
  const create = !hidden && ours && !earlier.some((other) => isWithin(bind.path, other.path));
  const place = { parent, at: relativeTo(bind.path, folder) };
  const stage = addStage(
    draft,
    bind.mode === 'hidden'
      ? { mode: bind.mode, ...place }
      : { mode: bind.mode, source: bind.path, ...place, ...(create ? { create } : {}) },
  );
  add(draft, { op: 'stage-nest', stage, at: bind.path, hidden }, bind.reason);
}

/** The session's own delegation socket and no other; what speaks to it is ours and read-only. */
function addDelegation(draft: Draft, { delegation }: SandboxRequest): void {
  if (delegation === undefined) return;
  const bind = (stage: Stage, at: string, reason: string): void =>
    add(draft, { op: 'stage-bind', stage: addStage(draft, stage), at, writable: stage.mode === 'socket' }, reason);
  bind({ mode: 'socket', source: delegation.socket }, insideDelegation.socket, 'where it asks for other sessions');
  bind({ mode: 'system', source: delegation.folder }, insideDelegation.folder, 'the program that asks');
  bind({ mode: 'system', source: delegation.node }, insideDelegation.node, 'what runs that program');
}

/** Hidden places in the home itself are not the host's, so they only count below a bind. */
function isVisibleHostPath(bind: SandboxBind, earlier: readonly SandboxBind[], home: string): boolean {
  return (
    bind.mode !== 'hidden' ||
    !isWithin(bind.path, home) ||
    !guarded('private-home') ||
    earlier.some((other) => isWithin(bind.path, other.path))
  );
}

function addLinks(draft: Draft, request: SandboxRequest, host: HostFacts, binds: readonly SandboxBind[]): void {
  const seen = new Set<string>();
  for (const { at, target } of request.links) {
    const shown =
      binds.some((bind) => isWithin(at, bind.path)) ||
      host.system.some((entry) => at === entry.path || (entry.kind === 'directory' && isWithin(at, entry.path)));
    if (shown || seen.has(at)) continue;
    seen.add(at);
    const op = isWithin(at, request.caller.home) ? 'home-link' : 'symlink';
    add(draft, { op, at, target }, 'a hop on the way to the command');
  }
}

function insideIdentity(request: SandboxRequest, host: HostFacts): InsideIdentity {
  const { uid, gid, name, home } = request.caller;
  const root = uid === 0;
  return {
    uid: root ? rootCallerInsideId : uid,
    gid: root ? rootCallerInsideId : gid,
    name: !root && /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/u.test(name) ? name : 'agent',
    home,
    shell: host.shell,
  };
}

function refuseMalformed(request: SandboxRequest): void {
  const paths = [request.caller.home, request.homeStore, request.runtimeFolder, request.cwd, request.command.path];
  const texts = [
    ...paths,
    ...request.binds.map((bind) => bind.path),
    ...request.links.flatMap((link) => [link.at, link.target]),
    ...request.command.argv,
    ...Object.entries(request.environment).flat(),
  ];
  const wrong =
    paths.some((path) => !path.startsWith('/')) ||
    request.caller.home === '/' ||
    /[:\n]/u.test(request.caller.home) ||
    request.command.argv.length === 0 ||
    Object.keys(request.environment).some((name) => name === '' || name.includes('=')) ||
    texts.some((text) => text.includes('\0'));
  if (wrong) {
    throw operatingError('invalid_request', 'The request for a sandbox is malformed.', {
      why: 'A path is not absolute, the home is unusable, the command is empty, or a text holds a NUL.',
    });
  }
}

/**
 * Turns a decided request into the numbered steps that build its walls. Touches nothing.
 * Throws `invalid_request` for binds no session may have, `sandbox_failed` for binds that do not exist.
 */
export function buildPlan(request: SandboxRequest, host: HostFacts): SandboxPlan {
  refuseMalformed(request);
  const binds = distinctBinds(request);
  const identity = insideIdentity(request, host);
  const draft: Draft = { steps: [], stages: [], tops: new Map() };

  // 1. Namespaces come into being with the process, before any mount.
  addNamespaces(draft);
  // 2. The system first: everything later may lie on top of it.
  addSystem(draft, host);
  // 3. Private places before binds, because a workspace may lie in /tmp.
  addPrivatePlaces(draft, request, host);
  addEtc(draft, host, identity);
  // 4. The home before binds, because toolchains and workspaces lie in it.
  const home = guarded('private-home') ? request.homeStore : request.caller.home;
  addTop(draft, request.caller.home, home, true, 'a home of its own where programs expect the home');
  // 5. Binds in the order they were decided, parents before children, so that what is hidden stays hidden.
  binds.forEach((bind, index) => {
    const earlier = binds.slice(0, index);
    if (isVisibleHostPath(bind, earlier, request.caller.home)) addBind(draft, bind, earlier, request, host);
  });
  // 6. Links last: their places exist only now.
  addLinks(draft, request, host, binds);
  // 7. The one way out, for whoever has one.
  if (request.egressSocket !== undefined) {
    const socket = addStage(draft, { mode: 'socket', source: request.egressSocket });
    add(draft, { op: 'stage-bind', stage: socket, at: insideEgressSocket, writable: true }, 'the one way out');
  }
  addDelegation(draft, request);
  // 8. The root itself is finished: nothing can be added beside what was planned.
  add(draft, { op: 'remount-read-only', at: '/run' }, 'no other socket takes the place of the way out');
  add(draft, { op: 'remount-read-only', at: '/' }, 'no forged file beside the generated ones');
  return { steps: draft.steps, stages: draft.stages, identity };
}

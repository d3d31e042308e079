import { GatehouseError } from '#contract/operating-error.ts';
import { buildPlan, type PathKind, type SandboxPlan } from '../../../main/core/sandbox/plan.ts';
import type { SandboxBind, SandboxRequest } from '../../../main/core/sandbox/sandbox.ts';
import { type FuzzTarget, must } from '../fuzz-target.ts';
import type { Random } from '../random.ts';

const home = '/home/me';
const store = '/home/me/.local/share/gatehouse/homes/claude-1';
const runtime = '/run/user/1000/gatehouse/a1c9';

function requestFor(binds: readonly SandboxBind[]): SandboxRequest {
  return {
    sessionId: 'a1c9-tiger-lamp',
    caller: { uid: 1000, gid: 1000, name: 'me', home },
    homeStore: store,
    runtimeFolder: runtime,
    binds,
    links: [],
    command: { path: '/usr/bin/agent', argv: ['agent'] },
    cwd: '/home/me/project',
    environment: {},
    egressSocket: `${runtime}/egress.sock`,
    proxyPort: 18_080,
    relays: [],
    limits: {},
    terminal: undefined,
  };
}

/** By component, written here a second time: the product's own comparison is on trial. */
function isWithin(path: string, folder: string): boolean {
  const [inner, outer] = [path, folder].map((text) => text.split('/').filter((name) => name !== ''));
  return outer?.every((name, index) => inner?.[index] === name) === true;
}

/** Where a path inside leads on the host, and whether it can be written there: the last step that covers it, as mounts do. */
function resolve(plan: SandboxPlan, path: string): { readonly host: string; readonly writable: boolean } | undefined {
  let found: { readonly host: string; readonly writable: boolean } | undefined;
  for (const step of plan.steps) {
    const at = step.op === 'system-bind' ? step.path : 'at' in step ? step.at : undefined;
    if (at === undefined || !isWithin(path, at) || step.op === 'remount-read-only') continue;
    if (step.op === 'system-bind') found = { host: path, writable: step.writable };
    else if (step.op === 'stage-bind' || step.op === 'stage-nest') {
      const stage = plan.stages[step.stage];
      const rest = path.slice(at === '/' ? 0 : at.length);
      const shows = stage?.source !== undefined && stage.mode !== 'hidden';
      found = shows ? { host: `${stage.source}${rest}`, writable: stage.mode === 'read-write' } : undefined;
    } else found = undefined;
  }
  return found;
}

/** What the binds say: the deepest that holds the path; of two for one path the later. */
function wanted(binds: readonly SandboxBind[], path: string): SandboxBind['mode'] | undefined {
  const holding = binds.filter((bind) => isWithin(path, bind.path));
  const depth = Math.max(0, ...holding.map((bind) => bind.path.length));
  return holding.findLast((bind) => bind.path.length === depth)?.mode;
}

/** Lines of the input: `MODE KIND PATH`, and `probe PATH`. */
function check(text: string): string {
  const canonical = (path: string) => /^(?:\/|(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)+)$/u.test(path);
  const lines = text.split('\n').map((line) => line.split(' '));
  const kinds = new Map<string, PathKind>();
  const binds: SandboxBind[] = [];
  const probes: string[] = [];
  for (const [mode, kind, ...rest] of lines) {
    const path = mode === 'probe' ? [kind, ...rest].join(' ') : rest.join(' ');
    if (!canonical(path)) continue;
    probes.push(path, `${path === '/' ? '' : path}/below`);
    if (mode !== 'read-only' && mode !== 'read-write' && mode !== 'hidden') continue;
    binds.push({ path, mode, reason: 'fuzz' });
    kinds.set(
      path,
      (['directory', 'file', 'symlink', 'other', 'missing'] as const).find((each) => each === kind) ?? 'directory',
    );
  }
  binds.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  try {
    const system = [
      { path: '/usr', kind: 'directory' as const },
      { path: '/etc/ssl/certs', kind: 'directory' as const },
    ];
    const plan = buildPlan(requestFor(binds), { system, kinds, shell: '/bin/sh', tmpfsSize: true, tellingFiles: [] });
    checkNesting(plan);
    for (const path of probes) checkProbe(plan, binds, kinds, path);
    return [
      ...new Set(
        plan.stages.map(
          ({ mode, parent, create }) =>
            `${mode}${parent === undefined ? '' : ' nested'}${create === true ? ' made' : ''}`,
        ),
      ),
    ]
      .sort()
      .join(', ');
  } catch (error) {
    if (!(error instanceof GatehouseError)) throw error;
    return `${error.data.code} ${error.data.why?.replace(/\/\S*/gu, '…') ?? ''}`;
  }
}

/** A tree that is attached in another goes to the place that its path says. */
function checkNesting(plan: SandboxPlan): void {
  const places = new Map(plan.steps.flatMap((step) => ('stage' in step ? [[step.stage, step.at] as const] : [])));
  for (const step of plan.steps) {
    if (step.op !== 'stage-nest') continue;
    const { parent, at } = plan.stages[step.stage] ?? {};
    const folder = parent === undefined ? undefined : places.get(parent);
    must(folder !== undefined && `${folder}/${at}` === step.at, 'a tree is attached elsewhere', step.at, folder, at);
  }
}

function checkProbe(
  plan: SandboxPlan,
  binds: readonly SandboxBind[],
  kinds: ReadonlyMap<string, PathKind>,
  path: string,
): void {
  const mode = wanted(binds, path);
  // Nothing is below a file, and what the host lacks cannot be hidden (a limit the plan states).
  const odd = binds.some(
    (bind) => isWithin(path, bind.path) && kinds.get(bind.path) !== 'directory' && bind.path !== path,
  );
  if (odd || binds.some((bind) => isWithin(path, bind.path) && kinds.get(bind.path) === 'missing')) return;
  const found = resolve(plan, path);
  if (found === undefined) {
    must(mode === undefined || mode === 'hidden', 'what was bound is not there', path, mode);
    return;
  }
  if (found.host !== path) {
    const own = isWithin(found.host, store) || isWithin(found.host, runtime);
    must(own && mode !== 'read-only' && mode !== 'read-write', 'a path leads to another place', path, found);
    return;
  }
  const isSystem = isWithin(path, '/usr') || isWithin(path, '/etc/ssl/certs') || isWithin(path, '/proc/sys');
  must(
    mode === 'read-only' || mode === 'read-write' || (mode === undefined && isSystem),
    'a path is shown',
    path,
    mode,
  );
  must(found.writable === (mode === 'read-write'), 'a path can be written, or cannot', path, mode, found);
  for (const inner of [home, '/proc', '/sys', '/dev', '/run', runtime, store]) {
    must(
      path === '/proc/sys' || isWithin(path, '/proc/sys') || !isWithin(inner, path),
      'what nobody may see whole is shown',
      path,
    );
  }
}

const roots = [
  '/home/me/project',
  '/home/me/.cache',
  '/home/me',
  '/home/mean',
  '/home',
  '/',
  '/srv',
  '/usr/local',
  '/usr',
  '/etc/ssl',
  '/etc',
  '/tmp',
  '/tmp/x',
  '/proc/self',
  '/run/user/1000',
  store,
  runtime,
  '/opt',
];
const names = ['a', 'b', 'bc', '.git', 'hooks', 'x y', '*'];

function generate(random: Random): string {
  const path = () => {
    const made = `${random.pick(roots.slice(0, random.oneIn(3) ? roots.length : 9))}${random.times(random.few(4), () => `/${random.pick(names)}`)}`;
    return made.replace(/^\/\//u, '/');
  };
  const kind = () => (random.oneIn(4) ? random.pick(['file', 'symlink', 'missing', 'other']) : 'directory');
  return random.times(
    1 + random.few(9),
    () =>
      random.oneIn(4) ? `probe ${path()}` : `${random.pick(['read-only', 'read-write', 'hidden'])} ${kind()} ${path()}`,
    '\n',
  );
}

/** The plan of a session's view. */
export const plan: FuzzTarget = {
  name: 'plan',
  property:
    'Followed step by step as mounts are, the plan shows of the host exactly what the binds say, writable only where they say so; nothing of the home, the kernel or our own folders is shown whole.',
  generate,
  words: [
    ...roots,
    ...names.map((name) => `/${name}`),
    '\nread-write directory ',
    '\nhidden directory ',
    '\nread-only file ',
    '\nprobe ',
  ],
  seeds: [
    'read-write directory /home/me/project',
    'read-write directory /srv\nhidden directory /srv/a\nread-only directory /srv/a/b\nprobe /srv/a/c',
    'hidden directory /usr/local\nprobe /usr/local/bin',
  ],
  check,
};

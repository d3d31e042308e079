import { expect, test } from 'vitest';
import { buildBubblewrapArguments } from '../../../main/core/sandbox/bubblewrap-arguments.ts';
import { guardOff } from '../../../main/core/sandbox/guards.ts';
import { isWithin, relativeTo } from '../../../main/core/sandbox/path-components.ts';
import { buildPlan, type HostFacts, type PathKind, type SandboxPlan } from '../../../main/core/sandbox/plan.ts';
import type { SandboxBind, SandboxRequest } from '../../../main/core/sandbox/sandbox.ts';

const home = '/home/ann';
const workspace = '/home/ann/project';

const request: SandboxRequest = {
  sessionId: 'a1c9-tiger-lamp',
  caller: { uid: 1001, gid: 1002, name: 'ann', home },
  homeStore: '/home/ann/.local/share/gatehouse/homes/claude-1',
  runtimeFolder: '/run/user/1001/gatehouse/a1c9',
  binds: [{ path: workspace, mode: 'read-write', reason: 'the workspace' }],
  links: [],
  command: { path: '/usr/bin/agent', argv: ['agent'] },
  cwd: workspace,
  environment: { PATH: '/usr/bin' },
  egressSocket: '/run/user/1001/gatehouse/a1c9/egress.sock',
  proxyPort: 18_080,
  relays: [],
  limits: {},
  terminal: undefined,
};

const bind = (path: string, mode: SandboxBind['mode']): SandboxBind => ({ path, mode, reason: 'test' });

function hostFor(change: Partial<SandboxRequest>, kinds: Record<string, PathKind> = {}): HostFacts {
  const named = (change.binds ?? request.binds).map(({ path }) => [path, kinds[path] ?? 'directory'] as const);
  return {
    system: [
      { path: '/usr', kind: 'directory' },
      { path: '/bin', kind: 'symlink', target: 'usr/bin' },
      { path: '/etc/ld.so.cache', kind: 'file' },
      { path: '/etc/ssl/certs', kind: 'directory' },
      { path: '/etc/localtime', kind: 'symlink', target: '/usr/share/zoneinfo/UTC' },
    ],
    kinds: new Map(named),
    shell: '/bin/bash',
    tmpfsSize: true,
    tellingFiles: ['/proc/keys'],
  };
}

function plan(change: Partial<SandboxRequest> = {}, kinds: Record<string, PathKind> = {}): SandboxPlan {
  return buildPlan({ ...request, ...change }, hostFor(change, kinds));
}

/** Position of the first step that does this at this place. */
function position(built: SandboxPlan, op: string, at: string): number {
  const found = built.steps.findIndex(
    (step) => step.op === op && (('at' in step && step.at === at) || ('path' in step && step.path === at)),
  );
  expect(found, `${op} ${at}`).toBeGreaterThanOrEqual(0);
  return found;
}

test('no guard is off outside a test build, whatever the environment says', () => {
  process.env['__GUARD_OFF__'] = 'seccomp';
  process.env['GUARD_OFF'] = 'seccomp';
  expect(guardOff).toBeUndefined();
});

test('without an egress socket there is no way out, and every wall is the same', () => {
  const { egressSocket, ...closed } = request;
  const [without, built] = [buildPlan(closed, hostFor({})), plan()];
  const isWayOut = (step: SandboxPlan['steps'][number]) => 'at' in step && step.at.endsWith('/egress.sock');
  const bare = ({ steps }: SandboxPlan) =>
    steps.filter((step) => !isWayOut(step)).map(({ number: _, ...step }) => step);
  expect(without.steps.some(isWayOut)).toBe(false);
  expect(built.steps.some(isWayOut)).toBe(true);
  expect(bare(without)).toEqual(bare(built));
  expect(without.stages).toEqual(built.stages.filter(({ source }) => source !== egressSocket));
});

test.each([
  ['/a/b', '/a/b', true],
  ['/a/b/c', '/a/b', true],
  ['/a/bc', '/a/b', false],
  ['/a', '/a/b', false],
  ['/a', '/', true],
])('%s within %s: %s', (path, folder, expected) => {
  expect(isWithin(path, folder)).toBe(expected);
});

test('relative parts', () => {
  expect([relativeTo('/a/b/c', '/a'), relativeTo('/a', '/a'), relativeTo('/a', '/')]).toEqual(['b/c', '', 'a']);
});

test('[GRT-1] steps are numbered, reasoned and in the order that makes them safe', () => {
  const built = plan();
  expect(built.steps.map((step) => step.number)).toEqual(built.steps.map((_step, index) => index + 1));
  expect(built.steps.filter((step) => step.reason === '')).toEqual([]);
  const order = [
    position(built, 'system-bind', '/usr'),
    position(built, 'proc', '/proc'),
    position(built, 'system-bind', '/proc/sys'),
    position(built, 'dev', '/dev'),
    position(built, 'tmpfs', '/tmp'),
    position(built, 'tmpfs', '/run'),
    position(built, 'stage-bind', '/etc'),
    position(built, 'stage-bind', home),
    position(built, 'stage-nest', workspace),
    position(built, 'stage-bind', '/run/gatehouse/egress.sock'),
    position(built, 'remount-read-only', '/run'),
    position(built, 'remount-read-only', '/'),
  ];
  expect(order).toEqual([...order].sort((a, b) => a - b));
});

test('[GRT-1] the home is the session’s own, and the person’s appears nowhere as a source', () => {
  const built = plan();
  const sources = built.stages.flatMap(({ source }) => source ?? []);
  expect(sources).toContain(request.homeStore);
  expect(sources).not.toContain(home);
});

test.each([
  ['/', 'read-only'],
  ['/home', 'read-only'],
  [home, 'read-only'],
  [home, 'read-write'],
  ['/proc', 'read-only'],
  ['/proc/1', 'read-only'],
  ['/sys', 'read-only'],
  ['/sys/fs/cgroup', 'read-write'],
  ['/dev', 'read-write'],
  ['/dev/kvm', 'read-write'],
  ['/etc', 'read-only'],
  ['/etc/cron.d', 'read-write'],
  ['/run', 'read-only'],
  ['/run/user/1001', 'read-only'],
  [request.runtimeFolder, 'read-only'],
  [request.homeStore, 'read-only'],
  ['/home/ann/.local', 'read-write'],
] as const)('[GRT-1] a bind of %s (%s) is refused', (path, mode) => {
  expect(() => plan({ binds: [bind(path, mode)] })).toThrow(
    expect.objectContaining({ data: expect.objectContaining({ code: 'invalid_request' }) }),
  );
});

test.each(['/home/anna', '/home/ann2/x', '/etcetera', '/proceedings', '/srv/data', '/tmp/project', '/opt/project'])(
  '%s is none of those, though it begins like one',
  (path) => {
    expect(position(plan({ binds: [bind(path, 'read-only')] }), 'stage-bind', path)).toBeGreaterThan(0);
  },
);

test.each([
  ['a missing folder', 'missing'],
  ['a link', 'symlink'],
] as const)('[GRT-1] %s cannot be bound', (_what, kind) => {
  expect(() => plan({}, { [workspace]: kind })).toThrow(
    expect.objectContaining({ data: expect.objectContaining({ code: 'sandbox_failed' }) }),
  );
});

test.each([
  ['an empty command', { command: { path: '/usr/bin/agent', argv: [] } }],
  ['a relative working folder', { cwd: 'project' }],
  ['a NUL in an argument', { command: { path: '/usr/bin/agent', argv: ['agent', 'a\0b'] } }],
  ['a NUL in a variable', { environment: { A: 'x\0y' } }],
  ['a variable with an equals sign in its name', { environment: { 'A=B': 'x' } }],
  ['the root as home', { caller: { ...request.caller, home: '/' } }],
  [
    'a home that would forge a line of passwd',
    { caller: { ...request.caller, home: '/home/x\nroot::0:0::/:/bin/sh' } },
  ],
] as const)('%s is refused', (_what, change) => {
  expect(() => plan(change)).toThrow(
    expect.objectContaining({ data: expect.objectContaining({ code: 'invalid_request' }) }),
  );
});

test('[GRT-1] a hidden place is hidden after the bind that would show it', () => {
  const built = plan(
    { binds: [bind(workspace, 'read-write'), bind(`${workspace}/.env`, 'hidden')] },
    { [`${workspace}/.env`]: 'file' },
  );
  const stages = built.stages.map(({ mode, at }) => [mode, at]);
  expect(stages.findIndex(([mode]) => mode === 'hidden')).toBeGreaterThan(
    stages.findIndex(([, at]) => at === 'project'),
  );
});

test('a hidden place that the host lacks leaves no placeholder', () => {
  const built = plan(
    { binds: [bind(workspace, 'read-write'), bind(`${workspace}/.env`, 'hidden')] },
    { [`${workspace}/.env`]: 'missing' },
  );
  expect(built.stages.some(({ mode }) => mode === 'hidden')).toBe(false);
});

test('a hidden place of the person’s home is not there anyway; in a system folder it is covered', () => {
  const built = plan({
    binds: [bind('/home/ann/.ssh', 'hidden'), bind('/usr/share/secret', 'hidden'), bind('/srv/x', 'hidden')],
  });
  expect(built.stages.some(({ mode }) => mode === 'hidden')).toBe(false);
  expect(position(built, 'tmpfs', '/usr/share/secret')).toBeGreaterThan(0);
  expect(built.steps.some((step) => 'at' in step && step.at === '/srv/x')).toBe(false);
});

test('only places in the session’s own home may be created', () => {
  const binds = [
    bind(workspace, 'read-write'),
    bind(`${workspace}/inner`, 'read-only'),
    bind('/srv/a', 'read-only'),
    bind('/srv/a/b', 'read-write'),
  ];
  const built = plan({ binds });
  const created = new Map(
    built.stages
      .filter(({ source }) => source?.startsWith('/home/ann/project') || source?.startsWith('/srv'))
      .map(({ source, create }) => [source, create]),
  );
  expect(Object.fromEntries(created)).toEqual({
    [workspace]: true,
    [`${workspace}/inner`]: undefined,
    '/srv/a': undefined,
    '/srv/a/b': undefined,
  });
});

test('a path named twice takes its last mode', () => {
  const built = plan({ binds: [bind('/srv/a', 'read-write'), bind('/srv/a', 'read-only')] });
  expect(built.stages.filter(({ source }) => source === '/srv/a').map(({ mode }) => mode)).toEqual(['read-only']);
});

test('a root caller is user 1000 inside, everybody else keeps their ids', () => {
  expect(plan().identity).toMatchObject({ uid: 1001, gid: 1002, name: 'ann' });
  const root = plan({ caller: { uid: 0, gid: 0, name: 'root', home: '/root' } });
  expect(root.identity).toMatchObject({ uid: 1000, gid: 1000, name: 'agent' });
});

test('links: in the home by init, elsewhere by bubblewrap, never where the host’s own are shown', () => {
  const built = plan({
    links: [
      { at: '/home/ann/.local/bin/agent', target: '../share/agent' },
      { at: '/srv/bin/agent', target: '/opt/agent' },
      { at: '/usr/bin/agent', target: '/opt/agent' },
      { at: `${workspace}/agent`, target: 'x' },
      { at: '/bin', target: 'elsewhere' },
    ],
  });
  const links = built.steps.flatMap((step) =>
    step.op === 'home-link' || (step.op === 'symlink' && step.at.startsWith('/srv')) ? [[step.op, step.at]] : [],
  );
  expect(links).toEqual([
    ['home-link', '/home/ann/.local/bin/agent'],
    ['symlink', '/srv/bin/agent'],
  ]);
  expect(built.steps.some((step) => step.op === 'symlink' && step.target === 'elsewhere')).toBe(false);
});

test('[GRT-1] bubblewrap is told to make every wall, and none of them only to try', () => {
  const { args } = buildBubblewrapArguments(plan());
  for (const flag of [
    '--unshare-user',
    '--unshare-pid',
    '--unshare-net',
    '--unshare-ipc',
    '--unshare-uts',
    '--die-with-parent',
    '--new-session',
    '--as-pid-1',
  ]) {
    expect(args).toContain(flag);
  }
  expect(args.join(' ')).toContain('--cap-drop ALL');
  expect(args.join(' ')).toContain('--uid 1001 --gid 1002 --hostname gatehouse');
  expect(args.filter((arg) => arg.endsWith('-try'))).toEqual(['--unshare-cgroup-try']);
  expect(args.join(' ')).toContain('--ro-bind /usr /usr --symlink usr/bin /bin');
});

test('nothing of the command or its environment stands in bubblewrap’s arguments', () => {
  const { args, data } = buildBubblewrapArguments(
    plan({ environment: { TOKEN: 'canary-value' }, command: { path: '/usr/bin/canary', argv: ['canary'] } }),
  );
  expect([...args, ...data].join('\n')).not.toContain('canary');
});

test('a memory limit bounds the session’s private file systems, where bubblewrap can', () => {
  const limits = { memoryBytes: 1024 * 1024 * 1024 };
  expect(buildBubblewrapArguments(plan({ limits })).args.join(' ')).toContain(
    '--size 1073741824 --perms 1777 --tmpfs /tmp',
  );
  const old = buildPlan({ ...request, limits }, { ...hostFor({}), tmpfsSize: false });
  expect(buildBubblewrapArguments(old).args).not.toContain('--size');
});

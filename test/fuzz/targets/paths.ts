import { absolutePathSchema } from '#contract/actions.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import { compileMounts, type Existence, type MountFacts } from '../../../main/core/policy/compile-mounts.ts';
import { allowsByPolicy } from '../../../main/core/policy/decide.ts';
import { pathAncestors, pathParents } from '../../../main/core/policy/entities.ts';
import { expandPath, isPathExpression, isWithin } from '../../../main/core/policy/path-sets.ts';
import { extendPathSets, loadPolicySet } from '../../../main/core/policy/policy-set.ts';
import { isWithin as isWithinPlan, relativeTo } from '../../../main/core/sandbox/path-components.ts';
import { at, baseLayer, grantsOf, ground, principal } from '../builtin-ground.ts';
import { type FuzzTarget, must } from '../fuzz-target.ts';
import type { Random } from '../random.ts';

const base = loadPolicySet([baseLayer], ground);
const sets = [...base.pathSets.values()].flat();

/** The components of an absolute, canonical path; undefined for any other text. */
function componentsOf(path: string): readonly string[] | undefined {
  if (path === '/') return [];
  if (!path.startsWith('/') || path.length > 4096) return undefined;
  const components = path.slice(1).split('/');
  const odd = components.some((name) => name === '' || name === '.' || name === '..' || name.includes('\0'));
  return odd ? undefined : components;
}

function holds(path: readonly string[], folder: readonly string[]): boolean {
  return folder.length <= path.length && folder.every((name, index) => path[index] === name);
}

/** Every function that compares two paths agrees with the comparison by component. */
function checkPair(one: string, other: string): void {
  const [path, folder] = [componentsOf(one), componentsOf(other)];
  must(
    absolutePathSchema.safeParse(one).success === (path !== undefined),
    'the contract takes another for canonical',
    one,
  );
  if (path === undefined || folder === undefined) return;
  const inside = holds(path, folder);
  must(isWithin(one, other) === inside, 'policies place it elsewhere', one, other);
  must(isWithinPlan(one, other) === inside, 'the plan places it elsewhere', one, other);
  must(pathAncestors(one).includes(other) === inside, 'the ancestors say otherwise', one, other);
  if (inside)
    must(
      `/${[
        ...folder,
        ...relativeTo(one, other)
          .split('/')
          .filter((name) => name !== ''),
      ].join('/')}` === one,
      'the rest is another path',
      one,
      other,
    );
  const named = {
    paths: new Set([other, '@s']),
    setsOf: new Map([[other, ['@s']]]),
    hosts: new Set<string>(),
    agents: new Set<string>(),
    tasks: new Set<string>(),
  };
  const parents = pathParents(one, principal, named);
  must(parents.includes('@s') === inside, 'a set misses what is in it, or has more', one, other, parents);
  must(parents.includes(other) === (inside && one !== other), 'a rule misses what is below', one, other, parents);
}

/** An expression of a policy stands for a canonical path, in this session as in one at the root. */
function checkExpression(text: string): void {
  if (!isPathExpression(text)) return;
  for (const place of [principal, { workspace: '/', home: '/' }]) {
    const real = expandPath(text, place);
    must(real.length > 4000 || componentsOf(real) !== undefined, 'an expression that is no canonical path', text, real);
  }
}

interface World {
  readonly facts: MountFacts;
  readonly probes: readonly string[];
  readonly existing: ReadonlyMap<string, Existence>;
}

/** Lines of the input: `grant SPEC`, `file PATH`, `folder PATH`, `link PATH`, `show PATH`, `protect PATH`, `probe PATH`. */
function readWorld(text: string): World | undefined {
  const lines = text.split('\n').map((line) => /^(\w+) (.*)$/su.exec(line)?.slice(1) ?? []);
  const of = (word: string) => lines.flatMap(([kind, rest = '']) => (kind === word ? [rest] : []));
  const existing = new Map<string, Existence>();
  for (const kind of ['link', 'file', 'folder'] as const) for (const path of of(kind)) existing.set(path, kind);
  for (const path of [...existing.keys(), principal.workspace, ...of('show')]) {
    // What the file system gives is well-formed text: Node writes U+FFFD for bytes that are no UTF-8.
    if (componentsOf(path) === undefined || !path.isWellFormed()) return undefined;
    for (const ancestor of pathAncestors(path))
      if (existing.get(ancestor) !== 'link') existing.set(ancestor, existing.get(ancestor) ?? 'folder');
  }
  // The workspace, what is shown and what is granted come as real paths: no link leads to them.
  const granted = of('grant').map((spec) => spec.slice(spec.indexOf(':') + 1));
  const real = [principal.workspace, ...of('show'), ...granted].flatMap(pathAncestors);
  if (real.some((each) => existing.get(each) === 'link')) return undefined;
  const protect = of('protect').filter((path) => componentsOf(path) !== undefined && path.isWellFormed());
  const facts: MountFacts = {
    policySet: protect.length === 0 ? base : extendPathSets(base, { protected: protect }),
    principal,
    grants: grantsOf(of('grant')),
    visible: of('show'),
    existing: (path) => existing.get(path) ?? 'missing',
    at,
  };
  return {
    facts,
    existing,
    probes: [...existing.keys(), ...of('probe').filter((path) => componentsOf(path) !== undefined)],
  };
}

/** What the mounts show of a path: the deepest bind that holds it, found the slow way. */
function modeAt(path: string, binds: readonly { readonly path: string; readonly mode: string }[]): string {
  const components = componentsOf(path) ?? [];
  const holding = binds.filter((bind) => holds(components, componentsOf(bind.path) ?? []));
  return holding.sort((a, b) => b.path.length - a.path.length)[0]?.mode ?? 'none';
}

function checkMounts({ facts, probes, existing }: World): string {
  const { binds, unheld } = compileMounts(facts);
  must(new Set(binds.map(({ path }) => path)).size === binds.length, 'two binds for one path', binds);
  must(
    binds.every(({ path }, index) =>
      binds.slice(index).every((later) => later.path === path || !isWithin(path, later.path)),
    ),
    'a child before its parent',
    binds,
  );
  must(
    binds.every(({ path }) => existing.get(path) !== 'link' && componentsOf(path) !== undefined),
    'a bind on a link',
    binds,
  );
  const grants = { find: () => facts.grants };
  for (const path of probes) {
    if (componentsOf(path) === undefined || pathAncestors(path).some((each) => existing.get(each) === 'link')) continue;
    if (unheld.some((each) => isWithin(path, each.path)) || existing.get(path) === undefined) continue;
    const mode = modeAt(path, binds);
    const ask = (action: 'file.read' | 'file.write' | 'file.delete') =>
      allowsByPolicy({
        policySet: facts.policySet,
        request: { principal, action, resource: { kind: 'path', path } },
        grants,
        at,
      });
    const shown = (facts.visible ?? []).some((folder) => isWithin(path, folder));
    if (mode === 'read-write')
      must(ask('file.write') && ask('file.delete'), 'a mount writes what the engine forbids', path, binds);
    if ((mode === 'read-write' || mode === 'read-only') && !shown)
      must(ask('file.read'), 'a mount shows what the engine hides', path, binds);
  }
  return [...new Set(binds.map(({ mode, reason }) => `${mode} ${reason.split(' ')[0]}`))].sort().join(', ');
}

function check(text: string): string {
  const lines = text.split('\n');
  for (const line of lines) {
    const words = line.split(' ').slice(-2);
    checkPair(words[0] ?? '', words[1] ?? '');
    checkPair(words[1] ?? '', words[0] ?? '');
    for (const word of words) checkExpression(word);
  }
  try {
    const world = readWorld(text);
    return world === undefined ? 'paths' : checkMounts(world);
  } catch (error) {
    if (!(error instanceof GatehouseError)) throw error;
    must(
      ['grant_invalid', 'grant_refused', 'policy_invalid', 'workspace_refused'].includes(error.data.code),
      'another code',
      error.data,
    );
    return `${error.data.code} ${error.data.why?.replaceAll(/[/"].*/gu, '…') ?? ''}`;
  }
}

const ws = principal.workspace;
const names = [
  'a',
  'b',
  'bc',
  'a ',
  '.',
  '..',
  '',
  '.git',
  'hooks',
  '.envrc',
  '*',
  '[x]',
  '\\',
  '\n',
  '\u202e',
  'á',
  'a\u0301',
  '\ufffd',
  '.ssh',
  'ａ',
  'A',
];
const known = [
  ...sets.map((path) => expandPath(path, principal)),
  ws,
  '/home/me',
  '/home',
  '/',
  '/srv',
  '/usr',
  '/tmp/x',
  `${ws}2`,
  '/home/mean',
];

function generate(random: Random): string {
  const path = () =>
    `${random.pick(random.oneIn(2) ? known : [ws, '/srv', ''])}${random.times(random.few(4), () => `/${random.pick(names)}`)}`;
  const line = () => {
    const kind = random.pick(['grant', 'file', 'folder', 'folder', 'link', 'show', 'protect', 'probe', 'compare']);
    if (kind === 'grant') return `grant ${random.pick(['file.read', 'file.write', 'net.connect'])}:${path()}`;
    return kind === 'compare' ? `${path()} ${path()}` : `${kind} ${path()}`;
  };
  return random.times(1 + random.few(10), line, '\n');
}

/** Where paths lie, and what mounts make of it. */
export const paths: FuzzTarget = {
  name: 'paths',
  property:
    'Every comparison of paths is the one by component; an expression stands for a canonical path; no mount shows or lets write what the engine forbids for that path; a parent comes before what is in it.',
  generate,
  words: [
    ...known,
    ...names.map((name) => `/${name}`),
    '$WORKSPACE',
    '$HOME',
    '\ngrant file.write:',
    '\nprotect ',
    '\nlink ',
    '\nprobe ',
    '\nshow ',
  ],
  seeds: [
    '/a/bc /a/b',
    '$WORKSPACE/a $HOME',
    `folder ${ws}/.git/hooks\ngrant file.write:/srv\nfolder /srv`,
    `protect ${ws}/x/.git/hooks\nfolder ${ws}/x/.git/hooks`,
    'folder /home/me/.ssh\nfolder /home/me/.config\ngrant file.read:/home/me/.config',
  ],
  check,
};

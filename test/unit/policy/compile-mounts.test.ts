import { describe, expect, test } from 'vitest';
import type { Grant } from '#contract/grant.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import { GrantTable } from '../../../main/core/grants/grant-table.ts';
import { parseGrantSpec } from '../../../main/core/grants/spec.ts';
import { compileMounts, type Existence, type MountFacts, pathRules } from '../../../main/core/policy/compile-mounts.ts';
import { extendPathSets, loadPolicySet, type PolicySet } from '../../../main/core/policy/policy-set.ts';
import { baseLayer, ground, loadWith, principal } from './builtin-policies.ts';

const base = loadPolicySet([baseLayer], ground);
const start = Date.parse('2026-01-01T00:00:00.000Z');

function grantsOf(...specs: readonly string[]): readonly Grant[] {
  const table = new GrantTable();
  const place = { cwd: principal.workspace, home: principal.home };
  for (const [index, spec] of specs.entries()) {
    const pattern = parseGrantSpec(spec, place);
    const { taskId } = principal;
    table.issue({ id: `g-${index}`, pattern, taskId, giver: 'person', issuedAt: start, expiresAt: start + 1000 });
  }
  return table.list({ all: false });
}

function facts(more: Partial<MountFacts> & { missing?: readonly string[]; only?: readonly string[] } = {}): MountFacts {
  const { missing = [], only, ...rest } = more;
  const existing = (path: string): Existence => {
    if (only !== undefined) return only.includes(path) ? 'folder' : 'missing';
    return missing.includes(path) ? 'missing' : 'folder';
  };
  return { policySet: base, principal, grants: [], existing, at: start, ...rest };
}

function modes(given: MountFacts): Record<string, string> {
  return Object.fromEntries(compileMounts(given).binds.map((bind) => [bind.path, bind.mode]));
}

const ws = '/home/me/project';

describe('[GRT-1] mounts are what the engine decides', () => {
  test('the workspace alone, with nothing protected in it', () => {
    expect(modes(facts({ only: [ws] }))).toEqual({ [ws]: 'read-write' });
  });

  test('protected files that exist are read-only; those that are missing are named', () => {
    const { binds, unheld } = compileMounts(facts({ only: [ws, `${ws}/.git/hooks`, `${ws}/CLAUDE.md`] }));
    expect(binds).toEqual([
      { path: ws, mode: 'read-write', reason: 'workspace' },
      { path: `${ws}/.git`, mode: 'read-write', reason: `stays in place, since ${ws}/.git/hooks is inside` },
      { path: `${ws}/.git/hooks`, mode: 'read-only', reason: 'rule base/base.cedar#protected' },
      { path: `${ws}/CLAUDE.md`, mode: 'read-only', reason: 'rule base/base.cedar#protected' },
    ]);
    expect(unheld).toContainEqual({ path: `${ws}/.envrc`, rule: 'base/base.cedar#protected' });
  });

  test('protected files found at run time are held too', () => {
    const hooks = `${ws}/vendor/lib/.git/hooks`;
    const policySet = extendPathSets(base, { protected: [hooks] });
    // Every folder above is pinned, or the agent would rename it away and make its own in the same place.
    expect(modes(facts({ policySet, only: [ws, hooks] }))).toEqual({
      [ws]: 'read-write',
      [`${ws}/vendor`]: 'read-write',
      [`${ws}/vendor/lib`]: 'read-write',
      [`${ws}/vendor/lib/.git`]: 'read-write',
      [hooks]: 'read-only',
    });
  });

  test('sensitive paths inside a grant are masked', () => {
    const grants = grantsOf('file.read:~/.config', 'file.write:~/notes');
    const only = ['/home/me/.config', '/home/me/.config/gh', '/home/me/.config/gcloud', '/home/me/notes', ws];
    expect(modes(facts({ grants, only }))).toEqual({
      [ws]: 'read-write',
      '/home/me/notes': 'read-write',
      '/home/me/.config': 'read-only',
      '/home/me/.config/gh': 'hidden',
      '/home/me/.config/gcloud': 'hidden',
    });
  });

  test('sensitive paths inside a folder that is shown anyway are masked', () => {
    const only = ['/home/me/.cargo', '/home/me/.cargo/credentials.toml', ws];
    expect(modes(facts({ visible: ['/home/me/.cargo'], only }))).toEqual({
      [ws]: 'read-write',
      '/home/me/.cargo': 'read-only',
      '/home/me/.cargo/credentials.toml': 'hidden',
    });
  });

  test('a grant inside the workspace adds nothing, a wider one keeps the workspace writable', () => {
    const only = [ws, `${ws}/src`, '/home/me/notes'];
    expect(modes(facts({ grants: grantsOf('file.read:src'), only }))).toEqual({ [ws]: 'read-write' });
    const nested = { ...principal, workspace: '/home/me/notes/a' };
    const grants = grantsOf('file.read:~/notes');
    expect(modes(facts({ grants, principal: nested, only: ['/home/me/notes', '/home/me/notes/a'] }))).toEqual({
      '/home/me/notes': 'read-only',
      '/home/me/notes/a': 'read-write',
    });
  });

  test('an expired grant and a grant of another action mount nothing', () => {
    const [grant] = grantsOf('net.connect:example.org');
    expect(modes(facts({ grants: grant ? [grant] : [], only: [ws] }))).toEqual({ [ws]: 'read-write' });
    const late = facts({ grants: grantsOf('file.read:~/notes'), only: [ws, '/home/me/notes'], at: start + 1000 });
    expect(() => compileMounts(late)).toThrow(/grant file\.read:\/home\/me\/notes is refused/u);
  });

  test('pathRules gives the engine’s answer for each path', () => {
    expect(pathRules(facts(), [ws, `${ws}/.git/hooks/x`, '/usr/bin', '/home/me'])).toEqual([
      { path: ws, read: true, write: true },
      { path: `${ws}/.git/hooks/x`, read: true, write: false },
      { path: '/usr/bin', read: true, write: false },
      { path: '/home/me', read: false, write: false },
    ]);
  });
});

describe('[GRT-6] a repository’s file rules become mounts', () => {
  const rules = (...lines: readonly string[]): PolicySet => loadWith('repository', lines.join('\n'));
  const read = 'forbid (principal, action == Action::"file.read", resource in Path::"$WORKSPACE/secret");';
  const write = 'forbid (principal, action == Action::"file.write", resource in Path::"$WORKSPACE/docs");';
  const remove = 'forbid (principal, action == Action::"file.delete", resource == Path::"$WORKSPACE/keep");';
  const nested = 'forbid (principal, action == Action::"file.read", resource in Path::"$WORKSPACE/docs/inner");';

  test('hidden, read-only, and one inside the other', () => {
    const only = [ws, `${ws}/secret`, `${ws}/docs`, `${ws}/docs/inner`, `${ws}/keep`];
    expect(modes(facts({ policySet: rules(read, write, remove, nested), only }))).toEqual({
      [ws]: 'read-write',
      [`${ws}/secret`]: 'hidden',
      [`${ws}/docs`]: 'read-only',
      [`${ws}/docs/inner`]: 'hidden',
      [`${ws}/keep`]: 'read-only',
    });
  });

  test('a path that does not exist in a writable folder cannot be held', () => {
    const given = facts({ policySet: rules(read), only: [ws] });
    expect(() => compileMounts(given)).toThrow(
      /rule repository\/policy\.cedar#1 cannot be held: \/home\/me\/project\/secret does not exist/u,
    );
  });

  test('a path that leads through a symbolic link cannot be held; a member of a set is named', () => {
    const existing = (path: string): Existence => (path === ws ? 'folder' : 'link');
    expect(() => compileMounts({ ...facts({ policySet: rules(read) }), existing })).toThrow(/symbolic link/u);
    const { binds, unheld } = compileMounts({ ...facts(), existing });
    expect(binds.map((bind) => bind.path)).toEqual([ws]);
    expect(unheld).toContainEqual({ path: `${ws}/.git/hooks`, rule: 'base/base.cedar#protected' });
  });

  test('a path that does not exist in a folder that is only read stays missing', () => {
    expect(modes(facts({ policySet: rules(write, nested), only: [ws, `${ws}/docs`] }))).toEqual({
      [ws]: 'read-write',
      [`${ws}/docs`]: 'read-only',
    });
  });

  test('a rule about one agent holds for that agent alone', () => {
    const line =
      'forbid (principal in Agent::"codex", action == Action::"file.read", resource in Path::"$WORKSPACE/a");';
    const given = facts({ policySet: rules(line), only: [ws, `${ws}/a`] });
    expect(modes(given)).toEqual({ [ws]: 'read-write' });
    expect(modes({ ...given, principal: { ...principal, agent: 'codex' } })[`${ws}/a`]).toBe('hidden');
  });

  test('a rule over the whole workspace refuses it, naming the rule', () => {
    const policySet = rules('@id("shut") forbid (principal, action, resource in Path::"$WORKSPACE");');
    expect(() => compileMounts(facts({ policySet, only: [ws] }))).toThrow(/repository\/policy\.cedar#shut/u);
  });
});

describe('[GRT-1] workspaces and grants that are no walls are refused', () => {
  test.each([
    ['/', 'whole file system'],
    ['/home/me', 'whole home folder'],
    ['/home', 'whole home folder'],
    ['/home/me/.local/share/gatehouse', 'keys, log and sockets'],
    ['/home/me/.local/share', 'keys, log and sockets'],
    ['/home/me/.local/share/gatehouse/sessions/x', 'keys, log and sockets'],
    ['/home/me/.ssh', "the person’s own keys|the person's own keys"],
    ['/proc/self', 'never shown'],
    ['/run/user/1000', 'never shown'],
  ])('%s', (path, why) => {
    const workspace = facts({ principal: { ...principal, workspace: path } });
    const grant = facts({ grants: grantsOf(`file.read:${path}`) });
    for (const [given, code] of [
      [workspace, 'workspace_refused'],
      [grant, 'grant_refused'],
    ] as const) {
      const error = errorOf(() => compileMounts(given));
      expect(error.data.code).toBe(code);
      expect(error.message).toMatch(new RegExp(why, 'u'));
    }
  });

  test('a grant of what does not exist', () => {
    const given = facts({ grants: grantsOf('file.write:~/absent'), missing: ['/home/me/absent'] });
    expect(errorOf(() => compileMounts(given)).data).toMatchObject({ code: 'grant_refused' });
  });
});

function errorOf(run: () => unknown): GatehouseError {
  try {
    run();
  } catch (error) {
    if (error instanceof GatehouseError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

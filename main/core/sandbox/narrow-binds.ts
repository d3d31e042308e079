/**
 * Guarantee: of what one session would see, exactly that is left which another one sees too, each path in the narrower of the two
 * ways; what either hides is hidden.
 * Threat: an agent that starts a second session to see a folder that is closed to itself, or to write what it may only read:
 * a workspace chosen inside a protected folder, a grant for the folder around it.
 * Limits: paths are compared by name; both sessions see each at the same place, and neither follows links.
 */
import { isWithin } from './path-components.ts';
import type { SandboxBind } from './sandbox.ts';

const rank = { 'read-write': 0, 'read-only': 1, hidden: 2 } as const;

/** `binds` as far as `outer` shows the same, parents before children. */
export function narrowBinds(binds: readonly SandboxBind[], outer: readonly SandboxBind[]): SandboxBind[] {
  const paths = [...new Set([...binds, ...outer].map(({ path }) => path))].sort();
  const narrowed: SandboxBind[] = [];
  for (const path of paths) {
    const own = covering(binds, path);
    if (own === undefined) continue;
    const other = covering(outer, path);
    const bind: SandboxBind =
      other !== undefined && rank[other.mode] <= rank[own.mode]
        ? { path, mode: own.mode, reason: own.reason }
        : { path, mode: other?.mode ?? 'hidden', reason: 'as in the session that started it' };
    // Nothing is shown around it, so there is nothing to hide it in.
    if (bind.mode === 'hidden' && (covering(narrowed, path)?.mode ?? 'hidden') === 'hidden') continue;
    narrowed.push(bind);
  }
  return narrowed;
}

/** The bind that says how `path` is seen: the nearest at or above it. */
export function covering(binds: readonly SandboxBind[], path: string): SandboxBind | undefined {
  return binds.reduce<SandboxBind | undefined>(
    (nearest, bind) =>
      isWithin(path, bind.path) && (nearest === undefined || bind.path.length > nearest.path.length) ? bind : nearest,
    undefined,
  );
}

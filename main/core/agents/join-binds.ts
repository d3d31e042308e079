import type { SandboxBind } from '../sandbox/sandbox.ts';
import { isInside } from './system-folders.ts';

/**
 * Binds in mounting order: parents before children, one per path, and no read-only bind that a read-only parent
 * already covers. For one path named twice, `hidden` wins over `read-only` over `read-write`, so that joining can only
 * narrow what is seen.
 */
export function joinBinds(binds: readonly SandboxBind[]): SandboxBind[] {
  const byPath = new Map<string, SandboxBind>();
  for (const bind of binds) {
    const known = byPath.get(bind.path);
    if (known === undefined || rank[bind.mode] > rank[known.mode]) byPath.set(bind.path, bind);
  }
  const sorted = [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return sorted.filter((bind) => bind.mode !== 'read-only' || nearestParent(bind, sorted)?.mode !== 'read-only');
}

const rank = { 'read-write': 0, 'read-only': 1, hidden: 2 } as const;

function nearestParent(bind: SandboxBind, all: readonly SandboxBind[]): SandboxBind | undefined {
  const parents = all.filter((other) => other !== bind && isInside(bind.path, other.path));
  return parents.reduce<SandboxBind | undefined>(
    (nearest, other) => (nearest === undefined || other.path.length > nearest.path.length ? other : nearest),
    undefined,
  );
}

import type { GrantTable } from '../core/grants/grant-table.ts';
import type { AlwaysRules } from './always-rules.ts';
import type { GrantKeeper } from './grant-keeper.ts';

/** Takes back the always-rules of an agent, and what they gave to tasks that go on. */
export async function removeRulesOf(
  agent: string,
  { rules, grants, keeper }: { rules: AlwaysRules; grants: GrantTable; keeper: GrantKeeper },
): Promise<number> {
  const own = rules.list().filter((rule) => rule.agent === agent);
  for (const { id } of own) {
    await rules.remove(id);
    for (const grant of grants.list({ all: false })) {
      if (grant.rule === id) await keeper.revoke(grant.id, 'its agent was retired');
    }
  }
  return own.length;
}

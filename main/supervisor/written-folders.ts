/**
 * Guarantee: what programs execute or trust later (GRT-7) is as closed in a folder outside the workspace that a grant lets a session change
 * as it is in the workspace: by the same names, and in every Git repository found there, a bare one that the folder is included.
 *
 * Threat: an agent that may push to `~/repos/shop.git` writes a hook into it, which the person's own next push runs; one that may write
 * another project leaves settings for an editor or an agent there.
 *
 * Limits: those of the workspace: what does not exist yet can be made, and is named at the end.
 */
import type { Grant } from '#contract/grant.ts';
import { holdGranted } from '../adapters/agents/workspace.ts';
import { joinBinds } from '../core/agents/join-binds.ts';
import { patternOf } from '../core/grants/lifting.ts';
import { isWithin, membersIn } from '../core/policy/path-sets.ts';
import { extendPathSets, type PolicySet } from '../core/policy/policy-set.ts';
import type { SessionGround } from './session-plan.ts';

/** The ground and the policies of a session, with what is held in folders that its grants let it change. */
export async function holdWritten(question: {
  readonly ground: SessionGround;
  readonly policySet: PolicySet;
  /** Grants of the task that the session joins. */
  readonly standing: readonly Grant[];
  readonly home: string;
}): Promise<{ readonly ground: SessionGround; readonly policySet: PolicySet }> {
  const { ground, policySet, standing, home } = question;
  const patterns = [...ground.grants.map(({ pattern }) => pattern), ...standing.map(patternOf)];
  const written = patterns.flatMap((pattern) => (pattern.action === 'file.write' ? [pattern.path] : []));
  const folders = [...new Set(written)].filter((path) => !isWithin(path, ground.workspace.path));
  if (folders.length === 0) return { ground, policySet };
  const held = await Promise.all(folders.map((folder) => holdGranted(folder, home)));
  const names = membersIn(policySet.pathSets.get('protected') ?? [], folders);
  return {
    ground: {
      ...ground,
      toolBinds: joinBinds([...ground.toolBinds, ...held.flatMap(({ binds }) => binds)]),
      notices: [...ground.notices, ...held.flatMap(({ notices }) => notices)],
    },
    policySet: extendPathSets(policySet, { protected: names }),
  };
}

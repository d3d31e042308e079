import { join } from 'node:path';
import { GatehouseError } from '#contract/operating-error.ts';
import type { ListedRule, PolicyList, ProtectedFile, RanExample } from '#contract/policy.ts';
import type { Preset } from '#contract/preset.ts';
import { findWorkspace } from '../adapters/agents/workspace.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import { presetGrants } from '../core/agents/choose-preset.ts';
import { runExamples } from '../core/policy/examples.ts';
import type { PolicySet } from '../core/policy/policy-set.ts';
import type { Rule } from '../core/policy/rule.ts';
import { reachOf } from '../core/policy/rule-reach.ts';
import { coveredActions } from '../core/policy/rule-shape.ts';
import type { Approvers } from './approvers.ts';
import type { ControlHandlers } from './control-server.ts';
import { PacedWork } from './paced-work.ts';
import type { Policies } from './policies.ts';
import { type PolicyChangeParts, PolicyChanges } from './policy-changes.ts';
import { type Caller, stateFolders } from './session-plan.ts';

/** What the methods about policies speak for. */
export interface PolicyHandlerParts {
  readonly policies: Policies;
  readonly approvers: Pick<Approvers, 'of'>;
  readonly audit: PolicyChangeParts['audit'];
  readonly reader: PolicyChangeParts['reader'];
  readonly state: Pick<StateDatabase, 'sessions'>;
  readonly presets: readonly Preset[];
  readonly paths: StatePaths;
  readonly caller: Caller;
}

type PolicyMethod = Extract<keyof ControlHandlers, `policy.${string}`>;

interface Found {
  readonly set: PolicySet;
  readonly workspace?: string;
  readonly problem?: GatehouseError['data'];
}

/** The methods about rules. What changes one is taken from an approver's connection alone. */
export function policyHandlers(parts: PolicyHandlerParts): Pick<ControlHandlers, PolicyMethod> {
  // Running them takes a quarter of a second, and a window asks whenever it is opened: the newest results are kept.
  let ran: { readonly digest: string; readonly examples: RanExample[] } | undefined;
  const paced = new PacedWork();
  const changes = new PolicyChanges({
    ...parts,
    folder: join(parts.paths.config, 'policies'),
    home: parts.caller.home,
    workspaceOf: (id) => parts.state.sessions(true).find((session) => session.id === id)?.workspace,
  });
  return {
    'policy.list': async ({ workspace }) => {
      const { set, ...found } = await findSet(workspace, parts);
      return {
        digest: set.digest,
        ...found,
        home: parts.caller.home,
        userFolder: join(parts.paths.config, 'policies'),
        rules: [...set.rules.values()].map(listedRule),
        files: parts.policies.userFiles.map(({ name, text }) => ({ name, text })),
        presets: parts.presets.map((preset) => ({
          id: preset.id,
          title: preset.title,
          grants: presetGrants(preset),
        })),
        protected: protectedFiles(set),
      } satisfies PolicyList;
    },
    'policy.test': async ({ workspace }) => {
      const { set } = await findSet(workspace, parts);
      if (ran?.digest !== set.digest) {
        ran = { digest: set.digest, examples: await paced.run(() => examplesOf(set)) };
      }
      return { examples: ran.examples };
    },
    'policy.check': async ({ file, text }) => {
      const { problems, examples, rules } = await paced.run(() => parts.policies.check(file, text));
      return {
        problems: problems.map(({ line, what, remedy }) => ({ what, remedy, ...(line === undefined ? {} : { line }) })),
        examples: examples.map(({ rule, example, expected, ok, why }) => ({ rule, example, expected, ok, why })),
        rules,
      };
    },
    'policy.propose': (wanted, call) => changes.propose(parts.approvers.of(call), wanted),
    'policy.save': ({ digest, code }, call) => changes.save(parts.approvers.of(call), digest, code),
  };
}

/** The rules for a workspace; without one, or when its own are unusable, those of everywhere. */
async function findSet(workspace: string | undefined, { policies, paths, caller }: PolicyHandlerParts): Promise<Found> {
  if (workspace === undefined) return { set: policies.common };
  const { path } = await findWorkspace({
    cwd: workspace,
    workspace,
    home: caller.home,
    stateFolders: stateFolders(paths),
    uid: caller.uid,
  });
  try {
    return { set: await policies.forWorkspace(path, caller.home), workspace: path };
  } catch (error) {
    if (!(error instanceof GatehouseError) || error.data.code !== 'policy_invalid') throw error;
    return { set: policies.common, workspace: path, problem: error.data };
  }
}

function listedRule(rule: Rule): ListedRule {
  const { id, layer, file, line, text, effect, risk, scope, gate, reason } = rule;
  return {
    id,
    layer,
    file,
    line,
    text,
    effect,
    actions: [...coveredActions(rule.json)],
    ...reachOf(rule.json, gate),
    risk,
    scope,
    ...(gate === undefined ? {} : { gate }),
    ...(reason === undefined ? {} : { reason }),
    examples: rule.exampleAllow.length + rule.exampleDeny.length,
  };
}

function examplesOf(set: PolicySet): RanExample[] {
  return runExamples([...set.rules.values()], set.pathSets).map(({ rule, example, expected, ok, why }) => ({
    rule: rule.id,
    example,
    expected,
    ok,
    why,
  }));
}

const inWorkspace = '$WORKSPACE/';

/** As `gatehouse policy protected` lists them. */
function protectedFiles({ pathSets, reasons }: PolicySet): ProtectedFile[] {
  return (['protected', 'unprotected'] as const).flatMap((name) =>
    (pathSets.get(name) ?? []).map((member) => ({
      path: member.startsWith(inWorkspace) ? member.slice(inWorkspace.length) : member,
      protected: name === 'protected',
      reason: reasons.get(member) ?? '',
    })),
  );
}

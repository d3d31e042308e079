import type { ListedAgent } from '#contract/agent.ts';
import type { NewEvent } from '#contract/audit.ts';
import type { Grant } from '#contract/grant.ts';
import type { Preset } from '#contract/preset.ts';
import type { ReviewedAgent, ReviewedRule, ReviewState } from '#contract/review.ts';
import { attestFile } from '../adapters/agents/file-digest.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import { presetGrants } from '../core/agents/choose-preset.ts';
import { idleDaysOf, isReviewDue, reviewFlags } from '../core/agents/review.ts';
import type { AuditLog } from '../core/audit/log.ts';
import type { Agents } from './agents.ts';
import type { AlwaysRules } from './always-rules.ts';
import type { Approvers } from './approvers.ts';
import { type Clock, systemClock, timestamp } from './clock.ts';
import type { ControlHandlers } from './control-server.ts';
import type { Homes } from './homes.ts';

/** What a review looks at. */
export interface ReviewParts {
  readonly agents: Pick<Agents, 'list'>;
  readonly approvers: Pick<Approvers, 'of'>;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly homes: Pick<Homes, 'list'>;
  readonly presets: readonly Preset[];
  readonly rules: Pick<AlwaysRules, 'list'>;
  readonly state: Pick<StateDatabase, 'sessions' | 'grants' | 'reviewedAt' | 'saveReviewedAt'>;
}

type ReviewMethod = Extract<keyof ControlHandlers, `review.${string}`>;

/** Shows who may do what, and records that a person looked through it. */
export function reviewHandlers(parts: ReviewParts): Pick<ControlHandlers, ReviewMethod> {
  return {
    'review.show': async () => ({ agents: await reviewAgents(parts), ...reviewState(parts) }),
    'review.record': async (_, call) => {
      parts.approvers.of(call);
      const agents = await reviewAgents(parts);
      const reviewedAt = timestamp(systemClock.now());
      await parts.audit.append(reviewedEvent(agents));
      parts.state.saveReviewedAt(reviewedAt);
      return { reviewedAt };
    },
  };
}

/** When the last review was, and whether another one is due. */
export function reviewState({
  agents,
  state,
  clock = systemClock,
}: {
  readonly agents: Pick<Agents, 'list'>;
  readonly state: Pick<StateDatabase, 'reviewedAt'>;
  readonly clock?: Pick<Clock, 'now'>;
}): ReviewState {
  const reviewedAt = state.reviewedAt();
  const due = isReviewDue(reviewedAt, agents.list(), clock.now());
  return { ...(reviewedAt === undefined ? {} : { reviewedAt }), due };
}

async function reviewAgents(parts: ReviewParts): Promise<ReviewedAgent[]> {
  const sessions = parts.state.sessions(true);
  const grants = parts.state.grants(true);
  const kept = parts.agents.list().filter(({ state }) => state !== 'retired');
  const at = systemClock.now();
  return Promise.all(
    kept.map(async (agent) => {
      const own = sessions.filter((session) => session.agent === agent.name);
      const running = own.filter(({ state }) => state !== 'ended');
      const [newest] = own.toSorted((one, other) => (one.startedAt < other.startedAt ? 1 : -1));
      const rules = parts.rules.list().filter((rule) => rule.agent === agent.name);
      const tasks = new Set(running.map(({ taskId }) => taskId));
      const { homes, login } = await parts.homes.list(agent.name);
      const preset = parts.presets.find(({ id }) => id === agent.preset);
      const facts = {
        agent,
        program: await programState(agent),
        rules: rules.map((rule) => ({ ...rule, ...usesOf(rule.id, grants) })) satisfies ReviewedRule[],
      };
      return {
        ...facts,
        idleDays: idleDaysOf(agent, at),
        ...(newest === undefined
          ? {}
          : { lastSession: { id: newest.id, workspace: newest.workspace, startedAt: newest.startedAt } }),
        running: running.length,
        presetGrants: preset === undefined ? [] : presetGrants(preset),
        grants: grants.filter(({ taskId, revokedAt }) => tasks.has(taskId) && revokedAt === undefined),
        login: login.map(({ path }) => path),
        homes: {
          count: homes.length,
          bytes: homes.reduce((sum, { bytes }) => sum + bytes, 0),
          complete: homes.every(({ complete }) => complete),
        },
        flags: reviewFlags(facts, at),
      };
    }),
  );
}

/** The files that were accepted, as they are now. */
async function programState({ attestation }: ListedAgent): Promise<ReviewedAgent['program']> {
  const files = [attestation, ...attestation.interpreters];
  const found = await Promise.all(files.map(({ path }) => attestFile(path)));
  if (found.some((file) => file === undefined)) return 'gone';
  return found.every((file, index) => file?.sha256 === files[index]?.sha256) ? 'accepted' : 'changed';
}

function usesOf(rule: string, grants: readonly Grant[]): Pick<ReviewedRule, 'uses' | 'lastUsedAt'> {
  const given = grants.filter((grant) => grant.rule === rule);
  const last = given
    .flatMap(({ lastUsedAt }) => lastUsedAt ?? [])
    .sort()
    .at(-1);
  return { uses: given.reduce((sum, { uses }) => sum + uses, 0), ...(last === undefined ? {} : { lastUsedAt: last }) };
}

function reviewedEvent(agents: readonly ReviewedAgent[]): NewEvent {
  const flagged = agents.filter(({ flags }) => flags.length > 0);
  const said = flagged.length === 0 ? 'nothing stood out' : `${flagged.length} stood out`;
  return {
    kind: 'agents.reviewed',
    summary: `You looked through who may do what: ${agents.length} agents, ${said}`,
    detail: {
      agents: agents.map(({ agent }) => agent.name),
      flagged: Object.fromEntries(flagged.map(({ agent, flags }) => [agent.name, [...flags]])),
    },
  };
}

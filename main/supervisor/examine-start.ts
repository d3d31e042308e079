import { z } from 'zod';
import type { AgentQuestion } from '#contract/agent.ts';
import { GatehouseError, operatingError } from '#contract/operating-error.ts';
import { limitsSchema, type SessionStart } from '#contract/session.ts';
import type { StartExamination } from '#contract/start-examination.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import { credentialNotices } from '../core/agents/environment.ts';
import { settingsInForce } from '../core/breakers/trip-words.ts';
import { formatGrantSpec } from '../core/grants/spec.ts';
import { type Bounds, type EarlierStart, type FoundStart, keepsBounds, repeats } from '../core/sessions/repeats.ts';
import { startDigest } from '../core/sessions/start-digest.ts';
import { exposedNotices } from './exposed-ports.ts';
import { findActor } from './session-actor.ts';
import type { SessionParts } from './session-parts.ts';
import type { SessionGround } from './session-plan.ts';
import { taskLifeDefaultMs } from './tasks.ts';

/** Earlier sessions whose beginning is looked up in the record for one start, newest first. */
const lookedUpMax = 20;

/** What the record says of the bounds that a session began with. */
const boundsSchema = z.object({
  limits: limitsSchema,
  breakers: z.record(z.string(), z.union([z.number(), z.literal('off')])),
});

/** What a start would be, from what was gathered for it. Rejects where the agent may not start, but not where it must be accepted first. */
export async function examineStart(
  parts: Pick<SessionParts, 'agents' | 'state' | 'reader'>,
  start: SessionStart,
  ground: SessionGround,
): Promise<StartExamination> {
  const { exposed } = ground;
  const question = await findActor(parts.agents, start, ground).then(() => undefined, questionOf);
  const exact = exactStart(start, ground);
  const { agent, workspace, lifeMs } = exact;
  return {
    agent,
    program: exact.program,
    workspace,
    grants: exact.grants,
    exposed: [...exposed],
    limits: exact.limits,
    lifeMs,
    digest: startDigest(exact),
    notices: noticesOf(start, ground),
    repeats: await isRepetition(parts, { start, agent, workspace, lifeMs }, exact),
    ...(question === undefined ? {} : { question }),
  };
}

/** Throws when what would be started now is not what a person was shown, or was held for a repetition. */
export function assertAsExamined(start: SessionStart, ground: SessionGround): void {
  if (start.examined === undefined || start.examined === startDigest(exactStart(start, ground))) return;
  throw operatingError('approval_refused', 'What would be started is not what was looked at before.', {
    why: 'A folder or a link on the way to it changed meanwhile.',
    remedy: 'Nothing was started. Look at it again.',
  });
}

function exactStart(start: SessionStart, { agent, command, limits, workspace, grants }: SessionGround) {
  return {
    agent,
    command: start.command,
    program: command.path,
    workspace: workspace.path,
    grants: grants.flatMap(({ giver, pattern }) => (giver === 'person' ? [formatGrantSpec(pattern)] : [])),
    limits,
    lifeMs: start.forMs ?? taskLifeDefaultMs,
  };
}

/** Without those that say again what the ports are, or speak of a shell that whoever asks does not sit at. */
function noticesOf(start: SessionStart, { notices, exposed, preset }: SessionGround): string[] {
  const elsewhere = credentialNotices(preset, start.presentVariables ?? [], start.environment);
  const said = [...exposedNotices(exposed), ...elsewhere];
  return notices.filter((notice) => !said.includes(notice));
}

/** Whatever else stands in the way stops the start, and whoever asked is told. */
function questionOf(error: unknown): AgentQuestion {
  if (error instanceof GatehouseError && error.data.agent !== undefined) return error.data.agent;
  throw error;
}

/** Whether the very same was started before, held no tighter than it would be now. What the record does not have any more was not. */
async function isRepetition(
  { state, reader }: Pick<SessionParts, 'state' | 'reader'>,
  found: FoundStart,
  { limits }: Pick<Bounds, 'limits'>,
): Promise<boolean> {
  const bounds = { limits, breakers: settingsInForce({}) };
  let lookedUp = 0;
  for (const earlier of earlierStarts(state, found.agent, found.workspace)) {
    if (!repeats(found, earlier)) continue;
    if (lookedUp >= lookedUpMax) return false;
    lookedUp += 1;
    const { events } = await reader.query({ query: 'kind:session.starting', session: earlier.session.id, limit: 1 });
    const before = boundsSchema.safeParse(events[0]?.detail);
    if (before.success && keepsBounds(bounds, before.data)) return true;
  }
  return false;
}

function* earlierStarts(state: StateDatabase, agent: string, workspace: string): Iterable<EarlierStart> {
  for (const session of state.sessions(true)) {
    if (session.agent !== agent || session.workspace !== workspace) continue;
    const task = state.task(session.taskId);
    // Without its task nobody knows how long it was to live.
    if (task !== undefined) yield { session, lifeMs: Date.parse(task.expiresAt) - Date.parse(task.createdAt) };
  }
}

import type { AgentQuestion } from '#contract/agent.ts';
import { GatehouseError, operatingError } from '#contract/operating-error.ts';
import type { SessionStart } from '#contract/session.ts';
import type { StartExamination } from '#contract/start-examination.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import { credentialNotices } from '../core/agents/environment.ts';
import { formatGrantSpec } from '../core/grants/spec.ts';
import { type EarlierStart, repeats } from '../core/sessions/repeats.ts';
import { startDigest } from '../core/sessions/start-digest.ts';
import { exposedNotices } from './exposed-ports.ts';
import { findActor } from './session-actor.ts';
import type { SessionParts } from './session-parts.ts';
import type { SessionGround } from './session-plan.ts';
import { taskLifeDefaultMs } from './tasks.ts';

/** What a start would be, from what was gathered for it. Rejects where the agent may not start, but not where it must be accepted first. */
export async function examineStart(
  { agents, state }: Pick<SessionParts, 'agents' | 'state'>,
  start: SessionStart,
  ground: SessionGround,
): Promise<StartExamination> {
  const { exposed } = ground;
  const question = await findActor(agents, start, ground).then(() => undefined, questionOf);
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
    repeats: repeats({ start, agent, workspace, lifeMs }, earlierStarts(state, agent, workspace)),
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

function* earlierStarts(state: StateDatabase, agent: string, workspace: string): Iterable<EarlierStart> {
  for (const session of state.sessions(true)) {
    if (session.agent !== agent || session.workspace !== workspace) continue;
    const task = state.task(session.taskId);
    // Without its task nobody knows how long it was to live.
    if (task !== undefined) yield { session, lifeMs: Date.parse(task.expiresAt) - Date.parse(task.createdAt) };
  }
}

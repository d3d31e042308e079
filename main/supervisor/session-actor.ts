import { operatingError } from '#contract/operating-error.ts';
import type { SessionStart, Task } from '#contract/session.ts';
import { actClaim } from '../core/agents/session-credential.ts';
import { boundAttestation } from './agent-handlers.ts';
import type { Actor, Agents } from './agents.ts';
import { actorsFrom } from './ancestry.ts';
import type { SessionEntry } from './session-entry.ts';
import type { SessionIdentity } from './session-identity.ts';
import type { SessionGround } from './session-plan.ts';
import type { Tasks } from './tasks.ts';

/** Who a session acts as. Rejects when the agent may not start. */
export function findActor(
  agents: Agents,
  start: SessionStart,
  { agent, preset, command }: SessionGround,
): Promise<Actor> {
  const purpose = start.task === '' ? undefined : start.task;
  return agents.admit({ name: agent, preset, attestation: boundAttestation(command.attestation), purpose });
}

/** The session's credential, or none for nobody's. A task that was made for it ends when there is none to be had. */
export async function certifySession(
  { agents, tasks }: { readonly agents: Agents; readonly tasks: Tasks },
  {
    id,
    ground,
    actor,
    task,
    ownTask,
    parent,
  }: {
    readonly id: string;
    readonly ground: SessionGround;
    readonly actor: Actor;
    readonly task: Task;
    readonly ownTask: boolean;
    readonly parent: SessionEntry | undefined;
  },
): Promise<SessionIdentity | undefined> {
  if (actor.agent === undefined) return undefined;
  const executable = ground.command.attestation.executable.sha256;
  try {
    return await agents.certify(actor.agent.name, {
      session: id,
      task: task.id,
      executable,
      ...(parent === undefined ? {} : { act: actClaim(actorsFrom(parent)) }),
    });
  } catch (error) {
    if (ownTask) await tasks.end(task.id, 'its session did not start');
    throw error;
  }
}

/**
 * Throws when the agent was suspended or retired while its session was made. Called once whoever suspends it can find the session: what
 * came before is seen here, what comes later ends it.
 */
export function assertIdentity(identity: SessionIdentity | undefined, agent: string): void {
  if (identity === undefined || identity.state() === 'valid') return;
  throw operatingError('agent_refused', `${agent} was suspended or retired while it started.`, {
    remedy: '`gatehouse agents list` shows the state of each.',
  });
}

/** Said where an agent could have an identity and has none. */
export function identityNotices(agent: string, actor: Actor): string[] {
  if (actor.agent !== undefined || actor.why === undefined) return [];
  return [
    `${agent} runs without an identity of its own, since no keystore can be used; \`gatehouse doctor\` says more.`,
  ];
}

/**
 * Guarantee: a session starts from the window only after a person confirmed in the approval window what it would be, as the supervisor
 * found it, or when a person started the very same before and nothing is given besides. What is confirmed is what is started.
 *
 * Threat: a main window that an agent's output took over, starting commands in folders of the person's, with grants, variables or ports.
 *
 * Limits: a repetition is started unasked, as often as the window likes; each is on record and under Now, and the supervisor bounds how many run.
 */
import type { Proposal } from '#contract/bridge.ts';
import { GatehouseError, operatingError } from '#contract/operating-error.ts';
import type { SessionStart } from '#contract/session.ts';
import type { ControlClient } from '../adapters/control/client.ts';
import { splitCallerEnvironment } from '../core/agents/caller-variables.ts';
import { agentPrepared } from './agent-proposal.ts';
import { prepareMemory } from './memory-proposal.ts';
import type { Acted, Prepared } from './prepared.ts';
import { startQuestion } from './start-words.ts';

type WantedStart = Extract<Proposal, { kind: 'start' }>;

/** Looks into a start: one question for the start and the agent that it needs accepted, or none for a repetition. */
export async function prepareStart(control: ControlClient, wanted: WantedStart, home: string): Promise<Prepared> {
  const { command, task, variables = [], limits = {} } = wanted;
  const start = startOf(wanted, process.env);
  const found = await control.call('session.examine', start);
  // Between the answer and the start, a link on the way to the folder could be made to lead elsewhere.
  const act = () => startOrAsk(control, { ...start, examined: found.digest });
  const { question } = found;
  if (question === undefined && found.repeats) return { question: undefined, act };
  const code =
    question === undefined ? undefined : (await control.call('agent.code', { digest: question.digest })).code;
  return {
    question: startQuestion({ command, task, variables, limits, found }, home),
    act: async () => {
      if (question !== undefined && code !== undefined) {
        await control.call('agent.accept', { digest: question.digest, code });
      }
      return act();
    },
  };
}

/** What the supervisor is asked for. A variable without a value is the person's own; one that they do not have is an error. */
export function startOf(wanted: WantedStart, environment: Readonly<Record<string, string | undefined>>): SessionStart {
  const { command, workspace, task, grants, forMs, variables = [], expose = [], limits = {}, size } = wanted;
  const passed: Record<string, string> = {};
  for (const { name, value = environment[name] } of variables) {
    if (value === undefined) {
      throw operatingError('invalid_request', `Your environment has no variable ${name}.`, {
        why: 'The app has the environment that the desktop started it with, which may be another than your terminal’s.',
        remedy: 'Give it a value.',
      });
    }
    passed[name] = value;
  }
  return {
    command,
    cwd: workspace,
    workspace,
    grants,
    ...(task === undefined ? {} : { task }),
    ...(forMs === undefined ? {} : { forMs }),
    ...(expose.length === 0 ? {} : { expose }),
    ...splitCallerEnvironment(environment),
    environment: passed,
    limits,
    terminal: size,
    detached: true,
    keep: true,
  };
}

/** Starts, or asks what stands in the way and starts then. */
async function startOrAsk(control: ControlClient, start: SessionStart): Promise<Acted> {
  try {
    return { done: { session: (await control.call('session.start', start)).session.id } };
  } catch (error) {
    const { agent, memory } = error instanceof GatehouseError ? error.data : {};
    const again = () => startOrAsk(control, start);
    // Its program changed while a person read: that is another question.
    if (agent !== undefined) return { next: await agentPrepared(control, agent, again) };
    if (memory !== undefined) return { next: await prepareMemory(control, memory, again) };
    throw error;
  }
}

import type { Proposal } from '#contract/bridge.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import type { SessionStart } from '#contract/session.ts';
import type { ControlClient } from '../adapters/control/client.ts';
import { splitCallerEnvironment } from '../core/agents/caller-variables.ts';
import { prepareMemory } from './memory-proposal.ts';
import { preparePolicy } from './policy-proposal.ts';
import type { Acted, Prepared, ProposalQuestion } from './prepared.ts';
import { prepareSessionResume } from './session-proposal.ts';

type Acting = Exclude<Proposal, { kind: 'show' }>;

function done(outcome: { readonly session?: string }): Acted {
  return { done: outcome };
}

/** Looks into a proposal. `control` is the approver's connection. */
export async function prepareProposal(control: ControlClient, proposal: Acting, home: string): Promise<Prepared> {
  switch (proposal.kind) {
    case 'grant':
      return prepareGrant(control, proposal, home);
    case 'agent':
      return prepareAgent(control, proposal, home);
    case 'agent-resume':
    case 'agent-rotate':
      return prepareLifecycle(control, proposal);
    case 'session-resume':
      return prepareSessionResume(control, proposal);
    case 'review':
      return prepareReview(control);
    case 'policy':
      return preparePolicy(control, proposal, home);
    case 'start':
      return prepareStart(control, proposal, home);
  }
}

async function prepareGrant(
  control: ControlClient,
  { taskId, spec, forMs }: Extract<Acting, { kind: 'grant' }>,
  home: string,
): Promise<Prepared> {
  const { proposal, code } = await control.call('grant.propose', {
    taskId,
    spec,
    cwd: home,
    ...(forMs === undefined ? {} : { forMs }),
  });
  return {
    question: {
      title: `Give ${proposal.spec}`,
      facts: [
        { label: 'To', text: `every session of the task “${proposal.taskText}”` },
        { label: 'In', text: proposal.workspace },
        {
          label: 'Until',
          text: forMs === undefined ? 'the task ends' : `${minutesText(forMs)} from now, or the task ends before`,
        },
      ],
      risk: 'notable',
      confirm: 'Give it',
      effect: `The task may do this without being asked${forMs === undefined ? ', until it ends' : ''}. Take it back under Grants at any time.`,
    },
    act: async () => {
      await control.call('grant.add', { digest: proposal.digest, code });
      return done({});
    },
  };
}

async function prepareAgent(
  control: ControlClient,
  { name, command }: Extract<Acting, { kind: 'agent' }>,
  home: string,
): Promise<Prepared> {
  const { question } = await control.call('agent.examine', {
    name,
    cwd: home,
    path: process.env['PATH'] ?? '',
    ...(command === undefined ? {} : { command }),
  });
  // As it was accepted before: nothing to ask, nothing to do.
  if (question === undefined) return { question: undefined, act: async () => done({}) };
  return agentPrepared(control, question, async () => done({}));
}

type AgentQuestion = NonNullable<GatehouseError['data']['agent']>;

async function agentPrepared(
  control: ControlClient,
  asked: AgentQuestion,
  after: () => Promise<Acted>,
): Promise<Prepared> {
  const { code } = await control.call('agent.code', { digest: asked.digest });
  const { attestation } = asked;
  return {
    question: {
      title: asked.kind === 'unknown' ? `Bring in the agent ${asked.name}` : `Accept what changed of ${asked.name}`,
      facts: [
        { label: 'Program', text: attestation.path },
        { label: 'SHA-256', text: attestation.sha256 },
        ...(attestation.package === undefined
          ? []
          : [
              {
                label: 'Package',
                text: `${attestation.package.name} ${attestation.package.version} (by its own word)`,
              },
            ]),
        ...attestation.interpreters.map(({ path, sha256 }) => ({
          label: 'Run by',
          text: `${path}, SHA-256 ${sha256}`,
        })),
        { label: 'Owner', text: asked.owner },
        { label: 'Purpose', text: asked.purpose },
        ...asked.changes.map((change) => ({ label: 'Changed', text: change })),
      ],
      risk: 'high',
      confirm: 'Accept',
      effect:
        asked.kind === 'unknown'
          ? `${asked.name} gets a key of its own, bound to this program.`
          : `${asked.name} may start with this program from now on.`,
    },
    act: async () => {
      await control.call('agent.accept', { digest: asked.digest, code });
      return after();
    },
  };
}

function prepareLifecycle(
  control: ControlClient,
  { kind, name }: Extract<Acting, { kind: 'agent-resume' | 'agent-rotate' }>,
): Prepared {
  const resumes = kind === 'agent-resume';
  return {
    question: {
      title: resumes ? `Let ${name} start again` : `Give ${name} a new key`,
      facts: [{ label: 'Agent', text: name }],
      risk: 'notable',
      confirm: resumes ? 'Resume' : 'Rotate',
      effect: resumes ? 'Its sessions may start again.' : 'The old key opens nothing any more; running sessions go on.',
    },
    act: async () => {
      if (resumes) await control.call('agent.resume', { name });
      else await control.call('agent.rotate', { name });
      return done({});
    },
  };
}

async function prepareReview(control: ControlClient): Promise<Prepared> {
  const { agents } = await control.call('review.show', {});
  const flagged = agents.filter(({ flags }) => flags.length > 0);
  return {
    question: {
      title: 'Put on record that you looked through who may do what',
      facts: [
        { label: 'Agents', text: agents.map(({ agent }) => agent.name).join(', ') || 'none' },
        {
          label: 'Stand out',
          text: flagged.map(({ agent, flags }) => `${agent.name} (${flags.join(', ')})`).join(', ') || 'nothing',
        },
      ],
      risk: 'low',
      confirm: 'Put on record',
      effect: 'It is on record, and the next review is due in 90 days. Nothing else changes.',
    },
    act: async () => {
      await control.call('review.record', {});
      return done({});
    },
  };
}

async function prepareStart(
  control: ControlClient,
  wanted: Extract<Acting, { kind: 'start' }>,
  home: string,
): Promise<Prepared> {
  const start: SessionStart = {
    command: wanted.command,
    cwd: wanted.workspace,
    workspace: wanted.workspace,
    grants: wanted.grants,
    ...(wanted.task === undefined ? {} : { task: wanted.task }),
    ...(wanted.forMs === undefined ? {} : { forMs: wanted.forMs }),
    ...splitCallerEnvironment(process.env),
    environment: {},
    limits: {},
    terminal: wanted.size,
    detached: true,
    keep: true,
  };
  const act = () => startOrAsk(control, start);
  // Without grants nothing widens: it starts at once, unless the agent or what it would be told has to be accepted.
  return { question: wanted.grants.length > 0 ? startQuestion(wanted, home) : undefined, act };
}

/** Starts, or asks what stands in the way and starts then. */
async function startOrAsk(control: ControlClient, start: SessionStart): Promise<Acted> {
  try {
    return done({ session: (await control.call('session.start', start)).session.id });
  } catch (error) {
    const { agent, memory } = error instanceof GatehouseError ? error.data : {};
    const again = () => startOrAsk(control, start);
    if (agent !== undefined) return { next: await agentPrepared(control, agent, again) };
    if (memory !== undefined) return { next: await prepareMemory(control, memory, again) };
    throw error;
  }
}

function startQuestion(
  { command, workspace, grants, task, forMs }: Extract<Acting, { kind: 'start' }>,
  home: string,
): ProposalQuestion {
  const place = workspace.startsWith(`${home}/`) ? `~${workspace.slice(home.length)}` : workspace;
  return {
    title: `Start ${command.join(' ')}`,
    facts: [
      { label: 'In', text: place },
      ...(task === undefined ? [] : [{ label: 'Task', text: task }]),
      ...grants.map((spec) => ({ label: 'May', text: spec })),
    ],
    risk: 'notable',
    confirm: 'Start',
    effect: `It starts, and holds these grants until its task ends${forMs === undefined ? '' : `, after ${minutesText(forMs)} at the latest`}.`,
    command,
  };
}

function minutesText(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  return minutes === 1 ? 'a minute' : `${minutes} minutes`;
}

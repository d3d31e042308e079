import type { Approval } from '#contract/approval.ts';
import type { Proposal, ProposalOutcome } from '#contract/bridge.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import type { SessionStart } from '#contract/session.ts';
import type { ControlClient } from '../adapters/control/client.ts';
import { splitCallerEnvironment } from '../core/agents/caller-variables.ts';

/** What the approval window shows of a proposal, all of it established by the supervisor or by the shell. */
export interface ProposalQuestion {
  readonly title: string;
  readonly facts: readonly { readonly label: string; readonly text: string }[];
  readonly risk: Approval['risk'];
  readonly confirm: string;
  readonly effect: string;
}

/** A proposal that was looked into: what to ask, unless there is nothing to ask, and what to do once it was confirmed. */
export interface Prepared {
  readonly question: ProposalQuestion | undefined;
  readonly act: () => Promise<Omit<ProposalOutcome, 'confirmed'>>;
}

type Acting = Exclude<Proposal, { kind: 'show' }>;

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
          text: forMs === undefined ? 'the task ends' : `${Math.round(forMs / 60_000)} minutes from now`,
        },
      ],
      risk: 'notable',
      confirm: 'Give it',
      effect: `${proposal.spec} is granted to the task until it ends.`,
    },
    act: async () => {
      await control.call('grant.add', { digest: proposal.digest, code });
      return {};
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
  if (question === undefined) return { question: undefined, act: async () => ({}) };
  return agentPrepared(control, question);
}

type AgentQuestion = NonNullable<GatehouseError['data']['agent']>;

async function agentPrepared(control: ControlClient, asked: AgentQuestion): Promise<Prepared> {
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
          : [{ label: 'Package', text: `${attestation.package.name} ${attestation.package.version}` }]),
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
      return {};
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
      return {};
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
  const act = async () => ({ session: (await control.call('session.start', start)).session.id });
  if (wanted.grants.length > 0) return { question: startQuestion(wanted, home), act };
  try {
    const { session } = await act();
    return { question: undefined, act: async () => ({ session }) };
  } catch (error) {
    const asked = error instanceof GatehouseError ? error.data.agent : undefined;
    if (asked === undefined) throw error;
    const { question, act: accept } = await agentPrepared(control, asked);
    return {
      question,
      act: async () => {
        await accept();
        return act();
      },
    };
  }
}

function startQuestion(
  { command, workspace, grants, task }: Extract<Acting, { kind: 'start' }>,
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
    effect: 'It starts, and holds these grants until its task ends.',
  };
}

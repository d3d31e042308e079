import type { Proposal } from '#contract/bridge.ts';
import { grantWords } from '#contract/text/grant-words.ts';
import type { ControlClient } from '../adapters/control/client.ts';
import { prepareAgent } from './agent-proposal.ts';
import { preparePolicy } from './policy-proposal.ts';
import type { Acted, Prepared } from './prepared.ts';
import { prepareSessionResume } from './session-proposal.ts';
import { prepareStart } from './start-proposal.ts';
import { homePath } from './start-words.ts';

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
      title: `Let the task ${grantWords(proposal.spec, (path) => homePath(path, home))}`,
      facts: [
        { label: 'Grant', text: proposal.spec },
        { label: 'To', text: `every session of the task “${proposal.taskText}”` },
        { label: 'In', text: homePath(proposal.workspace, home) },
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

function minutesText(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  return minutes === 1 ? 'a minute' : `${minutes} minutes`;
}

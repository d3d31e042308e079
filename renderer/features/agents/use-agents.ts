import type { Result } from '#contract/api.ts';
import { call } from '../../bridge.ts';
import { type Answered, useAnswer } from '../../stores/use-answer.ts';
import type { KnownAgent } from './known-agent.ts';

/** All agents, by name. */
export interface KnownAgents {
  readonly agents: readonly KnownAgent[];
  readonly review: Result<'agent.list'>['review'];
}

const changing = /^(?:agents?|session|rule|grant|login|home)\./u;

/** The agents, asked for again whenever one of them or its sessions change. */
export function useAgents(): Answered<KnownAgents> {
  return useAnswer('agents', ask, changing);
}

async function ask(): Promise<KnownAgents> {
  const [{ agents, review }, { agents: reviewed }, { sessions }] = await Promise.all([
    call('agent.list', {}),
    call('review.show', {}),
    call('session.list', { all: true }),
  ]);
  return {
    review,
    agents: agents.map((agent) => ({
      agent,
      reviewed: reviewed.find((each) => each.agent.name === agent.name),
      sessions: sessions
        .filter((session) => session.agent === agent.name)
        .toSorted((one, other) => (one.startedAt < other.startedAt ? 1 : -1)),
    })),
  };
}

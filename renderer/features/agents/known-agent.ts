import type { ListedAgent } from '#contract/agent.ts';
import type { ReviewedAgent } from '#contract/review.ts';
import type { Session } from '#contract/session.ts';

/** An agent with everything that is known of it; `reviewed` is there until it is retired. */
export interface KnownAgent {
  readonly agent: ListedAgent;
  readonly reviewed: ReviewedAgent | undefined;
  readonly sessions: readonly Session[];
}

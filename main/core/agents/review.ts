import type { ListedAgent } from '#contract/agent.ts';
import type { ReviewedAgent, ReviewedRule, ReviewFlag } from '#contract/review.ts';

const dayMs = 24 * 3_600_000;
/** A review that is older is due again. */
export const reviewEveryMs = 90 * dayMs;
/** An always-rule that nothing used is worth a look after this. */
export const unusedAfterMs = 7 * dayMs;

/** Everything about an agent that deserves a look. */
export function reviewFlags(
  { agent, program, rules }: Pick<ReviewedAgent, 'agent' | 'program'> & { readonly rules: readonly ReviewedRule[] },
  at: number,
): ReviewFlag[] {
  const unused = rules.some(({ uses, givenAt }) => uses === 0 && at - Date.parse(givenAt) >= unusedAfterMs);
  return [
    ...agent.flags,
    ...(program === 'accepted' ? [] : [program]),
    ...(agent.label === 'unverified' ? (['unverified'] as const) : []),
    ...(unused ? (['unused-rules'] as const) : []),
  ];
}

/** Whole days since an agent was seen, or since it was brought in when it never was. */
export function idleDaysOf(
  { lastSeenAt, createdAt }: Pick<ListedAgent, 'lastSeenAt' | 'createdAt'>,
  at: number,
): number {
  return Math.max(0, Math.floor((at - Date.parse(lastSeenAt ?? createdAt)) / dayMs));
}

/** Whether it is time for a review: long after the last one, or after the first agent came when there was none. */
export function isReviewDue(
  reviewedAt: string | undefined,
  agents: readonly Pick<ListedAgent, 'createdAt' | 'state'>[],
  at: number,
): boolean {
  const kept = agents.filter(({ state }) => state !== 'retired').map(({ createdAt }) => Date.parse(createdAt));
  if (kept.length === 0) return false;
  const since = reviewedAt === undefined ? Math.min(...kept) : Date.parse(reviewedAt);
  return at - since >= reviewEveryMs;
}

/** What to do about a flag, as commands. */
export function reviewAdvice(flag: ReviewFlag, { agent, rules }: Pick<ReviewedAgent, 'agent' | 'rules'>): string {
  const { name, owner } = agent;
  switch (flag) {
    case 'idle':
      return `${name} was not used for long: \`gatehouse agents suspend ${name}\`, or for good: \`gatehouse agents retire ${name}\`.`;
    case 'ownerless':
      return `Nobody answers for ${name}, since ${owner} is no user here: retire it, and bring it in anew with an owner: \`gatehouse agents retire ${name}\`.`;
    case 'changed':
      return `The program of ${name} is another one: see what changed, and accept it: \`gatehouse agents accept ${name}\`.`;
    case 'gone':
      return `The program of ${name} is not there any more: \`gatehouse agents retire ${name}\`, if it is not needed.`;
    case 'unverified':
      return `Nobody ran ${name}’s kind of agent inside these walls; what its preset gives is from documentation. Look at its grants above.`;
    case 'unused-rules': {
      const ids = rules.filter(({ uses }) => uses === 0).map(({ id }) => `\`gatehouse grants revoke ${id}\``);
      return `${name} never used what is always given to it: ${ids.join(', ')}.`;
    }
  }
}

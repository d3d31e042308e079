import type { ProposalOutcome, Question } from '#contract/bridge.ts';

/** What the approval window shows of a proposal, all of it established by the supervisor or by the shell. */
export type ProposalQuestion = Omit<Extract<Question, { kind: 'proposal' }>, 'kind' | 'id'>;

/**
 * A proposal that was looked into: what to ask, unless there is nothing to ask, and what to do once it was confirmed. Doing it may
 * turn out to need another question.
 */
export interface Prepared {
  readonly question: ProposalQuestion | undefined;
  readonly act: () => Promise<Acted>;
}

/** What came of it. */
export type Acted = { readonly done: Omit<ProposalOutcome, 'confirmed'> } | { readonly next: Prepared };

import { useState } from 'react';
import type { Proposal } from '#contract/bridge.ts';
import type { ErrorData } from '#contract/errors.ts';
import { errorDataOf, unwrap } from '../../bridge.ts';

/** What became of something that the approval window has to confirm. */
export interface Proposed {
  readonly asking: boolean;
  /** For people. */
  readonly said: string;
  readonly error: ErrorData | undefined;
  /** Proposes it; `confirmed` is what to say, and `after` what to do, once it was confirmed. */
  readonly propose: (proposal: Proposal, confirmed: string, after?: () => void) => void;
}

/** Proposes to the approval window, and says how that goes. */
export function useProposal(): Proposed {
  const [asking, setAsking] = useState(false);
  const [said, setSaid] = useState('');
  const [error, setError] = useState<ErrorData>();
  const propose: Proposed['propose'] = (proposal, confirmed, after) => {
    setAsking(true);
    setError(undefined);
    setSaid('The approval window asks. Confirm it there.');
    window.gatehouse
      .propose(proposal)
      .then(unwrap)
      .then(
        (outcome) => {
          setSaid(outcome.confirmed ? confirmed : 'Nothing changed: it was not confirmed.');
          if (outcome.confirmed) after?.();
        },
        (failure: unknown) => {
          setSaid('');
          setError(errorDataOf(failure));
        },
      )
      .finally(() => setAsking(false));
  };
  return { asking, said, error, propose };
}

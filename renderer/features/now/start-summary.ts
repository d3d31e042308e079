import { spanText } from '#contract/text/span.ts';
import { grantWords } from './grant-words.ts';

/** What a start would be, as far as words for it are needed. */
export interface PlannedStart {
  /** Title of the agent that was found; undefined for any other command. */
  readonly agent: string | undefined;
  readonly hasFolder: boolean;
  readonly grants: readonly string[];
  readonly forMs: number;
  /** Sentences about what else it is given. */
  readonly besides: readonly string[];
}

/** What the session will be able to do, a sentence each: the shape stays, so that a change is seen. */
export function startSummary({ agent, hasFolder, grants, forMs, besides }: PlannedStart): readonly string[] {
  return [
    hasFolder ? 'Can read and write this folder.' : 'Works in the folder you choose.',
    ...(agent === undefined ? unaided(grants) : ['Can reach its model.']),
    ...grants.map((spec) => `Can ${grantWords(spec)}.`),
    ...besides,
    'Everything else asks.',
    `Ends in ${spanText(forMs).replace(/(\d+)([a-z])/u, '$1 $2')}.`,
  ];
}

/** What is no agent has no model; with a host given to it, the sentence about that one says enough. */
function unaided(grants: readonly string[]): readonly string[] {
  return grants.some((spec) => /^(?:net|http)\./u.test(spec)) ? [] : ['Can reach no host.'];
}

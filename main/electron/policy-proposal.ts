import type { Proposal } from '#contract/bridge.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { PastChange } from '#contract/policy.ts';
import type { ControlClient } from '../adapters/control/client.ts';
import { linesOf } from './memory-proposal.ts';
import type { Prepared } from './prepared.ts';
import { homePath } from './start-words.ts';

/** Lines of the diff: something that widens could stand among those that nobody reads. */
const linesMax = 4_000;
/** Past decisions that are named. */
const namedMax = 5;

/** Asks, with a diff and with what it would have changed lately, whether the person's own rules become others. */
export async function preparePolicy(
  control: ControlClient,
  { file, text }: Extract<Proposal, { kind: 'policy' }>,
  home: string,
): Promise<Prepared> {
  const { proposal, code } = await control.call('policy.propose', { file, text });
  const { before, after, folder, past, changes, digest } = proposal;
  const lines = linesOf(before ?? '', after ?? '');
  if (lines.length > linesMax) {
    throw operatingError(
      'too_many',
      `${lines.length} lines of ${file} would change: nobody looks through so many at once.`,
      {
        remedy: `Save at most ${linesMax} at a time, or edit the file by hand.`,
      },
    );
  }
  const count = (sign: string) => lines.filter((line) => line.sign === sign).length;
  const verb = after === undefined ? 'Remove' : before === undefined ? 'Add' : 'Change';
  return {
    question: {
      title: `${verb} your rules in ${file}`,
      facts: [
        { label: 'In', text: homePath(folder, home) },
        { label: 'Last 7 days', text: pastWords(past, changes) },
        ...changes.slice(0, namedMax).map((change) => ({ label: wouldWords[change.would], text: changeWords(change) })),
      ],
      risk: 'high',
      confirm: after === undefined ? 'Remove' : 'Save',
      effect: 'It counts for every session that starts from now on; those that run keep the rules they began with.',
      diffs: [
        {
          name: file,
          note: `${count('+')} lines come, ${count('-')} go`,
          lines,
          left: 0,
        },
      ],
    },
    act: async () => {
      await control.call('policy.save', { digest, code });
      return { done: {} };
    },
  };
}

const wouldWords = { allow: 'Now allowed', ask: 'Now asks', deny: 'Now denied' } as const;
const wasWords = { allow: 'allowed', ask: 'asked about', deny: 'denied' } as const;

function changeWords({ agent, what, was, times }: PastChange): string {
  return `${agent}: ${what} (was ${wasWords[was]}${times === 1 ? '' : `, ${times} times`})`;
}

function pastWords(past: number, changes: readonly PastChange[]): string {
  if (past === 0) return 'nothing was decided, so that there is nothing to compare';
  if (changes.length === 0) return `none of ${past} past decisions would come out otherwise`;
  const sum = (would: PastChange['would']) =>
    changes.filter((change) => change.would === would).reduce((total, { times }) => total + times, 0);
  return (['ask', 'deny', 'allow'] as const)
    .flatMap((would) => (sum(would) === 0 ? [] : [`${sum(would)} would now ${pastVerbs[would]}`]))
    .join(', ')
    .concat(`, of ${past} past decisions`);
}

const pastVerbs = { allow: 'be allowed', ask: 'ask', deny: 'be denied' } as const;

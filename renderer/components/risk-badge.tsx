import type { Approval } from '#contract/approval.ts';
import { Icon } from './icon.tsx';

const words = { low: 'Routine', notable: 'Notable', high: 'High' } as const;

/** Risk as a word, an icon and a colour, in that order of weight. */
export function RiskBadge({ risk }: { readonly risk: Approval['risk'] }) {
  return (
    <span className={`badge risk-${risk}`}>
      <Icon name={risk === 'low' ? 'check' : 'alert'} />
      {words[risk]}
    </span>
  );
}

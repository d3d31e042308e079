import type { Mechanism } from '#contract/doctor.ts';
import { Icon, type IconName } from '../../components/icon.tsx';

const looks: Readonly<
  Record<Mechanism['state'], { readonly word: string; readonly icon?: IconName; readonly look: string }>
> = {
  ok: { word: 'Works', icon: 'check', look: 'badge-good' },
  limited: { word: 'Limited', icon: 'alert', look: 'badge-attention' },
  missing: { word: 'Missing', icon: 'close', look: 'risk-high' },
  unused: { word: 'Not used', look: 'badge-quiet' },
};

/** The state of a mechanism as a word, with a picture and a colour beside it. */
export function StateBadge({ state }: { readonly state: Mechanism['state'] }) {
  const { word, icon, look } = looks[state];
  return (
    <span className={`badge state-badge ${look}`}>
      {icon !== undefined && <Icon name={icon} />}
      {word}
    </span>
  );
}

import { Icon } from '../../components/icon.tsx';
import './new-session.css';

interface ChipItem {
  readonly key: string;
  readonly text: string;
  readonly isWarning: boolean;
  readonly remove: () => void;
}

/** Things that were added, each with a way to leave it out. */
export function Chips({ label, items }: { readonly label: string; readonly items: readonly ChipItem[] }) {
  if (items.length === 0) return null;
  return (
    <ul className="now-chips" aria-label={label}>
      {items.map(({ key, text, isWarning, remove }) => (
        <li key={key} className={isWarning ? 'badge badge-attention' : 'badge'}>
          {isWarning && <Icon name="alert" />}
          {text}
          <button type="button" className="now-chip-remove" aria-label={`Leave out: ${text}`} onClick={remove}>
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  );
}

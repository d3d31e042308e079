import { Skeleton } from '../../components/skeleton.tsx';
import { useLink } from '../../stores/link-store.ts';

interface Props {
  readonly label: string;
  readonly rows: number;
  /** Said while nobody is there who could answer. */
  readonly lost: string;
}

/** Rows that are on their way, or why they are not. */
export function Awaited({ label, rows, lost }: Props) {
  const isLost = useLink(({ link }) => link.state === 'lost');
  return isLost ? <p className="dim">{lost}</p> : <Skeleton label={label} rows={rows} />;
}

import { EmptyState } from '../../components/empty-state.tsx';

/** Where the terminal of a session would be that is over and was not looked at. */
export function TerminalGone() {
  return (
    <EmptyState title="Its terminal is gone">
      <p>What a session prints is not kept unless that was asked for. What it did is under Activity.</p>
    </EmptyState>
  );
}

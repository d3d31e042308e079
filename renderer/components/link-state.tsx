import { useLink } from '../stores/link-store.ts';
import { ErrorNote } from './error-note.tsx';

const words = {
  connecting: 'Connecting…',
  connected: 'Supervised',
  silent: 'Does not answer',
  lost: 'No supervisor',
} as const;

/** How it stands with the supervisor, in a word. */
export function LinkState() {
  const { state } = useLink(({ link }) => link);
  return (
    <p className={`link-state link-${state}`} role="status" title={words[state]}>
      <span className="dot" aria-hidden="true" />
      <span className="sidebar-words">{words[state]}</span>
    </p>
  );
}

/** Why there is no supervisor and what follows from it. What is below it is what was known last, so it stands above. */
export function LinkBanner() {
  const { link } = useLink();
  if (link.state === 'silent') {
    return (
      <ErrorNote title="The supervisor does not answer." error={link.error}>
        <dl className="lost-facts">
          <dt>Running</dt>
          <dd>What every session has open already. The walls hold, and nothing more is let through.</dd>
          <dt>Waiting</dt>
          <dd>Questions, and whatever you do here. What is shown below was known before.</dd>
        </dl>
      </ErrorNote>
    );
  }
  if (link.state !== 'lost') return null;
  return (
    <ErrorNote title="No supervisor answers." error={link.error}>
      <dl className="lost-facts">
        <dt>Stopped</dt>
        <dd>Every session: the walls end with the supervisor, and nothing an agent asks for is let through.</dd>
        <dt>Kept</dt>
        <dd>The record, whole, on this machine. What is shown below was known before.</dd>
        <dt>Next</dt>
        <dd>This window goes on trying, and is there again by itself.</dd>
      </dl>
    </ErrorNote>
  );
}

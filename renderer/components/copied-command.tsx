import { useEffect, useState } from 'react';
import { visible } from '#contract/text/visible.ts';
import { copyText } from './copy-text.ts';

/** How long it says that it copied. */
const saidMs = 2000;

/** Commands that a remedy names in backquotes and that are typed in a terminal. */
export function commandsIn(remedy: string): readonly string[] {
  return [...remedy.matchAll(/`([^`]+)`/gu)].flatMap(([, command = '']) =>
    /^(?:sudo|gatehouse|apt-get|npm) /u.test(command) ? [command] : [],
  );
}

/** A command for a terminal, with a button that copies it: what it does is not for a window to do. */
export function CopiedCommand({ command }: { readonly command: string }) {
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (said === '') return;
    const timer = window.setTimeout(() => setSaid(''), saidMs);
    return () => window.clearTimeout(timer);
  }, [said]);
  return (
    <p className="copied-command">
      <code>{visible(command)}</code>
      <button
        type="button"
        className="button"
        aria-label={`Copy ${visible(command)}`}
        onClick={() => setSaid(copyText(command) ? 'Copied' : 'Could not be copied: select it')}
      >
        Copy
      </button>
      <span className="copied-said" role="status">
        {said}
      </span>
    </p>
  );
}

import { useState } from 'react';
import { visible } from '#contract/text/visible.ts';

/** Commands that a remedy names in backquotes and that are typed in a terminal. */
export function commandsIn(remedy: string): readonly string[] {
  return [...remedy.matchAll(/`([^`]+)`/gu)].flatMap(([, command = '']) =>
    /^(?:sudo|gatehouse|apt-get|npm) /u.test(command) ? [command] : [],
  );
}

/** A command for a terminal, with a button that copies it: what it does is not for a window to do. */
export function CopiedCommand({ command }: { readonly command: string }) {
  const [copied, setCopied] = useState<'yes' | 'no'>();
  const copy = () => {
    const text = document.createElement('textarea');
    text.value = command;
    text.setAttribute('aria-hidden', 'true');
    text.className = 'visually-hidden';
    document.body.append(text);
    text.select();
    // The newer way needs a permission, and pages of this window get none.
    setCopied(document.execCommand('copy') ? 'yes' : 'no');
    text.remove();
  };
  return (
    <p className="copied-command">
      <code>{visible(command)}</code>
      <button type="button" className="button" aria-label={`Copy ${command}`} onClick={copy}>
        Copy
      </button>
      <span className="dim" role="status">
        {copied === 'yes' && 'Copied'}
        {copied === 'no' && 'Could not be copied: select it'}
      </span>
    </p>
  );
}

import { useState } from 'react';

/** Puts a text on the clipboard and says so. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState<string>();
  return (
    <>
      <button type="button" className="button" onClick={() => void copy(text).then(() => setCopied(text))}>
        {copied === text ? 'Copied' : label}
      </button>
      <span className="visually-hidden" role="status">
        {copied === text ? 'Copied' : ''}
      </span>
    </>
  );
}

/** The shell grants no permission, not even that of the clipboard; copying what is selected needs none. */
async function copy(text: string): Promise<void> {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  document.body.append(area);
  const before = document.activeElement;
  area.select();
  document.execCommand('copy');
  area.remove();
  if (before instanceof HTMLElement) before.focus();
}

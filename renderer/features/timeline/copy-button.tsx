import { useState } from 'react';
import { copyText } from '../../components/copy-text.ts';

/** Puts a text on the clipboard and says so. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState<string>();
  return (
    <>
      <button type="button" className="button" onClick={() => setCopied(copyText(text) ? text : undefined)}>
        {copied === text ? 'Copied' : label}
      </button>
      <span className="visually-hidden" role="status">
        {copied === text ? 'Copied' : ''}
      </span>
    </>
  );
}

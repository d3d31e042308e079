import { useEffect, useState } from 'react';

/** How long it says that it copied. */
const saidMs = 2000;

/** Copies a text, and says so. */
export function CopyText({ text, what }: { readonly text: string; readonly what: string }) {
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (said === '') return;
    const timer = window.setTimeout(() => setSaid(''), saidMs);
    return () => window.clearTimeout(timer);
  }, [said]);
  const copy = () => setSaid(copied(text) ? 'Copied' : 'Not allowed; select it');
  return (
    <button type="button" className="copy" aria-label={`Copy ${what}`} onClick={copy}>
      <span role="status">{said === '' ? 'Copy' : said}</span>
    </button>
  );
}

/** Every permission of the system's is refused to this page, the clipboard's too; what a person selects and copies needs none. */
function copied(text: string): boolean {
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'visually-hidden';
  const before = document.activeElement;
  document.body.append(field);
  field.select();
  try {
    return document.execCommand('copy');
  } finally {
    field.remove();
    if (before instanceof HTMLElement) before.focus();
  }
}

import { useEffect, useState } from 'react';
import { copyText } from '../../components/copy-text.ts';

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
  const copy = () => setSaid(copyText(text) ? 'Copied' : 'Not allowed; select it');
  return (
    <button type="button" className="copy" aria-label={`Copy ${what}`} onClick={copy}>
      <span role="status">{said === '' ? 'Copy' : said}</span>
    </button>
  );
}

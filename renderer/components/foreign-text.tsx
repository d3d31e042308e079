import { visible } from '#contract/text/visible.ts';

/** Characters that are kept of a long text at both ends. */
const shownMax = 160;

/**
 * A text that somebody else chose (a path, a command, a host): on one line, in the monospace face, everything unseen written out, and
 * cut in the middle when it is long. Whole on hover.
 */
export function ForeignText({ text, most = shownMax }: { readonly text: string; readonly most?: number }) {
  const seen = visible(text);
  const half = Math.floor((most - 1) / 2);
  const cut = seen.length <= most ? seen : `${seen.slice(0, half)}…${seen.slice(-half)}`;
  return (
    <bdi className="mono" dir="ltr" title={seen}>
      {cut}
    </bdi>
  );
}

import { visible } from '#contract/text/visible.ts';

/** A piece of a sentence: ours, a text that somebody else chose and that is shown as such, or one of ours with such texts in it. */
export type Span = string | { readonly foreign: string; readonly inWords?: true };

/** Characters that are shown of a long text at both ends together. */
const shownMax = 320;

/** A text that somebody else chose. */
export function foreign(text: string): Span {
  return { foreign: text };
}

/** A sentence that the shell made, with words of others in it. */
export function inWords(text: string): Span {
  return { foreign: text, inWords: true };
}

/** A long text without its middle, which `left` counts; what is left out is said where it is shown. */
export function cutMiddle(
  text: string,
  most = shownMax,
): { readonly head: string; readonly left: number; readonly tail: string } {
  const characters = [...text];
  if (characters.length <= most) return { head: text, left: 0, tail: '' };
  const half = Math.floor(most / 2);
  return {
    head: characters.slice(0, half).join(''),
    left: characters.length - 2 * half,
    tail: characters.slice(-half).join(''),
  };
}

/** The sentence as it is read aloud. */
export function spokenText(spans: readonly Span[]): string {
  return spans
    .map((span) => {
      if (typeof span === 'string') return span;
      const { head, left, tail } = cutMiddle(span.foreign);
      return visible(head) + (left === 0 ? '' : ` … ${left} more characters … ${visible(tail)}`);
    })
    .join('');
}

/** A path as people write it, below their home with `~`. */
export function homePath(path: string, home: string): string {
  if (home === '' || home === '/') return path;
  return path === home ? '~' : path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

/** `host:port`, with an IPv6 address in brackets. */
export function authority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

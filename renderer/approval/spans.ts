import { visible } from '#contract/text/visible.ts';
import { type Cut, cutHost, cutMiddle, cutPath } from './short-names.ts';

/** A piece of a sentence: ours, or a text that somebody else chose and that is shown as such. */
export type Span = string | ForeignSpan;

/** A text that somebody else chose, and how a long one is shortened. */
export interface ForeignSpan {
  readonly foreign: string;
  /** One of our sentences with such texts in it: no monospace. */
  readonly inWords?: true;
  readonly as?: 'host' | 'path';
  /** Characters that are shown of any other, at both ends together. */
  readonly most?: number;
}

/** Characters that are shown of a text where nothing else is said, and of one that is to be read whole. */
const shownMax = 320;
const wholeMax = 10_000;

/** A text that somebody else chose. */
export function foreign(text: string, most: number = shownMax): ForeignSpan {
  return { foreign: text, most };
}

/** A host, perhaps with its port, that keeps its end. */
export function foreignHost(authority: string): ForeignSpan {
  return { foreign: authority, as: 'host' };
}

/** A path that keeps both ends. */
export function foreignPath(path: string): ForeignSpan {
  return { foreign: path, as: 'path' };
}

/** A text that was shortened elsewhere and stands here as it is. */
export function foreignWhole(text: string): ForeignSpan {
  return foreign(text, wholeMax);
}

/** A sentence that the shell made, with words of others in it. */
export function inWords(text: string): ForeignSpan {
  return { foreign: text, inWords: true };
}

/** What of it is shown. */
export function cutSpan({ foreign: text, as, most = shownMax }: ForeignSpan): Cut {
  if (as === 'host') return cutHost(text);
  return as === 'path' ? cutPath(text) : cutMiddle(text, most);
}

/** Whether any of these texts is shortened. */
export function isShortened(spans: readonly Span[]): boolean {
  return spans.some((span) => typeof span !== 'string' && cutSpan(span).left > 0);
}

/** Stands for what was left out: where a name is shortened its length matters to nobody, since the whole name stands below. */
export function gapText({ as }: ForeignSpan, left: number): string {
  return as === 'host' || as === 'path' ? '…' : ` … ${left} more characters … `;
}

/** The sentence as it is read aloud. */
export function spokenText(spans: readonly Span[]): string {
  return spans
    .map((span) => {
      if (typeof span === 'string') return span;
      const { head, left, tail } = cutSpan(span);
      return visible(head) + (left === 0 ? '' : gapText(span, left) + visible(tail));
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

import type { DiffSide } from '#contract/session-diff.ts';

/** What was found at a path, in the workspace or in a commit. */
export type FoundFile =
  | { readonly kind: 'file'; readonly content: Buffer; readonly executable: boolean }
  | { readonly kind: 'large'; readonly sizeBytes: number; readonly executable: boolean }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'folder' | 'submodule' | 'missing' }
  | { readonly kind: 'other' | 'unknown'; readonly why: string };

/** One side of a comparison: what is said of it, and its text when there is one. Of a missing file that is the empty one. */
export interface ComparedSide {
  readonly side: DiffSide;
  readonly text: string | undefined;
  readonly content?: Buffer;
}

/** Whether what is no text is the same on both sides, as far as it was read. */
export function isSame(before: ComparedSide, after: ComparedSide): boolean {
  if (before.side.kind === 'link' && after.side.kind === 'link') return before.side.target === after.side.target;
  return before.content !== undefined && after.content !== undefined && before.content.equals(after.content);
}

/** Says what was found, and takes its text when it is one. */
export function comparedSide(found: FoundFile): ComparedSide {
  if (found.kind === 'missing') return { side: { kind: 'missing' }, text: '' };
  if (found.kind !== 'file') return { side: found, text: undefined };
  const { content, executable } = found;
  const text = textOf(content);
  const side = { sizeBytes: content.length, executable };
  if (typeof text === 'string') return { side: { kind: 'text', ...side }, text };
  return { side: { kind: 'binary', ...side, ...text }, text: undefined, content };
}

/** A side that nothing is known of. */
export function unknownSide(why: string): DiffSide {
  return { kind: 'unknown', why };
}

/** Letters that are replaced when they are read could hide that two texts differ, so only valid UTF-8 is a text. */
function textOf(content: Buffer): string | { readonly why?: string } {
  if (content.includes(0)) return {};
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return { why: 'it is not valid UTF-8' };
  }
}

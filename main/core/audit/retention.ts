import type { Retention } from '#contract/record.ts';
import type { ContentPiece } from './log.ts';

/**
 * What retention lets go: by age everything before a moment, by size the oldest pieces until what is left fits. What would
 * be too little to be worth a pass over the search index, which erasing costs, waits.
 */

/** A bound is kept to within this part of what is there. */
const worthwhilePart = 1 / 256;

/** A stretch of the log, up to number `through`, and the content in it. */
export type Content = Pick<ContentPiece, 'through' | 'entries' | 'bytes'>;

/** Entries and bytes of all of them. */
export function totalOf(pieces: readonly Content[]): { entries: number; bytes: number } {
  let [entries, bytes] = [0, 0];
  for (const piece of pieces) {
    entries += piece.entries;
    bytes += piece.bytes;
  }
  return { entries, bytes };
}

/**
 * Up to which number content goes under `retention`; 0 when none does. `pieces` is the whole log in order; `old` is the part
 * of it that is older than `keepMs`.
 */
export function throughOf(retention: Retention, pieces: readonly Content[], old: Content): number {
  const byAge = retention.keepMs !== undefined && isWorthwhile(old, pieces) ? old.through : 0;
  const bySize = retention.bytesMax === undefined ? 0 : throughBySize(pieces, retention.bytesMax);
  return Math.max(byAge, bySize);
}

function isWorthwhile({ entries }: Content, pieces: readonly Content[]): boolean {
  return entries > 0 && entries >= totalOf(pieces).entries * worthwhilePart;
}

function throughBySize(pieces: readonly Content[], bytesMax: number): number {
  let { bytes } = totalOf(pieces);
  if (bytes <= bytesMax) return 0;
  // A little more than needed, so that the next few entries do not need it again at once.
  const goal = bytesMax * (1 - worthwhilePart);
  for (const piece of pieces) {
    bytes -= piece.bytes;
    if (bytes <= goal) return piece.through;
  }
  return pieces.at(-1)?.through ?? 0;
}

import { createHash } from 'node:crypto';

/** RFC 9162 §2.1.1, by recursion as it is written there. */
export function plainRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return createHash('sha256').digest();
  if (leaves.length === 1) return only;
  const split = splitOf(leaves.length);
  return node(plainRoot(leaves.slice(0, split)), plainRoot(leaves.slice(split)));
}

/** RFC 9162 §2.1.3.1. */
export function plainInclusion(leaves: readonly Buffer[], index: number): Buffer[] {
  if (leaves.length <= 1) return [];
  const split = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...plainInclusion(left, index), plainRoot(right)]
    : [...plainInclusion(right, index - split), plainRoot(left)];
}

/** RFC 9162 §2.1.4.1. */
export function plainConsistency(leaves: readonly Buffer[], size: number, whole = true): Buffer[] {
  if (size === leaves.length) return whole ? [] : [plainRoot(leaves)];
  const split = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return size <= split
    ? [...plainConsistency(left, size, whole), plainRoot(right)]
    : [...plainConsistency(right, size - split, false), plainRoot(left)];
}

/** The largest power of two below `count`. */
function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

function node(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256')
    .update(Buffer.concat([Buffer.of(1), left, right]))
    .digest();
}

/**
 * Guarantee: one hash, the root, commits to every leaf and its place; a short proof shows that a leaf is under a root, or
 * that a smaller tree is the beginning of a larger one (RFC 9162 §2.1).
 *
 * Threat: a log that is shown differently to different people, or rewritten between two looks at it. Leaves and nodes
 * are hashed with different first bytes, so that no node can be passed off as a leaf.
 *
 * Limits: a root proves nothing by itself. Somebody must have kept or signed it (`checkpoint.ts`).
 */
import { hash } from 'node:crypto';

/** Bytes of a hash. */
export const hashBytes = 32;

/** Root of the tree without leaves: the hash of nothing. */
export const emptyRoot: Buffer = hash('sha256', '', 'buffer');

const leafInput = Buffer.alloc(1 + hashBytes);
const nodeInput = Buffer.alloc(1 + 2 * hashBytes, 1);

/** Hash of a leaf: SHA-256 over 0x00 and the 32 bytes of an entry's hash, given as 64 hex digits. */
export function leafHash(entryHash: string): Buffer {
  // Two buffers for all calls: verification makes millions of these.
  leafInput.write(entryHash, 1, 'hex');
  return hash('sha256', leafInput, 'buffer');
}

/** Hash of an inner node: SHA-256 over 0x01 and the hashes of its two children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + hashBytes);
  return hash('sha256', nodeInput, 'buffer');
}

/** Leaf of a number whose entry is gone. No entry has 64 zeros as its hash. */
export const goneLeaf: Buffer = leafHash('0'.repeat(64));

/** A complete subtree: `2 ** level` leaves from leaf `position * 2 ** level` on. */
export interface Subtree {
  readonly level: number;
  readonly position: number;
  readonly hash: Buffer;
}

/** Levels between two that are stored: a stored node stands for 256 of the stored level below. */
export const storedLevels = 8;
const storedWidth = 2 ** storedLevels;

/** A tree that grows at its end: the hashes of its complete subtrees, largest first. */
export class Frontier {
  #size = 0;
  readonly #subtrees: Subtree[] = [];

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** Adds a leaf. `completed` hears of every complete subtree whose level is stored. */
  add(leaf: Buffer, completed?: (subtree: Subtree) => void): void {
    let subtree: Subtree = { level: 0, position: this.#size, hash: leaf };
    this.#size += 1;
    for (let last = this.#subtrees.at(-1); last?.level === subtree.level; last = this.#subtrees.at(-1)) {
      this.#subtrees.pop();
      subtree = { level: last.level + 1, position: last.position / 2, hash: nodeHash(last.hash, subtree.hash) };
      if (completed !== undefined && subtree.level % storedLevels === 0) completed(subtree);
    }
    this.#subtrees.push(subtree);
  }

  /** Adds a complete subtree of a stored level. The size must be a multiple of its leaves. */
  addSubtree(level: number, subtreeHash: Buffer): void {
    const leaves = 2 ** level;
    if (this.#size % leaves !== 0) throw new RangeError('The subtree does not begin where the tree ends.');
    let subtree: Subtree = { level, position: this.#size / leaves, hash: subtreeHash };
    this.#size += leaves;
    for (let last = this.#subtrees.at(-1); last?.level === subtree.level; last = this.#subtrees.at(-1)) {
      this.#subtrees.pop();
      subtree = { level: last.level + 1, position: last.position / 2, hash: nodeHash(last.hash, subtree.hash) };
    }
    this.#subtrees.push(subtree);
  }

  root(): Buffer {
    const last = this.#subtrees.at(-1);
    if (last === undefined) return emptyRoot;
    return this.#subtrees.slice(0, -1).reduceRight((right, { hash: left }) => nodeHash(left, right), last.hash);
  }

  copy(): Frontier {
    const copy = new Frontier();
    copy.#size = this.#size;
    copy.#subtrees.push(...this.#subtrees);
    return copy;
  }
}

/** Where hashes of complete subtrees come from: leaves (level 0) and the stored levels. */
export interface TreeSource {
  /** `count` neighbouring hashes of one stored level from `position` on. Throws when one is not there. */
  hashes(level: number, position: number, count: number): readonly Buffer[];
}

/** The frontier of the first `size` leaves, from a few hundred stored hashes whatever the size. */
export function frontierOf(source: TreeSource, size: number): Frontier {
  const frontier = new Frontier();
  let level = 0;
  while (storedWidth ** (level / storedLevels + 1) <= size) level += storedLevels;
  for (; level >= 0; level -= storedLevels) {
    const leaves = 2 ** level;
    const count = Math.floor((size - frontier.size) / leaves);
    if (count === 0) continue;
    for (const one of source.hashes(level, frontier.size / leaves, count)) frontier.addSubtree(level, one);
  }
  return frontier;
}

/** Root of the first `size` leaves. */
export function rootOf(source: TreeSource, size: number): Buffer {
  return frontierOf(source, size).root();
}

/** Proof that leaf `index` is in the tree of the first `size` leaves (RFC 9162 §2.1.3.1). */
export function inclusionProof(source: TreeSource, index: number, size: number): Buffer[] {
  if (!(index >= 0 && index < size)) throw new RangeError(`There is no leaf ${index} in a tree of ${size}.`);
  const path: Buffer[] = [];
  // The recursion of the RFC from its end: of each split, the half that does not hold the leaf.
  let [begin, end] = [0, size];
  while (end - begin > 1) {
    const middle = begin + largestPowerBelow(end - begin);
    if (index < middle) {
      path.push(rangeHash(source, middle, end));
      end = middle;
    } else {
      path.push(rangeHash(source, begin, middle));
      begin = middle;
    }
  }
  return path.reverse();
}

/** Proof that the tree of the first `from` leaves is the beginning of that of the first `to` (RFC 9162 §2.1.4.1). */
export function consistencyProof(source: TreeSource, from: number, to: number): Buffer[] {
  if (!(from >= 1 && from <= to)) throw new RangeError(`No tree of ${from} leaves begins one of ${to}.`);
  if (from === to) return [];
  const path: Buffer[] = [];
  let [begin, end] = [0, to];
  while (end > from) {
    const middle = begin + largestPowerBelow(end - begin);
    if (from <= middle) {
      path.push(rangeHash(source, middle, end));
      end = middle;
    } else {
      path.push(rangeHash(source, begin, middle));
      begin = middle;
    }
  }
  // The old tree's own last subtree; left out when it is the whole old tree, which the verifier has.
  if (begin > 0) path.push(rangeHash(source, begin, end));
  return path.reverse();
}

/** Whether the proof shows that `leaf` is leaf `index` of the tree with this root (RFC 9162 §2.1.3.2). */
export function holdsInclusion(
  claim: { index: number; size: number; leaf: Buffer; root: Buffer },
  proof: readonly Buffer[],
): boolean {
  const { index, size, leaf, root } = claim;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let [node, last, current] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0 || sibling.length !== hashBytes) return false;
    if (isOdd(node) || node === last) {
      current = nodeHash(sibling, current);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      current = nodeHash(current, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && current.equals(root);
}

/** Whether the proof shows that the tree with root `from.root` is the beginning of that with `to.root` (RFC 9162 §2.1.4.2). */
export function holdsConsistency(
  from: { size: number; root: Buffer },
  to: { size: number; root: Buffer },
  proof: readonly Buffer[],
): boolean {
  if (!Number.isSafeInteger(from.size) || !Number.isSafeInteger(to.size)) return false;
  if (from.size < 1 || from.size > to.size) return false;
  if (from.size === to.size) return proof.length === 0 && from.root.equals(to.root);
  const path = isPowerOfTwo(from.size) ? [from.root, ...proof] : [...proof];
  let [node, last] = [from.size - 1, to.size - 1];
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  const [first, ...others] = path;
  if (first === undefined || first.length !== hashBytes) return false;
  let [old, fresh] = [first, first];
  for (const sibling of others) {
    if (last === 0 || sibling.length !== hashBytes) return false;
    if (isOdd(node) || node === last) {
      old = nodeHash(sibling, old);
      fresh = nodeHash(sibling, fresh);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      fresh = nodeHash(fresh, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && old.equals(from.root) && fresh.equals(to.root);
}

/** Hash over the leaves from `begin` to before `end`, a range that the splits of the RFC made. */
function rangeHash(source: TreeSource, begin: number, end: number): Buffer {
  const size = end - begin;
  if (begin === 0) return rootOf(source, size);
  // Such a range begins at a multiple of a power of two that is not smaller than it, so it is a tree of its own.
  return rootOf(
    {
      hashes: (level, position, count) => source.hashes(level, begin / 2 ** level + position, count),
    },
    size,
  );
}

/** The largest power of two smaller than `count`, for `count` of two or more. */
function largestPowerBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

// Not with bit operators: those cut numbers to 32 bits.
const isOdd = (value: number): boolean => value % 2 === 1;
const half = (value: number): number => Math.floor(value / 2);

function isPowerOfTwo(value: number): boolean {
  return largestPowerBelow(value * 2) === value;
}

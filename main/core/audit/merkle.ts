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
  return Buffer.from(leafText(entryHash), 'latin1');
}

/** Hash of an inner node: SHA-256 over 0x01 and the hashes of its two children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + hashBytes);
  return hash('sha256', nodeInput, 'buffer');
}

/*
 * Hashes as texts of one character a byte. Going through a log makes two for every entry, and a text costs a third of a
 * `Buffer`. The two input buffers serve all calls.
 */
function leafText(entryHash: string): string {
  leafInput.write(entryHash, 1, 'hex');
  return hash('sha256', leafInput, 'binary');
}

function nodeText(left: string, right: string): string {
  nodeInput.write(left, 1, 'latin1');
  nodeInput.write(right, 1 + hashBytes, 'latin1');
  return hash('sha256', nodeInput, 'binary');
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

/** A frontier as plain data: levels and hashes (one character a byte) of its subtrees, largest first. */
export interface FrontierParts {
  readonly size: number;
  readonly levels: readonly number[];
  readonly hashes: readonly string[];
}

/** A tree that grows at its end: the hashes of its complete subtrees, largest first. */
export class Frontier {
  #size = 0;
  readonly #levels: number[] = [];
  /** One character a byte. */
  readonly #hashes: string[] = [];

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** Adds a leaf. `completed` hears of every complete subtree whose level is stored. */
  add(leaf: Uint8Array, completed?: (subtree: Subtree) => void): void {
    this.#grow(0, Buffer.from(leaf).toString('latin1'), completed);
  }

  /** Adds the leaf of an entry, given its hash as 64 hex digits. */
  addEntry(entryHash: string, completed?: (subtree: Subtree) => void): void {
    this.#grow(0, leafText(entryHash), completed);
  }

  /** Adds a complete subtree of a stored level. The size must be a multiple of its leaves. */
  addSubtree(level: number, subtreeHash: Uint8Array): void {
    if (this.#size % 2 ** level !== 0) throw new RangeError('The subtree does not begin where the tree ends.');
    this.#grow(level, Buffer.from(subtreeHash).toString('latin1'), undefined);
  }

  root(): Buffer {
    const last = this.#hashes.at(-1);
    if (last === undefined) return emptyRoot;
    const root = this.#hashes.slice(0, -1).reduceRight((right, left) => nodeText(left, right), last);
    return Buffer.from(root, 'latin1');
  }

  copy(): Frontier {
    return Frontier.of(this.parts);
  }

  /** What it consists of, for another thread. */
  get parts(): FrontierParts {
    return { size: this.#size, levels: [...this.#levels], hashes: [...this.#hashes] };
  }

  /** The same frontier from its parts. */
  static of({ size, levels, hashes }: FrontierParts): Frontier {
    const frontier = new Frontier();
    frontier.#size = size;
    frontier.#levels.push(...levels);
    frontier.#hashes.push(...hashes);
    return frontier;
  }

  #grow(from: number, added: string, completed: ((subtree: Subtree) => void) | undefined): void {
    this.#size += 2 ** from;
    let [level, text] = [from, added];
    while (this.#levels.at(-1) === level) {
      this.#levels.pop();
      text = nodeText(this.#hashes.pop() ?? '', text);
      level += 1;
      if (completed !== undefined && level % storedLevels === 0) {
        completed({ level, position: this.#size / 2 ** level - 1, hash: Buffer.from(text, 'latin1') });
      }
    }
    this.#levels.push(level);
    this.#hashes.push(text);
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

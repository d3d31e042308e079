import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  consistencyProof,
  emptyRoot,
  Frontier,
  frontierOf,
  holdsConsistency,
  holdsInclusion,
  inclusionProof,
  leafHash,
  rootOf,
  storedLevels,
  type TreeSource,
} from '../../../main/core/audit/merkle.ts';

const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
const entryHash = (index: number): string => sha256(Buffer.from(`entry ${index}`)).toString('hex');

/** RFC 9162 §2.1.1, word for word, over the entries' hashes as data. */
function mth(data: readonly Buffer[]): Buffer {
  const [only] = data;
  if (only === undefined) return sha256();
  if (data.length === 1) return sha256(Buffer.of(0), only);
  const k = split(data.length);
  return sha256(Buffer.of(1), mth(data.slice(0, k)), mth(data.slice(k)));
}
/** RFC 9162 §2.1.3.1. */
function path(m: number, data: readonly Buffer[]): Buffer[] {
  if (data.length <= 1) return [];
  const k = split(data.length);
  return m < k
    ? [...path(m, data.slice(0, k)), mth(data.slice(k))]
    : [...path(m - k, data.slice(k)), mth(data.slice(0, k))];
}
/** RFC 9162 §2.1.4.1. */
function subproof(m: number, data: readonly Buffer[], whole: boolean): Buffer[] {
  if (m === data.length) return whole ? [] : [mth(data)];
  const k = split(data.length);
  return m <= k
    ? [...subproof(m, data.slice(0, k), whole), mth(data.slice(k))]
    : [...subproof(m - k, data.slice(k), false), mth(data.slice(0, k))];
}
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

const sizeMax = 1500;
const data = Array.from({ length: sizeMax }, (_, index) => Buffer.from(entryHash(index), 'hex'));

/** What a database would hold: leaves and the nodes of stored levels. */
function sourceOf(size: number): TreeSource {
  const levels = new Map<number, Buffer[]>([[0, []]]);
  const frontier = new Frontier();
  for (let index = 0; index < size; index += 1) {
    const leaf = leafHash(entryHash(index));
    levels.get(0)?.push(leaf);
    frontier.add(leaf, ({ level, position, hash }) => {
      const nodes = levels.get(level) ?? [];
      expect(position).toBe(nodes.length);
      levels.set(level, [...nodes, hash]);
    });
  }
  return {
    hashes(level, position, count) {
      const found = levels.get(level)?.slice(position, position + count) ?? [];
      if (found.length !== count) throw new RangeError('not stored');
      return found;
    },
  };
}
const source = sourceOf(sizeMax);

const sizes = fc.integer({ min: 1, max: sizeMax });
const changeOne = (proof: readonly Buffer[], at: number): Buffer[] =>
  proof.map((one, index) => (index === at % proof.length ? sha256(one) : one));

describe('[AUD-2] the tree of RFC 9162', () => {
  test('the empty tree, and one leaf', () => {
    expect(emptyRoot.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(rootOf(source, 1)).toEqual(sha256(Buffer.of(0), data[0] ?? Buffer.alloc(0)));
  });

  test('roots are those of the RFC, grown leaf by leaf or put together from stored nodes', () => {
    const grown = new Frontier();
    for (let size = 1; size <= 600; size += 1) {
      grown.add(leafHash(entryHash(size - 1)));
      if (size < 40 || size % 37 === 0 || Math.abs((size % 256) - 1) < 2) {
        const expected = mth(data.slice(0, size));
        expect(grown.root()).toEqual(expected);
        expect(rootOf(source, size)).toEqual(expected);
        expect(frontierOf(source, size).size).toBe(size);
      }
    }
  });

  test('a frontier that was put together grows on as the other does', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 40 }), (from, more) => {
        const to = Math.min(sizeMax, from + more);
        const frontier = frontierOf(source, from);
        for (let index = from; index < to; index += 1) frontier.add(leafHash(entryHash(index)));
        expect(frontier.root()).toEqual(rootOf(source, to));
      }),
      { numRuns: 60 },
    );
  });

  test('inclusion proofs are those of the RFC and hold; nothing else does', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, any, at) => {
        const index = any % size;
        const proof = inclusionProof(source, index, size);
        expect(proof).toEqual(path(index, data.slice(0, size)));
        const claim = { index, size, leaf: leafHash(entryHash(index)), root: rootOf(source, size) };
        expect(holdsInclusion(claim, proof)).toBe(true);
        expect(holdsInclusion({ ...claim, leaf: leafHash(entryHash(index + 1)) }, proof)).toBe(false);
        expect(holdsInclusion({ ...claim, root: sha256(claim.root) }, proof)).toBe(false);
        expect(holdsInclusion(claim, [...proof, claim.root])).toBe(false);
        if (size > 1) {
          expect(holdsInclusion({ ...claim, index: (index + 1) % size }, proof)).toBe(false);
          expect(holdsInclusion(claim, changeOne(proof, at))).toBe(false);
          expect(holdsInclusion(claim, proof.slice(1))).toBe(false);
        }
      }),
      { numRuns: 80 },
    );
  });

  test('consistency proofs are those of the RFC and hold; nothing else does', () => {
    fc.assert(
      fc.property(sizes, sizes, fc.nat(), (one, other, at) => {
        const [size, larger] = one <= other ? [one, other] : [other, one];
        const from = { size, root: rootOf(source, size) };
        const to = { size: larger, root: rootOf(source, larger) };
        const proof = consistencyProof(source, size, larger);
        expect(proof).toEqual(subproof(size, data.slice(0, larger), true));
        expect(holdsConsistency(from, to, proof)).toBe(true);
        expect(holdsConsistency({ ...from, root: sha256(from.root) }, to, proof)).toBe(false);
        expect(holdsConsistency(from, { ...to, root: sha256(to.root) }, proof)).toBe(false);
        expect(holdsConsistency(from, to, [...proof, to.root])).toBe(false);
        if (proof.length > 0) {
          expect(holdsConsistency(from, to, changeOne(proof, at))).toBe(false);
          expect(holdsConsistency(from, to, proof.slice(0, -1))).toBe(false);
        }
      }),
      { numRuns: 80 },
    );
  });

  test('a tree of millions needs few hashes for a proof', () => {
    let read = 0;
    // Every leaf alike: each node of a level has the same hash.
    const hashes = [leafHash(entryHash(0))];
    for (let level = 1; level <= 32; level += 1) {
      const below = hashes[level - 1] ?? Buffer.alloc(0);
      hashes.push(sha256(Buffer.of(1), below, below));
    }
    const alike: TreeSource = {
      hashes(level, _position, count) {
        expect(level % storedLevels).toBe(0);
        read += count;
        return Array.from({ length: count }, () => hashes[level] ?? Buffer.alloc(0));
      },
    };
    const size = 10_000_019;
    const root = rootOf(alike, size);
    read = 0;
    const proof = inclusionProof(alike, 7_654_321, size);
    expect(read).toBeLessThan(2500);
    expect(holdsInclusion({ index: 7_654_321, size, leaf: leafHash(entryHash(0)), root }, proof)).toBe(true);
    const consistent = consistencyProof(alike, 5_000_001, size);
    expect(holdsConsistency({ size: 5_000_001, root: rootOf(alike, 5_000_001) }, { size, root }, consistent)).toBe(
      true,
    );
  });
});

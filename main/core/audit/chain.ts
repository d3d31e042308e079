/**
 * Guarantee: going through a log from its first entry finds the first place where it is not what was written, and says
 * what kind of damage it is.
 *
 * Threat: edits, reorders and deletions by whoever can write the file, and bits that rot.
 *
 * Limits: a hash chain has no secret. Who rewrites everything from some entry to the end leaves a chain that holds; so
 * does cutting the newest entries off. Signed checkpoints kept elsewhere show both.
 */
import type { z } from 'zod';
import type { damageSchema } from '#contract/audit.ts';
import { type Entry, genesisHash, headerHashOf, isErased, payloadHashOf, saltCharacters } from './entry.ts';

/** Damage of a log: the first entry that does not hold, and how. */
export type Damage = z.infer<typeof damageSchema>;

/** How far a log has been found to hold. */
export interface ChainState {
  /** Number of the last entry that holds; 0 before the first. */
  readonly seq: number;
  /** Its hash. */
  readonly hash: string;
}

/** Before the first entry. */
export const chainStart: ChainState = { seq: 0, hash: genesisHash };

/** Entries this far away are looked at to tell a moved entry from an edited one. */
export const movedEntryDistanceMax = 64;

const hex64 = /^[0-9a-f]{64}$/u;
const hexSalt = new RegExp(`^[0-9a-f]{${saltCharacters}}$`, 'u');
const plainTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u;
const plainKind = /^[a-z0-9._-]{1,64}$/u;

/**
 * Whether the entry follows `state`. The answer is the hash to go on with, or undefined when it does not hold; then
 * `damageOf` says why. This is the hot loop of verification: two hashes and five comparisons.
 */
export function followingHash(state: ChainState, entry: Entry): string | undefined {
  if (entry.seq !== state.seq + 1 || entry.prev !== state.hash) return undefined;
  if (!plainTime.test(entry.at) || !plainKind.test(entry.kind)) return undefined;
  if (entry.payload === '' ? !isErased(entry) : payloadHashOf(entry.salt, entry.payload) !== entry.payloadHash) {
    return undefined;
  }
  if (headerHashOf(entry) !== entry.hash || entry.salt.length !== saltCharacters) return undefined;
  return entry.hash;
}

/**
 * Names the damage that `followingHash` found. `near` are the entries within `movedEntryDistanceMax` of it, in any
 * order, as far as they can be read; they only serve to tell one kind of damage from another.
 */
export function damageOf(state: ChainState, entry: Entry, near: readonly Entry[]): Damage {
  const expected = state.seq + 1;
  if (entry.seq !== expected) return missing(expected, entry.seq - 1);
  if (!isReadable(entry)) {
    return { seq: expected, kind: 'unreadable', what: `Entry ${expected} does not have the form of an entry.` };
  }
  const headerHolds = headerHashOf(entry) === entry.hash;
  if (headerHolds && !isErased(entry) && payloadHashOf(entry.salt, entry.payload) !== entry.payloadHash) {
    return {
      seq: expected,
      kind: 'edited',
      what: `The content of entry ${expected} is not what its header commits to.`,
    };
  }
  if (headerHolds) return unlinked(state, entry, near);
  const original = originalSeqOf(entry);
  if (original === undefined) {
    return { seq: expected, kind: 'edited', what: `Entry ${expected} is not what its hash commits to.` };
  }
  // The entry is intact under another number: it was moved here, or what stood here was taken out and the rest moved up.
  const predecessorExists = entry.prev === state.hash || near.some((other) => other.hash === entry.prev);
  return predecessorExists
    ? { seq: expected, kind: 'reordered', what: `In the place of entry ${expected} stands what was entry ${original}.` }
    : {
        seq: expected,
        kind: 'missing',
        what: `Entry ${expected} is gone; what was entry ${original} stands in its place.`,
      };
}

/** The damage of a gap, from the first missing entry to the last. */
export function missing(first: number, last: number): Damage {
  return {
    seq: first,
    kind: 'missing',
    what: last > first ? `Entries ${first} to ${last} are gone.` : `Entry ${first} is gone.`,
  };
}

/** The damage of an end that was cut off, while something still remembers entry `last`. */
export function truncated(first: number, last: number): Damage {
  const which = last > first ? `entries ${first} to ${last} were` : `entry ${first} was`;
  return { seq: first, kind: 'truncated', what: `The end is cut off: ${which} there.` };
}

/** The entry holds by itself but names another predecessor than the one that is there. */
function unlinked(state: ChainState, entry: Entry, near: readonly Entry[]): Damage {
  const named = near.find((other) => other.hash === entry.prev);
  if (named !== undefined) {
    return { seq: entry.seq, kind: 'reordered', what: `Entry ${entry.seq} was chained to entry ${named.seq}.` };
  }
  if (state.seq === 0) return { seq: 1, kind: 'missing', what: 'The first entry is chained to one before it.' };
  // The predecessor's hash fits its content, but it is not the hash this entry was chained to: it was rewritten.
  return {
    seq: state.seq,
    kind: 'edited',
    what: `Entry ${state.seq} was rewritten: entry ${entry.seq} is chained to another entry in its place.`,
  };
}

function originalSeqOf(entry: Entry): number | undefined {
  for (let distance = 1; distance <= movedEntryDistanceMax; distance += 1) {
    for (const seq of [entry.seq - distance, entry.seq + distance]) {
      if (seq >= 1 && headerHashOf({ ...entry, seq }) === entry.hash) return seq;
    }
  }
  return undefined;
}

/** Whether every field but the payload has the form that entries have. */
export function isReadable(entry: Entry): boolean {
  return (
    hex64.test(entry.prev) &&
    hex64.test(entry.payloadHash) &&
    hex64.test(entry.hash) &&
    hexSalt.test(entry.salt) &&
    plainTime.test(entry.at) &&
    plainKind.test(entry.kind)
  );
}

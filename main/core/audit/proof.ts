/**
 * Guarantee: a proof that holds shows, with nothing but a trusted public key, that an entry with exactly this content is
 * in the log the key signed for, or that one signed state of the log continues another.
 *
 * Threat: a single event shown out of a log that never held it; a log that was rewritten between two looks at it.
 *
 * Limits: it says nothing about whether what the entry tells is true, only that it was recorded so.
 */

import { isReadable } from './chain.ts';
import { type Checkpoint, openNote, type PublicKey, type SignatureCheck } from './checkpoint.ts';
import { type Entry, headerHashOf, isErased, payloadHashOf } from './entry.ts';
import type { ProofParts } from './log.ts';
import { holdsConsistency, holdsInclusion, leafHash } from './merkle.ts';

/** What came of checking a proof. `signed` is false, and `ok` can still be true, when no keys were given. */
export interface ProofVerdict {
  readonly ok: boolean;
  /** Why it does not hold. */
  readonly why?: string;
  readonly checkpoint?: Checkpoint;
}

const hash64 = /^[0-9a-f]{64}$/u;

/** Checks a proof. With `keys`, every checkpoint in it must be signed by one of them. */
export function holdsProof(parts: ProofParts, keys: readonly PublicKey[], check: SignatureCheck): ProofVerdict {
  const last = openNote(parts.checkpoint, keys, check);
  if (last === undefined) return { ok: false, why: 'The checkpoint has not the form of one.' };
  if (keys.length > 0 && !last.signed)
    return { ok: false, why: 'The checkpoint is not signed by a key that is trusted.' };
  if (!parts.path.every((text) => hash64.test(text))) return { ok: false, why: 'The path is not made of hashes.' };
  const path = parts.path.map((text) => Buffer.from(text, 'hex'));
  const { checkpoint } = last;
  if (parts.entry !== undefined) {
    const why = whyNotIncluded(parts.entry, checkpoint, path);
    return why === undefined ? { ok: true, checkpoint } : { ok: false, why };
  }
  const first = openNote(parts.from ?? '', keys, check);
  if (first === undefined) return { ok: false, why: 'The earlier checkpoint has not the form of one.' };
  if (keys.length > 0 && !first.signed) {
    return { ok: false, why: 'The earlier checkpoint is not signed by a key that is trusted.' };
  }
  return holdsConsistency(first.checkpoint, checkpoint, path)
    ? { ok: true, checkpoint }
    : { ok: false, why: 'The later checkpoint does not continue the earlier one.' };
}

function whyNotIncluded(entry: Entry, { size, root }: Checkpoint, path: readonly Buffer[]): string | undefined {
  if (!isReadable(entry)) return 'The entry has not the form of one.';
  if (!isErased(entry) && payloadHashOf(entry.salt, entry.payload) !== entry.payloadHash) {
    return 'The content of the entry is not what its header commits to.';
  }
  if (headerHashOf(entry) !== entry.hash) return 'The header of the entry is not what its hash commits to.';
  const claim = { index: entry.seq - 1, size, leaf: leafHash(entry.hash), root };
  return holdsInclusion(claim, path) ? undefined : 'The path does not lead from the entry to the signed root.';
}

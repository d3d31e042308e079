/**
 * Guarantee: an entry's hash commits to its number, its time, its kind, the entry before it and its content.
 *
 * Threat: somebody edits, removes or reorders entries after the fact. They would have to find a second text with the
 * same SHA-256, or rewrite every later entry as well (checkpoints outside the database show that).
 *
 * Limits: the content is committed to through a salted hash of its own (`payloadHash`), so that it can be erased later
 * and the chain still holds. The salt keeps an erased short text from being guessed from its hash.
 */
import { hash } from 'node:crypto';
import type { AuditEvent, NewEvent } from '#contract/audit.ts';
import { canonicalJson } from './canonical.ts';

/** Version of the entry format; `docs/audit-format.md` describes it. */
export const entryVersion = 1;

/** What stands before the first entry. */
export const genesisHash = '0'.repeat(64);

/** Characters of a salt: 16 random bytes as lower-case hex. */
export const saltCharacters = 32;

/** The salt of an entry whose payload was erased. */
export const erasedSalt = '0'.repeat(saltCharacters);

/** The kind of entry that says which payloads may be erased; its own never is. */
export const compactionKind = 'log.compacted';

/** One entry as it is stored. All hashes are lower-case hex. */
export interface Entry {
  readonly seq: number;
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
  readonly kind: string;
  /** Hash of the entry before it; `genesisHash` for the first. */
  readonly prev: string;
  readonly salt: string;
  readonly payloadHash: string;
  /** Hash of the header. */
  readonly hash: string;
  /** The event without `kind`, in its RFC 8785 form; empty when it was erased. */
  readonly payload: string;
}

/** SHA-256 over the salt's 32 hex characters followed by the payload's UTF-8 bytes. */
export function payloadHashOf(salt: string, payload: string): string {
  return hash('sha256', salt + payload, 'hex');
}

/** Whether the payload was erased, in the form that retention leaves behind. */
export function isErased({ kind, salt, payload }: Pick<Entry, 'kind' | 'salt' | 'payload'>): boolean {
  return payload === '' && salt === erasedSalt && kind !== compactionKind;
}

/**
 * SHA-256 over the RFC 8785 form of `{at, kind, payloadHash, prev, seq, v}`.
 *
 * The text is put together here and not by a serializer, because verification does it for every entry: the members are
 * in RFC 8785 order, and no value needs escaping (`isPlainHeader` refuses those that would).
 */
export function headerHashOf(header: Pick<Entry, 'at' | 'kind' | 'payloadHash' | 'prev' | 'seq'>): string {
  return hash(
    'sha256',
    `{"at":"${header.at}","kind":"${header.kind}","payloadHash":"${header.payloadHash}","prev":"${header.prev}","seq":${header.seq},"v":${entryVersion}}`,
    'hex',
  );
}

/** The event's content as stored: everything but its kind, which the header holds. */
export function payloadOf(event: NewEvent): string {
  const { kind: _inHeader, ...payload } = event;
  return canonicalJson(payload.resource === undefined ? payload : { ...payload, resource: inOrder(payload.resource) });
}

/** The same members in canonical order, which makes `canonicalJson` cheap. */
function inOrder(members: object): object {
  return Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Where an entry goes: its number, its time, what is before it, and its salt. */
export interface EntryPlace {
  readonly seq: number;
  readonly at: string;
  readonly prev: string;
  readonly salt: string;
}

/** Makes the entry that follows `prev`. The event is already redacted and bounded (`cleanEvent`). */
export function sealEntry(event: NewEvent, place: EntryPlace): Entry {
  return sealPayload(event.kind, payloadOf(event), place);
}

/** As `sealEntry`, for a payload that is made already. */
export function sealPayload(kind: string, payload: string, { seq, at, prev, salt }: EntryPlace): Entry {
  const payloadHash = payloadHashOf(salt, payload);
  return { seq, at, kind, prev, salt, payloadHash, hash: headerHashOf({ seq, at, kind, prev, payloadHash }), payload };
}

/** The JSON text of the event an entry holds, made without parsing its payload. */
export function eventTextOf(entry: Pick<Entry, 'seq' | 'at' | 'kind' | 'hash' | 'payload'>): string {
  return `{"seq":${entry.seq},"at":${JSON.stringify(entry.at)},"kind":${JSON.stringify(entry.kind)},"hash":${JSON.stringify(entry.hash)},${entry.payload.slice(1)}`;
}

/** Milliseconds since the epoch as an entry writes them. */
export function timestamp(ms: number): AuditEvent['at'] {
  return new Date(ms).toISOString();
}

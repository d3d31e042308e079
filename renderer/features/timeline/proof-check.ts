/**
 * Guarantee: "this entry is in the log" is said only when the entry's content leads, hash by hash, to the root of a checkpoint (RFC 9162
 * §2.1.3.2), and it is the entry that the window shows.
 *
 * Threat: a record that was changed after it was signed for, or an answer about another entry than was asked for.
 *
 * Limits: the checkpoint's signature is not checked here, where the key would come by the same way as the proof, but by the check of the
 * whole log (with the keystore's key and what was kept elsewhere), and by `gatehouse log check-proof`, which can be run on another machine.
 */
import type { AuditEvent, Proof } from '#contract/audit.ts';

/** What came of it, in words. */
export interface ProofVerdict {
  readonly holds: boolean;
  readonly words: string;
  /** Entries that the checkpoint covers. */
  readonly size?: number;
}

const hashBytes = 32;

/** Whether the proof shows that this event is in the log. */
export async function checkInclusion(proof: Proof, event: Pick<AuditEvent, 'seq' | 'hash'>): Promise<ProofVerdict> {
  const { entry, path } = proof;
  const checkpoint = readCheckpoint(proof.checkpoint);
  if (checkpoint === undefined) return fails('The checkpoint has not the form of one.');
  if (entry === undefined || entry.seq !== event.seq || entry.hash !== event.hash)
    return fails('The proof is of another entry than the one that is shown.');
  const isErased = entry.payload === '' && entry.kind !== 'log.compacted';
  if (!isErased && (await sha256Hex(bytesOf(entry.salt + entry.payload))) !== entry.payloadHash)
    return fails('The content of the entry is not what was recorded.');
  const header = `{"at":"${entry.at}","kind":"${entry.kind}","payloadHash":"${entry.payloadHash}","prev":"${entry.prev}","seq":${entry.seq},"v":1}`;
  if ((await sha256Hex(bytesOf(header))) !== entry.hash)
    return fails('The number, time or kind of the entry is not what was recorded.');
  const root = await rootFrom(entry.seq - 1, checkpoint.size, await leafHash(entry.hash), path.map(fromHex));
  if (root === undefined || toHex(root) !== toHex(checkpoint.root))
    return fails('The path does not lead from the entry to the checkpoint.');
  const covered = checkpoint.size.toLocaleString('en');
  const erased = isErased ? ' Its content was erased; what was there cannot be read any more.' : '';
  return {
    holds: true,
    size: checkpoint.size,
    words: `It holds. This entry is exactly as recorded, and one of the ${covered} that the newest checkpoint covers.${erased}`,
  };
}

function fails(words: string): ProofVerdict {
  return { holds: false, words: `It does not hold. ${words}` };
}

function readCheckpoint(note: string): { readonly size: number; readonly root: Uint8Array } | undefined {
  const [, size = '', root = ''] = note.split('\n');
  if (!/^[1-9]\d{0,15}$/u.test(size) || !/^[A-Za-z0-9+/]{43}=$/u.test(root)) return undefined;
  const bytes = Uint8Array.from(atob(root), (character) => character.charCodeAt(0));
  return { size: Number(size), root: bytes };
}

/** RFC 9162 §2.1.3.2; undefined when the path has not the length of one. */
async function rootFrom(
  index: number,
  size: number,
  leaf: Uint8Array,
  path: readonly Uint8Array[],
): Promise<Uint8Array | undefined> {
  if (index < 0 || index >= size) return undefined;
  let [node, last, current] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0 || sibling.length !== hashBytes) return undefined;
    if (isOdd(node) || node === last) {
      current = await nodeHash(sibling, current);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else current = await nodeHash(current, sibling);
    [node, last] = [half(node), half(last)];
  }
  return last === 0 ? current : undefined;
}

// Not with bit operators: those cut numbers to 32 bits.
const isOdd = (value: number): boolean => value % 2 === 1;
const half = (value: number): number => Math.floor(value / 2);

async function leafHash(entryHash: string): Promise<Uint8Array> {
  return await sha256(Uint8Array.of(0, ...fromHex(entryHash)));
}

async function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Uint8Array> {
  return await sha256(Uint8Array.of(1, ...left, ...right));
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(await sha256(bytes));
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../gu) ?? [], (pair) => Number.parseInt(pair, 16));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Guarantee: a checkpoint binds the number of entries and the root over them to a key; what was signed can be compared
 * with any later state of the log, by anybody who knows the public key.
 *
 * Threat: whoever can write the database can rewrite the whole chain, or cut its end, and every hash still fits. They
 * cannot sign.
 *
 * Limits: entries after the newest checkpoint are not vouched for, and who holds the key can sign anything. A copy of the
 * checkpoints elsewhere (a witness) closes the second.
 *
 * Form: C2SP tlog-checkpoint inside a C2SP signed-note (c2sp.org/tlog-checkpoint, c2sp.org/signed-note), Ed25519.
 */
import { hash } from 'node:crypto';
import { hashBytes } from './merkle.ts';

/** The key that signs checkpoints. */
export interface CheckpointKey {
  /** Name in signature lines, and the log's origin: no spaces, no plus. */
  readonly name: string;
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array;
  /** The 64 bytes of an Ed25519 signature. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** A public key and the name it signs under. */
export type PublicKey = Pick<CheckpointKey, 'name' | 'publicKey'>;

/** Checks an Ed25519 signature; injected, since core computes hashes only. */
export type SignatureCheck = (publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array) => boolean;

/** What a checkpoint says. */
export interface Checkpoint {
  readonly origin: string;
  /** Number of entries. */
  readonly size: number;
  readonly root: Buffer;
}

/** Signature type Ed25519 of signed-note. */
const ed25519Type = 0x01;
const keyIdBytes = 4;
const publicKeyBytes = 32;
const signatureBytes = 64;
/** Characters of a note that is looked at; ours have about 250. */
export const noteCharactersMax = 4096;

const namePattern = /^[^\s+\p{C}]{1,128}$/u;

/** SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)[:4]. */
export function keyId({ name, publicKey }: PublicKey): Buffer {
  const input = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ed25519Type), publicKey]);
  return hash('sha256', input, 'buffer').subarray(0, keyIdBytes);
}

/** The key as one word, to be kept and compared: `name+keyid+base64(0x01 ‖ public key)`. */
export function verifierKey(key: PublicKey): string {
  const encoded = Buffer.concat([Buffer.of(ed25519Type), key.publicKey]).toString('base64');
  return `${key.name}+${keyId(key).toString('hex')}+${encoded}`;
}

/** Reads a key in the form of `verifierKey`; undefined when it has not that form. */
export function parseVerifierKey(text: string): PublicKey | undefined {
  const [name = '', id = '', ...rest] = text.trim().split('+');
  // Base64 may hold a plus of its own.
  const bytes = decodeBase64(rest.join('+'));
  if (!namePattern.test(name) || bytes?.length !== 1 + publicKeyBytes || bytes[0] !== ed25519Type) return undefined;
  const key = { name, publicKey: bytes.subarray(1) };
  return keyId(key).toString('hex') === id ? key : undefined;
}

/** Makes the signed note of a checkpoint. Its origin is the key's name. */
export function signCheckpoint(key: CheckpointKey, size: number, root: Uint8Array): string {
  if (!namePattern.test(key.name)) throw new TypeError(`${key.name} cannot be the name of a key.`);
  const text = `${key.name}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
  const signature = Buffer.concat([keyId(key), key.sign(Buffer.from(text))]);
  return `${text}\n— ${key.name} ${signature.toString('base64')}\n`;
}

/** A note taken apart. */
export interface OpenedNote {
  readonly checkpoint: Checkpoint;
  /** Whether one of the keys asked about signed it. */
  readonly signed: boolean;
}

/** Takes a note apart and looks for a signature of one of `keys`. Undefined when it has not the form of a checkpoint. */
export function openNote(note: string, keys: readonly PublicKey[], check: SignatureCheck): OpenedNote | undefined {
  const end = note.lastIndexOf('\n\n');
  if (note.length > noteCharactersMax || end < 0 || !note.endsWith('\n')) return undefined;
  const text = note.slice(0, end + 1);
  const checkpoint = parseText(text);
  const lines = note.slice(end + 2, -1).split('\n');
  if (checkpoint === undefined || !lines.every((line) => signatureLine.test(line))) return undefined;
  const signed = lines.some((line) => {
    const [, name, encoded = ''] = signatureLine.exec(line) ?? [];
    const bytes = decodeBase64(encoded);
    if (bytes?.length !== keyIdBytes + signatureBytes) return false;
    return keys.some(
      (key) =>
        key.name === name &&
        key.name === checkpoint.origin &&
        keyId(key).equals(bytes.subarray(0, keyIdBytes)) &&
        check(key.publicKey, Buffer.from(text), bytes.subarray(keyIdBytes)),
    );
  });
  return { checkpoint, signed };
}

const signatureLine = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;

function parseText(text: string): Checkpoint | undefined {
  const [origin = '', size = '', root = ''] = text.split('\n');
  const bytes = decodeBase64(root);
  if (!namePattern.test(origin) || !/^(?:0|[1-9]\d{0,15})$/u.test(size) || bytes?.length !== hashBytes)
    return undefined;
  const count = Number(size);
  return Number.isSafeInteger(count) ? { origin, size: count, root: bytes } : undefined;
}

/** Strictly: Node's own decoder skips what is no base64. */
function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return text !== '' && bytes.toString('base64') === text ? bytes : undefined;
}

import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/** DER in front of the 32 bytes of an Ed25519 key in SubjectPublicKeyInfo (RFC 8410 §4). */
const derPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** Keys made before: verification asks for the same one again and again. */
const known = new Map<string, KeyObject>();
const knownMax = 64;

/** Whether the signature over `bytes` is by this Ed25519 key (32 bytes). */
export function verifyEd25519(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  const name = Buffer.from(publicKey).toString('hex');
  let key = known.get(name);
  if (key === undefined) {
    key = createPublicKey({ key: Buffer.concat([derPrefix, publicKey]), format: 'der', type: 'spki' });
    if (known.size >= knownMax) known.clear();
    known.set(name, key);
  }
  return verify(null, bytes, key, signature);
}

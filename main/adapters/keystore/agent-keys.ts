/**
 * Guarantee: an agent's private key is in the keystore and nowhere else; it is read for one signature or one renewal and not kept. What
 * is signed with it was read back from the keystore first, and fits the public key on record.
 *
 * Threat: a key in a log, an argument, an environment or a file in clear; a keystore that lost or swapped a key, so that
 * one agent would speak with another's.
 *
 * Limits: whoever can read this process's memory while it signs, or the keystore with its password, has the key.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { operatingError } from '#contract/operating-error.ts';
import type { Keystore } from './keystore.ts';

/** The public half of an agent's key. */
export interface AgentPublicKey {
  /** SubjectPublicKeyInfo, base64. */
  readonly publicKey: string;
  /** SHA-256 of it, hex. */
  readonly fingerprint: string;
}

const nameOf = (agent: string): string => `agent-key/${agent}`;

/** A key that is not kept yet, so that it can be on record first. */
export interface NewAgentKey extends AgentPublicKey {
  /** Keeps it, in the place of one that was there. Rejects with `keystore_unavailable`, or when it cannot be read back. */
  keep(keystore: Keystore, agent: string): Promise<void>;
}

/** Makes a key for an agent. */
export function makeAgentKey(): NewAgentKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    ...publicHalf(privateKey),
    keep: async (keystore, agent) => {
      const text = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
      await keystore.set(nameOf(agent), text);
      // Nothing is bound to a key that might not be there the next time.
      if ((await keystore.find(nameOf(agent))) === text) return;
      throw lostKey(agent, 'The keystore does not hand out what it took.');
    },
  };
}

/** Signs with an agent's key (ES256, RFC 7518 §3.4). Rejects when the keystore has none that fits `fingerprint`. */
export async function signAsAgent(
  keystore: Keystore,
  agent: { readonly name: string; readonly fingerprint: string },
  text: string,
): Promise<Uint8Array> {
  const found = await keystore.find(nameOf(agent.name));
  if (found === undefined) throw lostKey(agent.name, 'The keystore has none for it.');
  const key = parseKey(found, agent.name);
  if (publicHalf(key).fingerprint !== agent.fingerprint) {
    throw lostKey(agent.name, 'The keystore has another one than is on record.');
  }
  return sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
}

/** Whether an agent's key signed this text. */
export function isSignedByAgent(publicKey: string, text: string, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  return verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/** Removes an agent's key for good; resolves with whether it was there. */
export function removeAgentKey(keystore: Keystore, agent: string): Promise<boolean> {
  return keystore.remove(nameOf(agent));
}

function publicHalf(key: KeyObject): AgentPublicKey {
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { publicKey: spki.toString('base64'), fingerprint: createHash('sha256').update(spki).digest('hex') };
}

function parseKey(text: string, agent: string): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' });
  } catch {
    // The cause could quote what was read, which must be in no message.
    throw lostKey(agent, 'What the keystore has for it is no key.');
  }
}

function lostKey(agent: string, why: string): Error {
  return operatingError('agent_refused', `The key of ${agent} cannot be used.`, {
    why,
    remedy: `Bring the keystore back that has it, or give the agent another key: \`gatehouse agents rotate ${agent}\`.`,
  });
}

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { operatingError } from '#contract/operating-error.ts';
import type { CheckpointKey } from '../../core/audit/checkpoint.ts';
import type { CheckpointKeeper } from '../../core/audit/log.ts';
import { CopyRetry, type RetryDelays } from './copy-retry.ts';
import type { Keystore } from './keystore.ts';

const keyName = 'checkpoint-key';
const newestName = 'checkpoint-newest';

/** Bytes of a witness file that are read. */
const witnessBytesMax = 256 * 1024 * 1024;

/** A keeper whose copies to the keystore are tried again when they fail. */
export interface RetryingKeeper extends CheckpointKeeper {
  /** Why the newest checkpoint is not in the keystore now. */
  readonly failure: Error | undefined;
  close(): void;
}

/** What a keeper needs to know beside the keystore. */
export interface KeeperOptions {
  /** A file that every checkpoint is appended to, whether the keystore takes it or not. */
  readonly witness: string | undefined;
  /** Name of the key that signed the newest checkpoint of the record; undefined when it was never signed. */
  readonly signedBy: string | undefined;
  readonly delays: RetryDelays;
  /** The keystore takes copies again after it did not. */
  readonly recovered: () => void;
}

/**
 * The key that signs checkpoints, from the keystore (made there the first time), and the newest one kept there. Rejects
 * with `keystore_unavailable` when the record was signed before and the keystore has no key.
 */
export async function openCheckpointKeeper(keystore: Keystore, options: KeeperOptions): Promise<RetryingKeeper> {
  const { witness, delays, recovered } = options;
  const key = checkpointKey(await privateKey(keystore, options.signedBy));
  const copies = new CopyRetry({ copy: (note) => keystore.set(newestName, note), delays, recovered });
  return {
    key,
    newest: await keystore.find(newestName),
    keep: async (note) => {
      // First, since it cannot wait: the witness is what is left while the keystore is away.
      if (witness !== undefined) appendWitness(witness, note);
      await copies.bring(note);
    },
    get failure() {
      return copies.failure;
    },
    close: () => copies.close(),
  };
}

/** The newest checkpoint in the keystore, now. */
export function findNewest(keystore: Keystore): Promise<string | undefined> {
  return keystore.find(newestName);
}

/** The notes of a witness file, oldest first. A file that is not there yet has none. */
export function readWitness(path: string): string[] {
  if (!existsSync(path)) return [];
  const bytes = readFileSync(path);
  if (bytes.length > witnessBytesMax) throw unreadable(path, 'It is too large.');
  const lines = bytes.toString('utf8').split('\n');
  // The last part is empty, or a line that was cut when the machine stopped.
  return lines.slice(0, -1).map((line) => {
    try {
      return z.object({ note: z.string() }).parse(JSON.parse(line)).note;
    } catch (cause) {
      throw unreadable(path, 'A line of it is not one of ours.', cause);
    }
  });
}

function appendWitness(path: string, note: string): void {
  const descriptor = openSync(path, 'a', 0o600);
  try {
    appendFileSync(descriptor, `${JSON.stringify({ note })}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

async function privateKey(keystore: Keystore, signedBy: string | undefined): Promise<KeyObject> {
  const found = await keystore.find(keyName);
  if (found !== undefined) {
    return createPrivateKey({ key: Buffer.from(found, 'base64'), format: 'der', type: 'pkcs8' });
  }
  // A new key would put everything that the old one signed in dispute: that is for the person to decide.
  if (signedBy !== undefined) throw lostKey(signedBy);
  const { privateKey: made } = generateKeyPairSync('ed25519');
  const text = made.export({ format: 'der', type: 'pkcs8' }).toString('base64');
  await keystore.set(keyName, text);
  // Nothing is signed with a key that might not be there the next time.
  if ((await keystore.find(keyName)) !== text) throw lostKey('the key that was just made');
  return made;
}

function checkpointKey(secret: KeyObject): CheckpointKey {
  const publicKey = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32);
  const digest = createHash('sha256').update(publicKey).digest('hex');
  return { name: `gatehouse/${digest.slice(0, 16)}`, publicKey, sign: (bytes) => sign(null, bytes, secret) };
}

function lostKey(name: string): Error {
  return operatingError('keystore_unavailable', 'The keystore has no key for the record.', {
    why: `The record is signed by ${name}, which is not there.`,
    remedy:
      'Bring the keystore back that has it. If it is lost, move the record (audit.db in the state folder) away as evidence: a new one begins, with a new key.',
  });
}

function unreadable(path: string, why: string, cause?: unknown): Error {
  return operatingError('audit_damaged', `The witness file ${path} cannot be read.`, {
    why,
    remedy: 'Keep it as evidence and name another one in GATEHOUSE_WITNESS.',
    cause,
  });
}

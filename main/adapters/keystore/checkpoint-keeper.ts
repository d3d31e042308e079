import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { operatingError } from '#contract/operating-error.ts';
import type { CheckpointKey } from '../../core/audit/checkpoint.ts';
import type { CheckpointKeeper } from '../../core/audit/log.ts';
import type { Keystore } from './keystore.ts';

const keyName = 'checkpoint-key';
const newestName = 'checkpoint-newest';

/** Bytes of a witness file that are read. */
const witnessBytesMax = 256 * 1024 * 1024;

/** The key that signs checkpoints, from the keystore (made there the first time), and the newest one kept there. */
export async function openCheckpointKeeper(keystore: Keystore, witness: string | undefined): Promise<CheckpointKeeper> {
  const key = checkpointKey(await privateKey(keystore));
  return {
    key,
    newest: await keystore.find(newestName),
    keep: async (note) => {
      await keystore.set(newestName, note);
      if (witness !== undefined) appendWitness(witness, note);
    },
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

async function privateKey(keystore: Keystore): Promise<KeyObject> {
  const found = await keystore.find(keyName);
  if (found !== undefined) {
    return createPrivateKey({ key: Buffer.from(found, 'base64'), format: 'der', type: 'pkcs8' });
  }
  const { privateKey: made } = generateKeyPairSync('ed25519');
  await keystore.set(keyName, made.export({ format: 'der', type: 'pkcs8' }).toString('base64'));
  return made;
}

function checkpointKey(secret: KeyObject): CheckpointKey {
  const publicKey = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32);
  const digest = createHash('sha256').update(publicKey).digest('hex');
  return { name: `gatehouse/${digest.slice(0, 16)}`, publicKey, sign: (bytes) => sign(null, bytes, secret) };
}

function unreadable(path: string, why: string, cause?: unknown): Error {
  return operatingError('audit_damaged', `The witness file ${path} cannot be read.`, {
    why,
    remedy: 'Keep it as evidence and name another one in GATEHOUSE_WITNESS.',
    cause,
  });
}

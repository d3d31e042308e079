/**
 * Guarantee: what is in the file can be read, or changed without a trace, only with the passphrase.
 *
 * Threat: a copy of the disk or of the folder; another program of the same user that reads files but knows no passphrase.
 *
 * Limits: weaker than a keychain. A weak passphrase can be guessed; whoever can read the supervisor's memory has the
 * key; and the file can be put back to an older state together with the log. It is only used when asked for by name.
 *
 * scrypt (RFC 7914) makes the key; AES-256-GCM encrypts each value, with its name as additional data, so that values
 * cannot change places.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { operatingError } from '#contract/operating-error.ts';
import { assertStorable, type Keystore } from './keystore.ts';

/** 128 MiB of memory for each guess. */
const scryptCost = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 } as const;
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
/** Larger files are no keystore of ours. */
const fileBytesMax = 1024 * 1024;

const base64 = z.base64();
const fileSchema = z.object({
  v: z.literal(1),
  kdf: z.object({
    name: z.literal('scrypt'),
    N: z.int().max(2 ** 20),
    r: z.int().max(32),
    p: z.int().max(16),
    salt: base64,
  }),
  /** Nonce, ciphertext and tag of each value. */
  items: z.record(z.string().max(128), base64),
});
type File = z.infer<typeof fileSchema>;

/** Encrypted with the others, so that a wrong passphrase is noticed before anything is added under it. */
const checkName = 'check';

/** Opens the keystore, or begins one. Throws `keystore_unavailable` when the passphrase is not its own. */
export async function openFileKeystore(path: string, passphrase: string): Promise<Keystore> {
  if (passphrase === '')
    throw unavailable(path, 'The passphrase is empty.', 'Give one: GATEHOUSE_PASSPHRASE, or type it on a terminal.');
  const found = readFile(path);
  const salt = found === undefined ? randomBytes(16) : Buffer.from(found.kdf.salt, 'base64');
  const cost = found === undefined ? scryptCost : { ...scryptCost, N: found.kdf.N, r: found.kdf.r, p: found.kdf.p };
  const key = await deriveKey(passphrase, salt, cost);
  const { N, r, p } = cost;
  const file: File = found ?? { v: 1, kdf: { name: 'scrypt', N, r, p, salt: salt.toString('base64') }, items: {} };
  const items = new Map(Object.entries(file.items));
  const save = (): void => writeFile(path, { ...file, items: Object.fromEntries(items) });
  const find = (name: string): string | undefined => {
    const item = items.get(name);
    return item === undefined ? undefined : decrypt(key, name, Buffer.from(item, 'base64'));
  };
  if (found === undefined) {
    items.set(checkName, encrypt(key, checkName, ''));
    save();
  } else if (attempt(() => find(checkName)) === undefined) {
    throw unavailable(
      path,
      'The passphrase is not the one it was made with.',
      'Give that passphrase. Without it, move the file and the record away; both begin anew.',
    );
  }
  return {
    kind: 'file',
    find: async (name) => {
      assertStorable(name);
      try {
        return find(name);
      } catch (cause) {
        throw unavailable(
          path,
          `Its value "${name}" was changed.`,
          'Put back a copy of it, or move it and the record away.',
          cause,
        );
      }
    },
    set: async (name, value) => {
      assertStorable(name, value);
      const before = items.get(name);
      items.set(name, encrypt(key, name, value));
      try {
        save();
      } catch (error) {
        // What is not in the file must not be found either.
        if (before === undefined) items.delete(name);
        else items.set(name, before);
        throw unwritable(path, error);
      }
    },
    remove: async (name) => {
      assertStorable(name);
      const before = items.get(name);
      if (before === undefined) return false;
      items.delete(name);
      try {
        save();
      } catch (error) {
        items.set(name, before);
        throw unwritable(path, error);
      }
      return true;
    },
    close: async () => {
      key.fill(0);
    },
  };
}

function deriveKey(passphrase: string, salt: Buffer, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), salt, keyBytes, { ...scryptCost, ...cost }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function encrypt(key: Buffer, name: string, value: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(name));
  return Buffer.concat([nonce, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

function decrypt(key: Buffer, name: string, bytes: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(name));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]).toString('utf8');
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    // A tag that does not fit is the answer, not a failure.
    return undefined;
  }
}

function readFile(path: string): File | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const text = readFileSync(path);
    if (text.length > fileBytesMax) throw new RangeError('it is too large');
    return fileSchema.parse(JSON.parse(text.toString('utf8')));
  } catch (cause) {
    throw unavailable(
      path,
      'It is not a keystore of Gatehouse.',
      'Put back a copy of it, or move it and the record away.',
      cause,
    );
  }
}

/** The old file or the new one is there, whole, whatever happens in between. */
function writeFile(path: string, file: File): void {
  const fresh = `${path}.new`;
  const descriptor = openSync(fresh, 'w', 0o600);
  try {
    writeFileSync(descriptor, `${JSON.stringify(file)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(fresh, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function unwritable(path: string, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return unavailable(path, `It cannot be written: ${why}.`, 'Make room, and its folder writable for you.', cause);
}

function unavailable(path: string, why: string, remedy: string, cause?: unknown): Error {
  return operatingError('keystore_unavailable', `The keystore ${path} cannot be used.`, { why, remedy, cause });
}

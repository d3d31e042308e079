import { createHash } from 'node:crypto';
import { type BigIntStats, constants, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';

/**
 * Guarantee: a file attested once is the same file, byte for byte, whenever `isUnchanged` says so.
 *
 * Threat: the agent's executable is replaced or edited between its acceptance and a later decision. Content cannot
 * change without the inode's change time moving, and no program can set that time back.
 *
 * Limits: somebody who sets the system's clock back, or writes to the disk below the file system, is not seen.
 */

/** Cheap facts that change whenever the content does. All numbers as decimal strings, since they exceed 2^53. */
export interface ChangeSignature {
  readonly path: string;
  readonly dev: string;
  readonly ino: string;
  readonly size: string;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
}

export interface AttestedFile {
  /** Real path, without symbolic links. */
  readonly path: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly signature: ChangeSignature;
}

/** Larger executables are refused; the largest agent seen is a quarter of a gibibyte. */
const fileBytesMax = 4 * 1024 ** 3;
/** Digests kept by signature, so that starting the same agent again does not read 250 MB again. */
const digestsKeptMax = 256;
const chunkBytes = 1024 * 1024;
const digests = new Map<string, string>();

/** Reads and hashes a file, or takes the digest known for exactly this state of it. Undefined when it cannot be read. */
export async function attestFile(path: string): Promise<AttestedFile | undefined> {
  const before = await readSignature(path);
  if (before === undefined || Number(before.size) > fileBytesMax) return undefined;
  const key = JSON.stringify(before);
  const sha256 = digests.get(key) ?? (await hashFile(path));
  const after = await readSignature(path);
  // Changed while it was read: the digest would belong to neither state.
  if (sha256 === undefined || after === undefined || JSON.stringify(after) !== key) return undefined;
  remember(key, sha256);
  return { path, sha256, sizeBytes: Number(before.size), signature: before };
}

/** The signature of what is at `path` now; undefined when it is not a regular file. */
export async function readSignature(path: string): Promise<ChangeSignature | undefined> {
  return signatureOf(path, await stat(path, { bigint: true }).catch(() => undefined));
}

/** The same at once: one system call, where a decision would wait for a thread of the pool. */
function readSignatureNow(path: string): ChangeSignature | undefined {
  try {
    return signatureOf(path, statSync(path, { bigint: true, throwIfNoEntry: false }));
  } catch {
    // It cannot be looked at any more (a folder was closed to us, a link turns in a circle): not what was attested.
    return undefined;
  }
}

function signatureOf(path: string, facts: BigIntStats | undefined): ChangeSignature | undefined {
  if (facts === undefined || !facts.isFile()) return undefined;
  return {
    path,
    dev: facts.dev.toString(),
    ino: facts.ino.toString(),
    size: facts.size.toString(),
    mtimeNs: facts.mtimeNs.toString(),
    ctimeNs: facts.ctimeNs.toString(),
  };
}

/**
 * Whether every file still has the attested content. Costs one stat per file while nothing moved; where only the inode's
 * facts moved (a package manager linked the same file elsewhere) the content decides.
 */
export async function isUnchanged(files: readonly AttestedFile[]): Promise<boolean> {
  for (const file of files) {
    const now = readSignatureNow(file.path);
    if (now === undefined || now.size !== file.signature.size) return false;
    if (JSON.stringify(now) === JSON.stringify(file.signature)) continue;
    if ((await attestFile(file.path))?.sha256 !== file.sha256) return false;
  }
  return true;
}

function remember(key: string, sha256: string): void {
  digests.delete(key);
  digests.set(key, sha256);
  const oldest = digests.keys().next();
  if (digests.size > digestsKeptMax && !oldest.done) digests.delete(oldest.value);
}

async function hashFile(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.alloc(chunkBytes);
    for (let position = 0; ; ) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, position);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
      position += bytesRead;
    }
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

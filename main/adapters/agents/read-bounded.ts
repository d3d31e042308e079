import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * The beginning of a regular file, at most `bytesMax` bytes, or undefined when there is none that may be read. FIFOs and
 * devices are never opened for waiting: a repository may hold them to make the supervisor hang.
 */
export async function readStart(path: string, bytesMax: number): Promise<Buffer | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const facts = await file.stat();
    if (!facts.isFile()) return undefined;
    // One byte more than it has now shows that it grew; the bound holds in any case.
    const buffer = Buffer.allocUnsafe(Math.min(bytesMax, facts.size + 1));
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** A whole regular file as text, or undefined when it is missing, unreadable or longer than `bytesMax`. */
export async function readSmallText(path: string, bytesMax: number): Promise<string | undefined> {
  const bytes = await readStart(path, bytesMax + 1);
  if (bytes === undefined || bytes.length > bytesMax) return undefined;
  return bytes.toString('utf8');
}

import { sizeBytes } from '#contract/text/size.ts';
import { UsageError } from '../usage-error.ts';

/** Reads an amount of bytes such as `512M`, `2G`, `1.5GiB` or `4096`; units are powers of 1024. */
export function parseSizeBytes(text: string): number {
  const bytes = sizeBytes(text);
  if (bytes === undefined) {
    throw new UsageError(`"${text}" is not a size.`, 'Write a number with K, M, G or T, e.g. 512M or 2G.');
  }
  if (!Number.isSafeInteger(bytes)) throw new UsageError(`"${text}" is too large for a size.`);
  return bytes;
}

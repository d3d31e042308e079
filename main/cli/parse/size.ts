import { UsageError } from '../usage-error.ts';

const unitBytes: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Reads an amount of bytes such as `512M`, `2G`, `1.5GiB` or `4096`; units are powers of 1024. */
export function parseSizeBytes(text: string): number {
  const match = /^(\d{1,12}(?:\.\d{1,3})?)([kmgt]?)(i?b)?$/iu.exec(text);
  const factor = unitBytes[(match?.[2] ?? '').toLowerCase()];
  if (match?.[1] === undefined || factor === undefined) {
    throw new UsageError(`"${text}" is not a size.`, 'Write a number with K, M, G or T, e.g. 512M or 2G.');
  }
  const bytes = Math.round(Number(match[1]) * factor);
  if (!Number.isSafeInteger(bytes)) throw new UsageError(`"${text}" is too large for a size.`);
  return bytes;
}

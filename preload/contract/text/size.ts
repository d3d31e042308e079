/** A number of bytes for people: `512 B`, `3.2 MiB`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [size, unit] = [bytes, 0];
  for (; size >= 1024 && unit < units.length - 1; unit += 1) size /= 1024;
  return `${unit === 0 ? size : size.toFixed(size < 10 ? 1 : 0)} ${units[unit] ?? ''}`;
}

const unitBytes: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Reads an amount of bytes such as `512M`, `2G`, `1.5GiB` or `4096`; units are powers of 1024. Undefined for anything else. */
export function sizeBytes(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,3})?)([kmgt]?)(i?b)?$/iu.exec(text);
  const factor = unitBytes[(match?.[2] ?? '').toLowerCase()];
  if (match?.[1] === undefined || factor === undefined) return undefined;
  return Math.round(Number(match[1]) * factor);
}

import type { Retention } from '#contract/record.ts';

/** What is kept, as a sentence. */
export function boundsText({ keepMs, bytesMax }: Retention): string {
  if (keepMs === undefined && bytesMax === undefined) return 'All content is kept.';
  const bounds = [
    ...(keepMs === undefined ? [] : [`no longer than ${spanText(keepMs)}`]),
    ...(bytesMax === undefined ? [] : [`no more than ${sizeText(bytesMax)}`]),
  ];
  return `Content is kept ${bounds.join(', and ')}.`;
}

/** A number of bytes for people: `512 B`, `3.2 MiB`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [size, unit] = [bytes, 0];
  for (; size >= 1024 && unit < units.length - 1; unit += 1) size /= 1024;
  return `${unit === 0 ? size : size.toFixed(size < 10 ? 1 : 0)} ${units[unit] ?? ''}`;
}

function spanText(ms: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
  ] as const;
  const [name, unit] = units.find(([, each]) => ms % each === 0) ?? ['second', 1000];
  const count = Math.round(ms / unit);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

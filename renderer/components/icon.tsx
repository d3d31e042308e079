/** Outlines on a 16 px grid, drawn for this app; they take the colour of the text beside them. */
const outlines = {
  pulse: 'M1 8h3l2-5 3 10 2-5h4',
  key: 'M10 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM7 9l-5 5m0-3 2 2',
  list: 'M2 4h2m2 0h8M2 8h2m2 0h8M2 12h2m2 0h8',
  shield: 'M8 1.5 13.5 4v4c0 3.2-2.3 5.6-5.5 6.5C4.800 13.600 2.500 11.200 2.500 8V4Z',
  gear: 'M8 5.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5ZM8 1v2m0 10v2M1 8h2m10 0h2M3 3l1.500 1.500m7 7L13 13M3 13l1.500-1.500m7-7L13 3',
  pause: 'M5 3v10M11 3v10',
  play: 'M4 2.500v11l9-5.500Z',
  stop: 'M3.500 3.500h9v9h-9Z',
  close: 'M3.500 3.500l9 9m0-9-9 9',
  search: 'M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2Zm3.700 8.700L14 14',
  alert: 'M8 2 14.500 13.500h-13ZM8 6.500v3m0 2v.200',
  check: 'M2.500 8.500 6 12l7.500-8',
  plus: 'M8 3v10M3 8h10',
  folder: 'M1.500 4v9h13V5.500H7.500L6 4Z',
  globe: 'M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13ZM1.500 8h13M8 1.500c-4 4-4 9 0 13 4-4 4-9 0-13',
} as const;
export type IconName = keyof typeof outlines;

/** A picture beside a word, never in its place: assistive technology skips it. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={outlines[name]} />
    </svg>
  );
}

type Child = Node | string | undefined;

/** Attributes by their names; `undefined` leaves one out. Text becomes text and never markup. */
export type Attributes = Readonly<Record<string, string | undefined>>;

/** Makes an element. The one place where elements are made. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

const outlines = {
  check: 'M2.5 8.5 6 12l7.5-8',
  alert: 'M8 2 14.5 13.5h-13ZM8 6.5v3m0 2v.2',
  stop: 'M5.5 1.5h5l4 4v5l-4 4h-5l-4-4v-5ZM8 4.500v4m0 2.500v.2',
  down: 'M4 6.500 8 10.500l4-4',
} as const;

/** A picture beside a word, which assistive technology skips. */
export function icon(name: keyof typeof outlines): SVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const picture = document.createElementNS(space, 'svg');
  picture.setAttribute('class', 'icon');
  picture.setAttribute('viewBox', '0 0 16 16');
  picture.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', outlines[name]);
  picture.append(path);
  return picture;
}

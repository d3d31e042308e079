/** Where the main window can be opened: a page, and what on it. */
const place = /^(?:now|agents|timeline|policies|settings)(?:\/[A-Za-z0-9-]{1,64})?$/u;

/** `gatehouse://timeline/1234` → `timeline/1234`; undefined for anything else, since anybody can make a link. */
export function placeFromLink(link: string): string | undefined {
  const found = link.startsWith('gatehouse://') ? link.slice('gatehouse://'.length).replace(/\/$/u, '') : '';
  return place.test(found) ? found : undefined;
}

/** The first link among a program's words. */
export function placeFromWords(words: readonly string[]): string | undefined {
  return words.map(placeFromLink).find((found) => found !== undefined);
}

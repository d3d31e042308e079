/** Where the main window can be opened: a page, and what on it. */
const place = /^(?:now|agents|timeline|policies|settings)(?:\/[A-Za-z0-9-]{1,64})?$/u;

/** What links to places begin with. */
export const linkStart = 'gatehouse://';

/** `gatehouse://timeline/1234` → `timeline/1234`; undefined for anything else, since anybody can make a link. */
export function placeFromLink(link: string): string | undefined {
  const found = link.startsWith(linkStart) ? link.slice(linkStart.length).replace(/\/$/u, '') : '';
  return place.test(found) ? found : undefined;
}

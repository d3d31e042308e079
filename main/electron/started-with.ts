/**
 * Guarantee: an installed shell starts only with words that it knows: links to places, its own switches, and those of Chromium that choose how
 * things look.
 *
 * Threat: a link or a launcher that smuggles in a switch of Chromium's or Node's with which somebody else drives the windows
 * (`--remote-debugging-port`), runs a program in a page's place (`--renderer-cmd-prefix`), or takes the pages' sandbox away
 * (`--no-sandbox`).
 *
 * Limits: who may start programs as the person needs no switch of ours for that. Run from source, tests drive it by such switches.
 */
import { placeFromLink } from '#contract/place.ts';

/** Of these the value is free. */
const looks = [
  'disable-gpu',
  'enable-wayland-ime',
  'force-color-profile',
  'force-device-scale-factor',
  'force-renderer-accessibility',
  'gtk-version',
  'lang',
  'ozone-platform',
  'ozone-platform-hint',
  'wayland-text-input-version',
];
const own = ['background'];

/** The first word that an installed shell does not start with; undefined when it may start. `words` are those after the program. */
export function refusedWord(words: readonly string[], isRoot: boolean): string | undefined {
  const allowed = new Set([...looks, ...own, ...(isRoot ? ['no-sandbox'] : [])]);
  return words.find((word) => {
    const name = /^--([a-z0-9-]+)(?:=[\w.,-]*)?$/u.exec(word)?.[1];
    return (name === undefined || !allowed.has(name)) && placeFromLink(word) === undefined;
  });
}

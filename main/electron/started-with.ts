/**
 * Guarantee: an installed shell starts only with words that it knows: links to places, its own switches, and those of Chromium that choose how
 * things look. However it was installed, a link that is none to a place goes no further than this.
 *
 * Threat: a link or a launcher that smuggles in a switch of Chromium's or Node's with which somebody else drives the windows
 * (`--remote-debugging-port`), runs a program in a page's place (`--renderer-cmd-prefix`), or takes the pages' sandbox away
 * (`--no-sandbox`); a link so long that the shell that runs drops it unread, upon which Chromium takes it for hung and kills it.
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

/** More words than a person or a desktop gives. Chromium hands all of them on in one message of 32 KiB at most. */
const wordsMax = 32;

/** How the shell was started. */
export interface StartedWith {
  /** Those after the program. */
  readonly words: readonly string[];
  readonly isPackaged: boolean;
  readonly isRoot: boolean;
}

/** The first word that the shell does not start with; undefined when it may start. */
export function refusedWord({ words, isPackaged, isRoot }: StartedWith): string | undefined {
  if (words.length > wordsMax) return words[wordsMax];
  return words.find(
    (word) => (isPackaged ? !isKnown(word, isRoot) : isLink(word)) && placeFromLink(word) === undefined,
  );
}

function isKnown(word: string, isRoot: boolean): boolean {
  const name = /^--([a-z0-9-]+)(?:=[\w.,-]{0,64})?$/u.exec(word)?.[1];
  return name !== undefined && (looks.includes(name) || own.includes(name) || (isRoot && name === 'no-sandbox'));
}

/** Something that a browser or a mail program would have us open. */
function isLink(word: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/iu.test(word);
}

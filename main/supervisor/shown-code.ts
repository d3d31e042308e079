import { randomInt } from 'node:crypto';

/** Without letters and digits that look alike. */
const alphabet = '234679CDFHJKMNPRTVWXY';
const characters = 3;

/** A code to type after a word that allows: only somebody who sees the surface it is shown on can know it. */
export function shownCode(): string {
  return Array.from({ length: characters }, () => alphabet[randomInt(alphabet.length)]).join('');
}

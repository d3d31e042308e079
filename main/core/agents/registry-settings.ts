/**
 * Guarantee: of a package client's settings only which registry it asks goes into a private home; no token, password, certificate or
 * script does.
 *
 * Threat: `~/.npmrc` holds both the address of a company's registry and the key to it. Without the first, a client inside would ask
 * the public registry for the company's package names, and whoever put such a name there would be installed.
 *
 * Limits: a registry that wants the key answers no inside.
 */

/** Characters of a settings file that are looked at. */
export const registrySettingsCharactersMax = 65_536;
/** Lines that are kept. */
const linesMax = 64;

/** The lines of an `.npmrc` that say which registry to ask, for everything or for one scope; empty when there are none. */
export function keepNpmRegistries(text: string): string {
  const lines = text.slice(0, registrySettingsCharactersMax).split(/\r?\n/u);
  const kept = lines.flatMap((line) => {
    const found = /^\s*((?:@[\w.~-]{1,214}:)?registry)\s*=\s*["']?([^\s"']{1,1024})["']?\s*$/u.exec(line);
    const [, key = '', address = ''] = found ?? [];
    return isPlainAddress(address) ? [`${key}=${address}`] : [];
  });
  return kept.length === 0 ? '' : `${kept.slice(0, linesMax).join('\n')}\n`;
}

/** An address of the web without credentials in it; a variable that npm would fill in could be one. */
function isPlainAddress(address: string): boolean {
  if (!URL.canParse(address) || address.includes('${')) return false;
  const { protocol, username, password, search } = new URL(address);
  return /^https?:$/u.test(protocol) && username === '' && password === '' && search === '';
}

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

/** Where a package client of the person's gets its packages. */
export interface RegistryAddress {
  /** The client, as people call it. */
  readonly client: string;
  readonly host: string;
  readonly port: number;
}

/** Addresses that are kept of one file. */
const addressesMax = 16;

/** The registries that an `.npmrc` names. */
export function npmRegistries(text: string): RegistryAddress[] {
  const addresses = keepNpmRegistries(text)
    .split('\n')
    .map((line) => line.slice(line.indexOf('=') + 1));
  return registriesOf('npm', addresses);
}

/** The indexes that a `pip.conf` names. */
export function pipIndexes(text: string): RegistryAddress[] {
  return registriesOf('pip', namedIn(text, /^[ \t]*(?:extra-)?index-url[ \t]*=[ \t]*(\S{1,1024})[ \t]*$/gmu));
}

/** The registries that Cargo's `config.toml` names. */
export function cargoRegistries(text: string): RegistryAddress[] {
  const named = namedIn(text, /^[ \t]*(?:index|registry)[ \t]*=[ \t]*"(?:sparse\+)?(https?:[^"\s]{1,1024})"/gmu);
  return registriesOf('cargo', named);
}

/** Those of plain addresses of the web, each host once; anything else, and what holds a password, is left out. */
export function registriesOf(client: string, addresses: readonly string[]): RegistryAddress[] {
  const found = addresses.filter(isPlainAddress).map((address): RegistryAddress => {
    const { protocol, hostname, port } = new URL(address);
    return { client, host: hostname, port: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port) };
  });
  const once = new Map(found.map((each) => [`${each.host} ${each.port}`, each]));
  return [...once.values()].slice(0, addressesMax);
}

function namedIn(text: string, expression: RegExp): string[] {
  return [...text.slice(0, registrySettingsCharactersMax).matchAll(expression)].map(([, address = '']) => address);
}

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

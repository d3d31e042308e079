import { readFileSync } from 'node:fs';

/** Larger ones are no list of a machine's users. */
const passwdBytesMax = 4 * 1024 * 1024;

/** Names of the machine's own user accounts (passwd(5)). Users of a directory service are not among them. */
export function readUserAccounts(path = '/etc/passwd'): ReadonlySet<string> {
  const text = readFileSync(path, 'utf8');
  if (text.length > passwdBytesMax) return new Set();
  return new Set(text.split('\n').flatMap((line) => line.split(':', 1)[0] || []));
}

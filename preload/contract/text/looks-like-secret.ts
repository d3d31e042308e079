/**
 * Whether a variable probably holds a secret, for a warning; never a protection by itself. Judged by the shapes that
 * issuers give their tokens, then by a telling name with a value long enough to be one.
 */
export function looksLikeSecret(name: string, value: string): boolean {
  if (value.length < 8) return false;
  if (issuedShapes.some((shape) => shape.test(value))) return true;
  if (isOrdinary(value)) return false;
  return tellingName.test(name) || looksRandom(value);
}

const issuedShapes: readonly RegExp[] = [
  /^sk-[\w-]{16,}/u,
  /^(gh[pousr]|github_pat)_\w{16,}/u,
  /^glpat-[\w-]{16,}/u,
  /^(AKIA|ASIA)[A-Z0-9]{16}$/u,
  /^AIza[\w-]{30,}$/u,
  /^xox[abeprs]-[\w-]{10,}/u,
  /^npm_\w{30,}$/u,
  /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/u,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/u,
  // A user and password in an address.
  /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]+:[^/\s@]+@/iu,
];

const tellingName =
  /(^|_)(API_?KEY|KEY|TOKENS?|SECRETS?|PASS(WORD|WD|PHRASE)?|CREDENTIALS?|AUTH|PRIVATE|COOKIE)(_|$)/iu;

/** Numbers, switches, paths, addresses and lists of words. */
function isOrdinary(value: string): boolean {
  return (
    /^[\d.,:+-]+$/u.test(value) ||
    /^(true|false|enabled|disabled)$/iu.test(value) ||
    /^(~?\/|\.\/|https?:\/\/)/u.test(value)
  );
}

/** Long, without spaces, mixing digits and letters more than words do. */
function looksRandom(value: string): boolean {
  if (!/^[\w+/=.-]{32,}$/u.test(value) || !/\d/u.test(value) || !/[A-Za-z]/u.test(value)) return false;
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  const entropy = [...counts.values()].reduce(
    (sum, count) => sum - (count / value.length) * Math.log2(count / value.length),
    0,
  );
  // Hexadecimal digests reach 3.5 bits a character; sentences joined by dashes stay lower in digits.
  return entropy > 3.4 && (value.match(/\d/gu)?.length ?? 0) >= value.length / 10;
}

/** What a person is told of a variable whose value looks like one. */
export function secretNotice(name: string): string {
  return `${name} looks like a secret; the agent can read it and everything it talks to may get it.`;
}

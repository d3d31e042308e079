import canonicalize from 'canonicalize';

/** A JSON value, as `JSON.parse` makes it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * The RFC 8785 form of a JSON value: one text per value, so that a hash of the text is a hash of the value.
 * Throws on what JSON cannot hold (not-a-number, infinities, lone surrogates, cycles); callers clean values first.
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('A value without a JSON form cannot be made canonical.');
  return text;
}

import { lookup } from 'node:dns/promises';
import type { EgressSession } from './egress-session.ts';

/** What became of a name. */
export type Resolution =
  | { readonly kind: 'resolved'; readonly addresses: readonly string[] }
  | { readonly kind: 'unresolved'; readonly why: string }
  | { readonly kind: 'limit'; readonly why: string };

/**
 * Resolves a name once, through the system (hosts file included), to all its addresses in the system's order.
 *
 * Bounded in time, in addresses, and in look-ups of one session at a time: a granted wildcard domain whose name server
 * never answers would otherwise hold every thread of the resolver, and with them all other sessions.
 */
export async function resolveName(session: EgressSession, name: string): Promise<Resolution> {
  if (!session.beginLookup()) return { kind: 'limit', why: 'Too many look-ups of names are still unanswered' };
  const answer = lookup(name, { all: true, order: 'verbatim' }).finally(() => session.endLookup());
  const late = Promise.withResolvers<undefined>();
  const withdraw = session.onClose(() => late.resolve(undefined));
  const timer = setTimeout(() => late.resolve(undefined), session.bounds.resolveMs);
  try {
    const found = await Promise.race([answer, late.promise]);
    if (found === undefined) return { kind: 'unresolved', why: 'its name servers did not answer in time' };
    const addresses = [...new Set(found.map(({ address }) => address))];
    if (addresses.length > session.bounds.addresses) {
      return { kind: 'limit', why: `The name ${name} has more than ${session.bounds.addresses} addresses` };
    }
    if (addresses.length === 0) return { kind: 'unresolved', why: 'it has no address' };
    return { kind: 'resolved', addresses };
  } catch (error) {
    return { kind: 'unresolved', why: systemCode(error) };
  } finally {
    clearTimeout(timer);
    withdraw();
    answer.catch(() => undefined);
  }
}

/** The system's code of an error, or `failed`. */
export function systemCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'failed';
}

import { claimCharactersMax } from './egress.ts';
import { headerValues, type RequestHead } from './http-head.ts';

/** What a program says of itself in the head of a request. Shown to a person as a claim; no decision looks at it. */
export function claimOf({ headers }: Pick<RequestHead, 'headers'>): { readonly claim?: string } {
  const [said = ''] = headerValues(headers, 'user-agent');
  return said === '' ? {} : { claim: said.slice(0, claimCharactersMax) };
}

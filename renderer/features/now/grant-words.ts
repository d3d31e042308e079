import { grantWords as wordsOf } from '#contract/text/grant-words.ts';
import { placeText } from './session-words.ts';

/** What a grant spec lets its holder do, as the end of “It can …”. */
export function grantWords(spec: string): string {
  return wordsOf(spec, placeText);
}

/** Kinds of grants that can be put together here. */
export const grantForms = [
  { id: 'host', label: 'Connect to a host', field: 'Host', example: 'api.example.org' },
  { id: 'read', label: 'Read a folder or file', field: 'Path', example: '~/notes' },
  { id: 'write', label: 'Read and write a folder', field: 'Path', example: '~/code/other' },
  { id: 'get', label: 'Fetch from a web address', field: 'Address, http only', example: 'http://example.org/docs/*' },
] as const;
export type GrantFormId = (typeof grantForms)[number]['id'];

/** The spec of a filled form, or undefined while there is nothing in it. The supervisor reads it strictly and says what is wrong. */
export function specOf(form: GrantFormId, typed: string): string | undefined {
  const object = typed.trim();
  if (object === '') return undefined;
  switch (form) {
    case 'host':
      return `net.connect:${object}`;
    case 'read':
      return `file.read:${object}`;
    case 'write':
      return `file.write:${object}`;
    case 'get':
      return `http.request:GET ${object}`;
  }
}

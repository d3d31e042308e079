import { visible } from '#contract/text/visible.ts';
import { placeText } from './session-words.ts';

/** What a grant spec lets its holder do, as the end of “It can …”. */
export function grantWords(spec: string): string {
  const colon = spec.indexOf(':');
  const [action, object] = [spec.slice(0, colon), visible(spec.slice(colon + 1))];
  switch (action) {
    case 'file.read':
      return `read ${placeText(object)}`;
    case 'file.write':
      return `read and write ${placeText(object)}`;
    case 'net.connect':
      return object.startsWith('*.') ? `connect to every host below ${object.slice(2)}` : `connect to ${object}`;
    case 'http.request':
      return `send ${object}`;
    case 'process.exec':
      return `run ${object}`;
    case 'secret.use':
      return `use the secret ${object.replace('@', ' at ')}`;
    default:
      return visible(spec);
  }
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

import type { FoundRegistry } from '#contract/bridge.ts';
import { grantWords as wordsOf } from '#contract/text/grant-words.ts';
import { placeText } from './session-words.ts';

/** What a grant spec lets its holder do, as the end of “It can …”. */
export function grantWords(spec: string): string {
  return wordsOf(spec, placeText);
}

/** A kind of grant that can be put together here. */
export interface GrantTemplate {
  readonly id: string;
  readonly label: string;
  /** What has to be typed; without it there is nothing to type, and `says` is what it gives. */
  readonly field?: { readonly label: string; readonly example: string; readonly isFolder?: true };
  readonly says?: string;
  /** The spec, or undefined while there is nothing in the field. The supervisor reads it strictly and says what is wrong. */
  readonly spec: (typed: string) => string | undefined;
}

/** What people give most, by the errand: nothing to know about specs. */
export function commonGrants(registries: readonly FoundRegistry[]): readonly GrantTemplate[] {
  return [
    ...registries.map(({ client, host, port }) => ({
      id: `registry ${client} ${host}:${port}`,
      label: `Packages for ${client}`,
      says: `${host}:${port}, from your settings of ${client}`,
      spec: () => `net.connect:${host}:${port}`,
    })),
    {
      id: 'registry',
      label: registries.length === 0 ? 'Packages from a registry' : 'Packages from another registry',
      field: { label: 'Host of the registry', example: 'registry.example.org' },
      spec: (typed) => typed && `net.connect:${portOf(typed) === undefined ? `${typed}:443` : typed}`,
    },
    {
      id: 'github',
      label: 'GitHub over HTTPS',
      says: 'github.com:443: clone, fetch and push, with whatever login it has inside',
      spec: () => 'net.connect:github.com:443',
    },
    {
      id: 'port',
      label: 'A server on this machine',
      field: { label: 'Port on this machine', example: '5432' },
      spec: (typed) => (isPort(typed) ? `net.connect:127.0.0.1:${typed}` : undefined),
    },
    {
      id: 'read',
      label: 'Read a folder or file',
      field: { label: 'Path', example: '~/notes', isFolder: true },
      spec: (typed) => typed && `file.read:${typed}`,
    },
    {
      id: 'write',
      label: 'Read and write a folder',
      field: { label: 'Path', example: '~/code/other', isFolder: true },
      spec: (typed) => typed && `file.write:${typed}`,
    },
  ];
}

/** Anything else of the network. */
export const otherGrants: readonly GrantTemplate[] = [
  {
    id: 'host',
    label: 'Connect to a host',
    field: { label: 'Host', example: 'api.example.org' },
    spec: (typed) => typed && `net.connect:${typed}`,
  },
  {
    id: 'below',
    label: 'Connect to every host of a domain',
    field: { label: 'Domain', example: 'example.org' },
    spec: (typed) => typed && `net.connect:*.${typed.replace(/^\*?\./u, '')}:443`,
  },
  {
    id: 'get',
    label: 'Fetch from a web address',
    field: { label: 'Address, http only', example: 'http://example.org/docs/*' },
    spec: (typed) => typed && `http.request:GET ${typed}`,
  },
];

/** The spec of a filled template; undefined while something is missing. */
export function specOf(template: GrantTemplate, typed: string): string | undefined {
  return template.spec(typed.trim()) || undefined;
}

function portOf(host: string): string | undefined {
  return /:(\d{1,5})$/u.exec(host)?.[1];
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/u.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

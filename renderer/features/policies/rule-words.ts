import type { Action } from '#contract/actions.ts';
import type { ListedRule } from '#contract/policy.ts';
import { visible } from '#contract/text/visible.ts';

/** Actions as a person picks them. */
export const actionNames: Readonly<Record<Action, string>> = {
  'file.read': 'read a file',
  'file.write': 'change a file',
  'file.delete': 'delete a file',
  'file.protected': 'change a protected file',
  'net.connect': 'connect to a host',
  'http.request': 'send a request',
  'process.exec': 'run a program',
  'secret.use': 'use a secret',
  'tool.call': 'call a tool',
  'identity.issue': 'get its identity document',
};

/** What the resource of an action looks like. */
export const resourceHints: Readonly<Record<Action, string>> = {
  'file.read': '~/.ssh/config',
  'file.write': 'src/main.ts',
  'file.delete': 'build',
  'file.protected': '.git/hooks/pre-commit',
  'net.connect': 'example.org:443',
  'http.request': 'POST https://example.org/',
  'process.exec': '/usr/bin/git',
  'secret.use': 'github@api.github.com',
  'tool.call': 'files/read',
  'identity.issue': 'gatehouse',
};

/** What is done, and to what. */
const doing: Readonly<Record<Action, readonly [verb: string, object: string]>> = {
  'file.read': ['reading', 'files'],
  'file.write': ['changing', 'files'],
  'file.delete': ['deleting', 'files'],
  'file.protected': ['changing', 'protected files'],
  'net.connect': ['', 'connections'],
  'http.request': ['', 'requests'],
  'process.exec': ['running', 'programs'],
  'secret.use': ['using', 'secrets'],
  'tool.call': ['calling', 'tools'],
  'identity.issue': ['', 'identity documents'],
};
const onFiles: readonly Action[] = ['file.read', 'file.write', 'file.delete'];

/** What a rule is about: `reading or deleting files, connections and requests`; with `limited`, some of them. */
export function actsInWords(actions: readonly Action[], limited = false): string {
  const some = limited ? 'some ' : '';
  if (actions.length === Object.keys(doing).length) return limited ? 'some acts of any kind' : 'anything';
  const files = actions.filter((action) => onFiles.includes(action));
  const isAllOfFiles = files.length === onFiles.length;
  const verbs = files.map((action) => doing[action][0]);
  const fileWords = isAllOfFiles
    ? [limited ? 'any use of some files' : 'any use of files']
    : files.length === 0
      ? []
      : [`${listed(verbs, 'or')} ${some}files`];
  const others = actions
    .filter((action) => !onFiles.includes(action) && !(isAllOfFiles && action === 'file.protected'))
    .map((action) => doing[action]);
  // Of things that are only named, one "some" is enough.
  const words = others.map(([verb, object], index) =>
    verb === '' && index > 0 && others[index - 1]?.[0] === '' ? object : `${verb} ${some}${object}`.trim(),
  );
  return listed([...fileWords, ...words], 'and');
}

/** A rule as a sentence: what it does, to what. Its reason is the author's word and stands beside it. */
export function ruleSentence({
  effect,
  gate,
  scope,
  actions,
  limited,
  on,
}: Pick<ListedRule, 'effect' | 'gate' | 'scope' | 'actions' | 'limited' | 'on'>): string {
  const acts = actsInWords(actions, limited && on === undefined);
  const named = on === undefined ? acts : `${acts}: ${visible(on)}`;
  if (effect === 'permit') return `Lets agents ask for ${named}`;
  if (gate === undefined) return `Never allows ${named}`;
  return scope === 'once' ? `Asks every time about ${named}` : `Asks until it is granted about ${named}`;
}

/** The part of an id that its author chose. */
export function shortId(id: string): string {
  return id.slice(id.indexOf('#') + 1);
}

function listed(items: readonly string[], last: 'and' | 'or'): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1)}`;
}

/** Whether one of the texts holds what is looked for, whatever the case of its letters. */
export function isWanted(texts: readonly string[], wanted: string): boolean {
  const letters = wanted.trim().toLowerCase();
  return letters === '' || texts.some((text) => text.toLowerCase().includes(letters));
}

/** A path below the person's home, from its `~` on. */
export function shortPath(path: string, home: string): string {
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

/** A grant of a preset without what they all have: `net.connect:api.example.org:443` is `api.example.org`. */
export function withoutUsual(spec: string): string {
  const host = /^net\.connect:(?<host>[^:]+):443$/u.exec(spec)?.groups?.['host'];
  return host ?? spec;
}

/** How often a grant was used. */
export function timesText(uses: number): string {
  if (uses === 0) return 'not used yet';
  return uses === 1 ? 'used once' : `used ${uses} times`;
}

import type { Action } from '#contract/actions.ts';
import type { ListedRule } from '#contract/policy.ts';

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

const doing: Readonly<Record<Action, string>> = {
  'file.read': 'reading',
  'file.write': 'changing',
  'file.delete': 'deleting',
  'file.protected': 'changing protected files',
  'net.connect': 'connections',
  'http.request': 'requests',
  'process.exec': 'running programs',
  'secret.use': 'using secrets',
  'tool.call': 'calling tools',
  'identity.issue': 'identity documents',
};
const onFiles: readonly Action[] = ['file.read', 'file.write', 'file.delete'];

/** What a rule is about: `reading or deleting files, connections and requests`. */
export function actsInWords(actions: readonly Action[]): string {
  if (actions.length === Object.keys(doing).length) return 'anything';
  const files = actions.filter((action) => onFiles.includes(action));
  const fileWords =
    files.length === 0
      ? []
      : [
          `${listed(
            files.map((action) => doing[action]),
            'or',
          )} files`,
        ];
  const isAllOfFiles = files.length === onFiles.length;
  const others = actions.filter(
    (action) => !onFiles.includes(action) && !(isAllOfFiles && action === 'file.protected'),
  );
  return listed(
    [...(isAllOfFiles ? ['any use of files'] : fileWords), ...others.map((action) => doing[action])],
    'and',
  );
}

/** A rule as a sentence: what it does, to what. Its reason is the author's word and stands beside it. */
export function ruleSentence({
  effect,
  gate,
  scope,
  actions,
}: Pick<ListedRule, 'effect' | 'gate' | 'scope' | 'actions'>): string {
  const acts = actsInWords(actions);
  if (effect === 'permit') return `Lets agents ask for ${acts}`;
  if (gate === undefined) return `Never allows ${acts}`;
  return scope === 'once' ? `Asks every time about ${acts}` : `Asks about ${acts}, until it is granted`;
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

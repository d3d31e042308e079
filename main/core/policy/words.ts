import type { DecisionRequest } from './request.ts';

/** Characters of an agent-chosen string that a sentence shows. */
const shownCharsMax = 300;

/**
 * Shows a string somebody else chose inside a sentence: control, invisible and direction-changing characters are escaped,
 * so that it can neither hide nor imitate words of ours.
 */
export function shown(text: string): string {
  const cut = text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text;
  return cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Cn}\p{Default_Ignorable_Code_Point}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** What is asked for, to follow "may" or "may not": `read /home/me/notes`, `connect to example.org:443`. */
export function actionInWords(request: DecisionRequest): string {
  const { action, resource } = request;
  switch (resource.kind) {
    case 'path': {
      const verbs: Partial<Record<string, string>> = {
        'file.read': 'read',
        'file.write': 'write',
        'file.delete': 'delete',
        'file.protected': 'change the protected file',
      };
      return `${verbs[action] ?? action} ${shown(resource.path)}`;
    }
    case 'host':
      return `connect to ${shown(authority(resource.host, resource.port))}`;
    case 'url': {
      // The query is left out: it is where secrets travel, and a sentence is kept and copied.
      const [path = ''] = resource.path.split('?', 1);
      const place = `${resource.scheme}://${authority(resource.host, resource.port)}${path}`;
      return `send ${shown(resource.method)} ${shown(place)}`;
    }
    case 'program':
      return `run ${shown(resource.path)}`;
    case 'secret':
      return `use the secret ${shown(resource.name)} at ${shown(resource.host)}`;
    case 'tool':
      return action === 'identity.issue'
        ? 'be given its identity document'
        : `call the tool ${shown(resource.tool)} of ${shown(resource.server)}`;
  }
}

function authority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A grant spec as an argument for a shell. */
export function shellWord(spec: string): string {
  return /^[A-Za-z0-9._:/@+=-]+$/u.test(spec) ? spec : `'${spec.replaceAll("'", "'\\''")}'`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listInWords(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** Longest configuration that is read. */
export const gitConfigBytesMax = 256 * 1024;

/**
 * Reads Git's configuration syntax (git-config(1), "Syntax") without running Git, whose includes and commands belong to
 * whoever wrote the file. Keys are `section.name` or `section.subsection.name`, section and name in lower case; the
 * last value wins. Includes are not followed. Lines that do not fit are skipped: a value is then simply not known.
 */
export function parseGitConfig(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let section = '';
  for (const line of joinContinued(text)) {
    const header = /^\s*\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/u.exec(line);
    const rest = header === null ? line : line.slice(header[0].length);
    if (header?.[1] !== undefined) {
      const subsection = header[2]?.replaceAll(/\\(.)/gu, '$1');
      section = header[1].toLowerCase() + (subsection === undefined ? '' : `.${subsection}`);
    }
    const entry = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*(?:=(.*))?$/u.exec(rest);
    if (entry?.[1] === undefined || section === '') continue;
    const value = entry[2] === undefined ? 'true' : parseValue(entry[2]);
    if (value !== undefined) values.set(`${section}.${entry[1].toLowerCase()}`, value);
  }
  return values;
}

/** A backslash at a line's end goes on with the next line. */
function joinContinued(text: string): string[] {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(/(?<!\\)((?:\\\\)*)\\\n/gu, '$1')
    .split('\n');
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b', '"': '"', '\\': '\\' };

/** Undefined for an unknown escape or an open quote, which Git refuses too. */
function parseValue(raw: string): string | undefined {
  let value = '';
  let kept = 0;
  let isQuoted = false;
  for (let i = 0; i < raw.length; i += 1) {
    const character = raw[i] ?? '';
    if (character === '"') {
      isQuoted = !isQuoted;
      kept = value.length;
      continue;
    }
    if (!isQuoted && (character === '#' || character === ';')) break;
    if (character === '\\') {
      i += 1;
      const escaped = escapes[raw[i] ?? ''];
      if (escaped === undefined) return undefined;
      value += escaped;
      kept = value.length;
      continue;
    }
    if (value === '' && kept === 0 && !isQuoted && /\s/u.test(character)) continue;
    value += character;
    if (isQuoted || !/\s/u.test(character)) kept = value.length;
  }
  return isQuoted ? undefined : value.slice(0, kept);
}

export interface GitIdentity {
  readonly name: string | undefined;
  readonly email: string | undefined;
}

/** Who the person is to Git, from their global configuration; nothing else of it enters the sandbox. */
export function gitIdentity(values: ReadonlyMap<string, string>): GitIdentity {
  const plain = (value: string | undefined) =>
    value !== undefined && value !== '' && value.length <= 200 && !/[\0-\x1f\x7f]/u.test(value) ? value : undefined;
  return { name: plain(values.get('user.name')), email: plain(values.get('user.email')) };
}

/** The `.gitconfig` of a private home: the person's name and mail, and that the workspace may be worked in. */
export function buildGitConfig(identity: GitIdentity, workspace: string): string {
  const user = [
    ...(identity.name === undefined ? [] : [`\tname = ${quote(identity.name)}`]),
    ...(identity.email === undefined ? [] : [`\temail = ${quote(identity.email)}`]),
  ];
  const lines = [...(user.length === 0 ? [] : ['[user]', ...user]), '[safe]', `\tdirectory = ${quote(workspace)}`];
  return `${lines.join('\n')}\n`;
}

function quote(value: string): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return `"${escaped}"`;
}

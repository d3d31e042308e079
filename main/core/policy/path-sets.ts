import { posix } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import { pathSetsSchema } from '#contract/path-sets.ts';

/**
 * Named lists of paths that policies speak of as `Path::"@name"`. A member is an absolute path or begins with
 * `$WORKSPACE` or `$HOME`. They are data, so that seventy credential folders cost one rule.
 */
export type PathSets = ReadonlyMap<string, readonly string[]>;

/** What a path in a policy may look like, for messages. */
export const pathExpressionRemedy =
  'Write an absolute path without ".", ".." or a trailing slash, or one that begins with $WORKSPACE or $HOME.';

/** True for a path as policies write them: canonical and absolute, or relative to `$WORKSPACE` or `$HOME`. */
export function isPathExpression(text: string): boolean {
  const rest = text.replace(/^\$(WORKSPACE|HOME)(?=\/|$)/u, '');
  if (rest === '') return text !== '';
  if (rest === '/') return rest === text;
  return !rest.includes('\0') && rest.startsWith('/') && !rest.endsWith('/') && posix.normalize(rest) === rest;
}

/** Parses `resources/policies/paths.json` and adds members found at run time, such as Gatehouse's own folders. */
export function parsePathSets(text: string, more: Readonly<Record<string, readonly string[]>> = {}): PathSets {
  return addToPathSets(addToPathSets(new Map(), parseLists(text)), more);
}

/** A copy with more members, or more sets. Throws `policy_invalid` for a member that is no path. */
export function addToPathSets(sets: PathSets, more: Readonly<Record<string, readonly string[]>>): PathSets {
  const all = new Map(sets);
  for (const [name, members] of Object.entries(more)) {
    if (!/^[a-z][a-z-]{0,39}$/u.test(name)) throw invalid(`"${name}" is not a name for a path set.`);
    const wrong = members.find((member) => !isPathExpression(member));
    if (wrong !== undefined)
      throw invalid(`Path set "${name}" has a member that is no path: ${JSON.stringify(wrong)}.`);
    all.set(name, [...(all.get(name) ?? []), ...members]);
  }
  return all;
}

/**
 * What a set names in the workspace, named in other folders too: a file that programs trust is one in any project that an agent may
 * change. Members that are no part of the workspace are left out.
 */
export function membersIn(members: readonly string[], folders: readonly string[]): string[] {
  const below = members.flatMap((member) =>
    /^\$WORKSPACE\/./u.test(member) ? [member.slice('$WORKSPACE'.length)] : [],
  );
  return folders.flatMap((folder) => below.map((rest) => folder + rest));
}

function parseLists(text: string): Readonly<Record<string, readonly string[]>> {
  const parsed = pathSetsSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(`The path sets do not fit at ${issue?.path.map(String).join('.') || 'the top'}: ${issue?.message}.`);
  }
  return Object.fromEntries(
    Object.entries(parsed.data).map(([name, members]) => [
      name,
      members.flatMap((member) => (typeof member === 'string' ? [member] : member.paths)),
    ]),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw operatingError('policy_invalid', 'The path sets are not JSON.', { cause, remedy: 'Restore paths.json.' });
  }
}

function invalid(what: string) {
  return operatingError('policy_invalid', what, { remedy: pathExpressionRemedy });
}

/** Turns a path as policies write it into the real one for a session. */
export function expandPath(expression: string, place: { readonly workspace: string; readonly home: string }): string {
  if (expression.startsWith('$WORKSPACE')) return join(place.workspace, expression.slice('$WORKSPACE'.length));
  if (expression.startsWith('$HOME')) return join(place.home, expression.slice('$HOME'.length));
  return expression;
}

function join(base: string, rest: string): string {
  return base === '/' && rest !== '' ? rest : base + rest;
}

/** True when `path` is `folder` or lies below it, compared by component. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}

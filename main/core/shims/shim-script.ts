/**
 * Guarantee: a shim starts the program that comes later on the PATH through `gatehouse run`, with the same arguments, standard streams
 * and exit status, or it starts nothing and says why.
 *
 * Threat: a shim that finds itself again, or another one, and starts for ever; a relative entry of the PATH that lets a repository
 * say what the agent is; a Gatehouse that was moved away, so that the agent would run without walls.
 *
 * Limits: a shim is found by whoever asks the PATH. A program that names the agent by its full path, or brings a copy of its own, does not.
 */

/** A folder with a file of this name holds shims: they look for their programs elsewhere, and no session is shown it. */
export const shimMarker = '.gatehouse-shims';

/** The second line of every shim; the number changes when older ones have to be written anew. */
export const shimTitle = '# gatehouse-shim 1';

/** What a shim is made of. All paths are absolute. */
export interface ShimParts {
  /** What is typed, e.g. `claude`. */
  readonly command: string;
  /** The Node that runs Gatehouse, and Gatehouse's own program. */
  readonly node: string;
  readonly program: string;
  /** Variables that say which Gatehouse it is; those of the caller win. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Variables that belong to a Gatehouse and are kept in its shims, since a desktop does not know them. Never a secret. */
export const shimVariables = ['GATEHOUSE_HOME', 'GATEHOUSE_KEYSTORE', 'GATEHOUSE_WITNESS'] as const;

/** Names the program that a shim would have started, for the words about a failure. */
export const shimVariable = 'GATEHOUSE_SHIM';

/** The text of a shim, in the shell of POSIX. */
export function buildShim({ command, node, program, variables }: ShimParts): string {
  const kept = Object.entries(variables).map(
    ([name, value]) => `[ -n "\${${name}-}" ] || { ${name}=${quoteForShell(value)}; export ${name}; }`,
  );
  return `${[
    '#!/bin/sh',
    shimTitle,
    `# Starts the ${oneLine(command)} that comes later on the PATH, inside Gatehouse's walls.`,
    '# `gatehouse setup` made it, and `gatehouse setup --remove` takes it away.',
    `name=${quoteForShell(command)}`,
    `node=${quoteForShell(node)}`,
    `program=${quoteForShell(program)}`,
    'real=',
    'rest=',
    'set -f',
    'IFS=:',
    'for folder in $PATH; do',
    '  case $folder in /*) ;; *) continue ;; esac',
    `  [ ! -e "$folder/${shimMarker}" ] || continue`,
    '  [ -z "$rest" ] || rest=$rest:',
    '  rest=$rest$folder',
    // A link to this very file, in another folder, is no program either.
    '  if [ -z "$real" ] && [ -f "$folder/$name" ] && [ -x "$folder/$name" ] && [ ! "$folder/$name" -ef "$0" ]; then',
    '    real="$folder/$name"',
    '  fi',
    'done',
    'unset IFS',
    'if [ -z "$real" ]; then',
    `  printf 'gatehouse: %s is not on the PATH, but for its shim: %s\\n' "$name" "$0" >&2`,
    '  exit 127',
    'fi',
    'if [ ! -x "$node" ] || [ ! -f "$program" ]; then',
    `  printf 'gatehouse: %s was not started, since Gatehouse is not where it was: %s %s\\n' "$name" "$node" "$program" >&2`,
    `  printf 'gatehouse: Run its setup again from where it is now, or \`rm %s\`.\\n' "$0" >&2`,
    `  printf 'gatehouse: Without walls, on purpose: %s\\n' "$real" >&2`,
    '  exit 125',
    'fi',
    ...kept,
    'PATH=$rest',
    `${shimVariable}=$real`,
    `export PATH ${shimVariable}`,
    'exec "$node" "$program" run -- "$real" "$@"',
  ].join('\n')}\n`;
}

/** What a shim says of itself; undefined for any other text. */
export function parseShim(text: string): Pick<ShimParts, 'command' | 'node' | 'program'> | undefined {
  const lines = text.split('\n');
  if (!/^# gatehouse-shim \d+$/u.test(lines[1] ?? '')) return undefined;
  const value = (name: string) => {
    const line = lines.find((each) => each.startsWith(`${name}='`));
    return line === undefined ? undefined : unquote(line.slice(name.length + 1));
  };
  const [command, node, program] = [value('name'), value('node'), value('program')];
  return command === undefined || node === undefined || program === undefined ? undefined : { command, node, program };
}

/** One word for any shell: in single quotes, with its own written as `'\''`. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function unquote(text: string): string {
  return text.slice(1, -1).replaceAll("'\\''", "'");
}

function oneLine(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/gu, '?');
}

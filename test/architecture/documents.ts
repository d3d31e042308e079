import type { Fault, SourceText } from './source-tree.ts';

/** Folders whose own folders ARCHITECTURE.md explains one by one. */
const explained = ['', 'main/', 'preload/', 'renderer/', 'resources/', 'main/core/', 'main/adapters/'];

/** Folders of the tree that deserve a row, each with a slash at its end. */
export function listExplainedFolders(paths: readonly string[]): string[] {
  const folders = paths.flatMap((file) =>
    explained
      .filter((parent) => file.startsWith(parent) && file.slice(parent.length).includes('/'))
      .map((parent) => `${parent}${file.slice(parent.length).split('/')[0] ?? ''}/`),
  );
  return [...new Set(folders)].sort();
}

/** What the first column of a Markdown table names in backticks. */
export function listTableKeys(document: SourceText): string[] {
  return [...document.text.matchAll(/^\| `(?<key>[^`]+)` \|/gmu)].map((match) => match.groups?.['key'] ?? '').sort();
}

/** Compares a table's first column with what it should name. */
export function findTableFaults(document: SourceText, wanted: readonly string[]): Fault[] {
  const named = listTableKeys(document);
  return [
    ...wanted.filter((key) => !named.includes(key)).map((key) => `${document.path} has no row for ${key}`),
    ...named
      .filter((key) => !wanted.includes(key))
      .map((key) => `${document.path} has a row for ${key}, which is not there`),
  ];
}

/** What can be typed: npm scripts, and commands of the CLI. */
export interface Commands {
  readonly scripts: readonly string[];
  readonly gatehouse: readonly string[];
}

/** Finds commands in code, in blocks or in backticks, that do not exist. */
export function findCommandFaults(document: SourceText, commands: Commands): Fault[] {
  const code = [...document.text.matchAll(/```(?:sh|console)\n(?<code>[\s\S]*?)```|`(?<code>[^`\n]+)`/gu)]
    .map((match) => match.groups?.['code'] ?? '')
    .join('\n');
  const scripts = [...code.matchAll(/\bnpm (?:run (?:-s )?(?<name>[a-z0-9:]+)|(?<name>start|test))/gu)];
  const words = [...code.matchAll(/\bgatehouse (?:-- )?(?<name>[a-z]+)/gu)];
  const nameOf = (match: RegExpMatchArray) => match.groups?.['name'] ?? '';
  return [
    ...scripts
      .map(nameOf)
      .filter((name) => !commands.scripts.includes(name))
      .map((name) => `${document.path}: there is no npm script ${name}`),
    ...words
      .map(nameOf)
      .filter((name) => !commands.gatehouse.includes(name))
      .map((name) => `${document.path}: there is no command gatehouse ${name}`),
  ];
}

/** Names of the commands and subcommands that the CLI's sources register. */
export function listCommands(sources: readonly SourceText[]): string[] {
  return sources.flatMap(({ text }) =>
    [
      ...text.matchAll(/(?:\.(?:command|helpCommand)\(|addOnSessions\(program, terminal, report, )'(?<name>[a-z-]+)/gu),
    ].map((match) => match.groups?.['name'] ?? ''),
  );
}

/** Finds relative links of a Markdown document that lead nowhere. */
export function findLinkFaults(document: SourceText, paths: readonly string[]): Fault[] {
  const links = [...document.text.matchAll(/\]\((?<target>[^)#\s]+)[^)]*\)/gu)].map(
    (match) => match.groups?.['target'] ?? '',
  );
  return links
    .filter((target) => !/^[a-z]+:/u.test(target))
    .filter((target) => !paths.includes(resolveLink(document.path, target)))
    .map((target) => `${document.path} links to ${target}, which is not there`);
}

function resolveLink(from: string, target: string): string {
  return new URL(target, `file:///${from}`).pathname.slice(1);
}

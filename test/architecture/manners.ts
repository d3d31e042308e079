import type { Fault, SourceText } from './source-tree.ts';
import { isNode, parseSource } from './syntax.ts';

/** What may lie at the top level: the customer's folders, and files that tools or readers look for there. */
const topLevel = new Set([
  '.ci',
  'docs',
  'main',
  'preload',
  'renderer',
  'resources',
  'test',
  '.editorconfig',
  '.gitattributes',
  '.gitignore',
  '.npmrc',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'SECURITY.md',
  'biome.json',
  'electron-builder.yml',
  'package-lock.json',
  'package.json',
  'tsconfig.contract.json',
  'tsconfig.json',
  'vitest.config.ts',
]);

const kebabFile = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|d))?\.[a-z0-9]+$/u;
const kebabFolder = /^\.?[a-z0-9]+(?:-[a-z0-9]+)*$/u;
/** Names that say nothing about what is inside. */
const emptyNames = /^(?:utils?|helpers?|common|misc|shared|lib|index|[a-z-]*manager)$/u;

/** Above this a file needs a reason; nothing is longer than `linesMax`. */
export const linesUsual = 400;
export const linesMax = 450;

/** Finds what lies at the top level and should not. */
export function findTopLevelFaults(paths: readonly string[]): Fault[] {
  const names = new Set(paths.map((file) => file.split('/')[0] ?? ''));
  return [...names].filter((name) => !topLevel.has(name)).map((name) => `${name} does not belong at the top level`);
}

/** Finds file and folder names that are not kebab-case or say nothing. Fixtures imitate the world and are left out. */
export function findNameFaults(paths: readonly string[]): Fault[] {
  const ours = paths.filter((file) => file.includes('/') && !file.startsWith('test/fixtures/'));
  return ours.flatMap((file) => {
    const folders = file.split('/');
    const name = folders.pop() ?? '';
    const faults: Fault[] = [];
    if (!/^(?:README\.md|run|[A-Z]?[a-z]*\.cedarschema)$/u.test(name) && !kebabFile.test(name)) {
      faults.push(`${file}: the file name is not kebab-case`);
    }
    if (folders.some((folder) => !kebabFolder.test(folder))) faults.push(`${file}: a folder name is not kebab-case`);
    const words = [...folders, name.split('.')[0] ?? ''];
    const allowed = file.startsWith('test/helpers/') ? ['helpers'] : [];
    for (const word of words.filter((one) => emptyNames.test(one) && !allowed.includes(one))) {
      faults.push(`${file}: "${word}" says nothing about what is inside`);
    }
    return faults;
  });
}

/** Finds default exports, in whichever form. Tools that demand one are named by the caller. */
export function findDefaultExports(source: SourceText): Fault[] {
  const program = parseSource(source);
  const body = Array.isArray(program['body']) ? program['body'].filter(isNode) : [];
  const exportsDefault = body.some((node) => {
    if (node.type === 'ExportDefaultDeclaration') return true;
    const specifiers = node.type === 'ExportNamedDeclaration' ? node['specifiers'] : [];
    return (
      Array.isArray(specifiers) &&
      specifiers.some((one) => isNode(one) && isNode(one['exported']) && one['exported']['name'] === 'default')
    );
  });
  return exportsDefault ? [`${source.path} has a default export`] : [];
}

/** Finds files that are too long. `reasons` names the files between `linesUsual` and `linesMax` and why they are whole. */
export function findLengthFaults(source: SourceText, reasons: Readonly<Record<string, string>>): Fault[] {
  const lines = source.text.split('\n').length - 1;
  if (lines > linesMax) return [`${source.path} has ${lines} lines; no file has more than ${linesMax}`];
  if (lines > linesUsual && reasons[source.path] === undefined) {
    return [
      `${source.path} has ${lines} lines: what is it really about? (Above ${linesUsual} it needs a reason here.)`,
    ];
  }
  return [];
}

/** Package registries, spelled so that this file does not name them. */
const registries = [
  ['registry', 'npmjs', 'org'],
  ['npmjs', 'com'],
  ['registry', 'yarnpkg', 'com'],
  ['pypi', 'org'],
  ['pythonhosted', 'org'],
  ['crates', 'io'],
  ['rubygems', 'org'],
  ['proxy', 'golang', 'org'],
  ['repo1', 'maven', 'org'],
  ['deb', 'debian', 'org'],
].map((parts) => parts.join('.'));

/**
 * Finds names of package registries' hosts, which are read from the person's own configuration at run time, and
 * `ownPlaces`: paths of the machine the file was written on.
 */
export function findForeignNames(source: SourceText, ownPlaces: readonly string[]): Fault[] {
  const places = ownPlaces.filter((place) => place.split('/').length > 2);
  return source.text.split('\n').flatMap((line, index) => {
    const registry = registries.find((host) => new RegExp(`(?<![\\w-])${literally(host)}(?![\\w-])`, 'u').test(line));
    const place = places.find((one) => new RegExp(`(?<![\\w.~-])${literally(one)}`, 'u').test(line));
    const at = `${source.path}:${index + 1}`;
    return [
      ...(registry === undefined ? [] : [`${at} names a package registry's host`]),
      ...(place === undefined ? [] : [`${at} names a path of one machine: ${place}`]),
    ];
  });
}

/** Escapes what a regular expression would take for more than itself. */
function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&');
}

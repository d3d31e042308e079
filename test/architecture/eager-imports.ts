import path from 'node:path';
import type { SourceText } from './source-tree.ts';
import { childrenOf, isNode, literalText, parseSource, type SyntaxNode } from './syntax.ts';

/** Every package and builtin that is loaded before the first line of `entry` runs, with the files that lead there. */
export function findEagerPackages(
  entry: string,
  read: (file: string) => SourceText,
): ReadonlyMap<string, readonly string[]> {
  const ways = new Map<string, readonly string[]>([[entry, [entry]]]);
  const found = new Map<string, readonly string[]>();
  for (const [file, way] of ways) {
    for (const specifier of eagerImports(read(file))) {
      const target = fileOf(specifier, file);
      if (target === undefined) found.set(specifier, found.get(specifier) ?? way);
      else if (!ways.has(target)) ways.set(target, [...way, target]);
    }
  }
  return found;
}

/** What a module loads by being loaded: neither types nor `import()`. */
function eagerImports(source: SourceText): string[] {
  return childrenOf(parseSource(source)).flatMap((node) => {
    const from = isNode(node['source']) ? literalText(node['source']) : undefined;
    return from === undefined || isOfTypes(node) ? [] : [from];
  });
}

function isOfTypes(node: SyntaxNode): boolean {
  if (node['importKind'] === 'type' || node['exportKind'] === 'type') return true;
  const names = Array.isArray(node['specifiers']) ? node['specifiers'].filter(isNode) : [];
  return names.length > 0 && names.every((name) => name['importKind'] === 'type' || name['exportKind'] === 'type');
}

function fileOf(specifier: string, from: string): string | undefined {
  if (specifier.startsWith('#contract/')) return specifier.replace('#contract/', 'preload/contract/');
  return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(from), specifier) : undefined;
}

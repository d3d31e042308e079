import { parseAst } from 'rolldown/parseAst';
import type { SourceText } from './source-tree.ts';

/** A node of the syntax tree (ESTree with TypeScript's nodes), seen without knowing which. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

/** One import, export-from, `import()` or `import('…')` type. */
export interface ImportFact {
  readonly specifier: string;
  readonly line: number;
  /** Names imported, as the other module calls them; empty for a whole module. */
  readonly names: readonly string[];
}

/** Parses a TypeScript or JavaScript module. Throws on a syntax error. */
export function parseSource(source: SourceText): SyntaxNode {
  const [, lang = 'js'] = /\.(tsx?)$/u.exec(source.path) ?? [];
  const program: unknown = parseAst(source.text, { lang: lang === 'js' || lang === 'ts' ? lang : 'tsx' }, source.path);
  if (!isNode(program)) throw new Error(`${source.path} could not be parsed`);
  return program;
}

/** Every import of a module, type imports included. A specifier that is no literal is reported as `(computed)`. */
export function findImports(source: SourceText): ImportFact[] {
  const found: ImportFact[] = [];
  visit(parseSource(source), (node) => {
    const isImport =
      node.type === 'ImportDeclaration' ||
      node.type === 'ImportExpression' ||
      node.type === 'TSImportType' ||
      ((node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration') && isNode(node['source']));
    if (isImport) {
      const specifier = literalText(node['source']) ?? '(computed)';
      found.push({ specifier, line: lineOf(source, node), names: importedNames(node) });
    }
  });
  return found;
}

/** Calls `see` for every node, parents first. When it returns false the node's children are left out. */
export function visit(node: SyntaxNode, see: (node: SyntaxNode) => unknown): void {
  if (see(node) === false) return;
  for (const child of childrenOf(node)) visit(child, see);
}

/** Direct children, in order. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  return Object.values(node).flatMap((value) => (Array.isArray(value) ? value : [value]).filter(isNode));
}

/** The line a node begins on, from 1. */
export function lineOf(source: SourceText, node: SyntaxNode): number {
  return source.text.slice(0, node.start).split('\n').length;
}

/** The text of a string literal or of a template without its expressions; undefined for anything else. */
export function literalText(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === 'Literal' && typeof value['value'] === 'string') return value['value'];
  if (value.type === 'TSLiteralType') return literalText(value['literal']);
  return undefined;
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function importedNames(node: SyntaxNode): string[] {
  const specifiers = Array.isArray(node['specifiers']) ? node['specifiers'].filter(isNode) : [];
  return specifiers.flatMap((specifier) => {
    if (specifier.type === 'ImportDefaultSpecifier') return ['default'];
    const imported = specifier['imported'] ?? specifier['local'];
    const isNamed = specifier.type === 'ImportSpecifier' || specifier.type === 'ExportSpecifier';
    return isNamed && isNode(imported) && typeof imported['name'] === 'string' ? [imported['name']] : ['*'];
  });
}

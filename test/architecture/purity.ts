import type { Fault, SourceText } from './source-tree.ts';
import { childrenOf, isNode, lineOf, parseSource, type SyntaxNode } from './syntax.ts';

/** Globals that reach the world, the time or chance. Core gets all three through its arguments. */
const impureGlobals = new Set([
  'process',
  'console',
  'fetch',
  'performance',
  'crypto',
  'globalThis',
  'require',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'WebSocket',
  'eval',
  'Function',
]);

/** Finds what makes a module of the core impure: clock, chance, timers, process, network, console. */
export function findImpurities(source: SourceText): Fault[] {
  const faults: Fault[] = [];
  const object = (node: SyntaxNode, what: string) =>
    faults.push(`${source.path}:${lineOf(source, node)} uses ${what}: core is pure`);
  const look = (node: SyntaxNode): void => {
    const what = impurityOf(node);
    if (what !== undefined) object(node, what);
    for (const child of referencesIn(node)) look(child);
  };
  look(parseSource(source));
  return faults;
}

function impurityOf(node: SyntaxNode): string | undefined {
  if (node.type === 'Identifier' && typeof node['name'] === 'string' && impureGlobals.has(node['name'])) {
    return node['name'];
  }
  if (node.type === 'MemberExpression') {
    const text = `${nameOf(node['object'])}.${nameOf(node['property'])}`;
    if (text === 'Date.now' || text === 'Math.random') return text;
  }
  // With an argument a Date is computed from that argument; without, it is the clock.
  const isCallOfDate = nameOf(node['callee']) === 'Date';
  if (node.type === 'CallExpression' && isCallOfDate) return 'Date()';
  const argumentsOf = node['arguments'];
  if (node.type === 'NewExpression' && isCallOfDate && Array.isArray(argumentsOf) && argumentsOf.length === 0) {
    return 'new Date()';
  }
  return undefined;
}

/** Children in which a name stands for a value: types, property names and import names are left out. */
function referencesIn(node: SyntaxNode): SyntaxNode[] {
  if (/^(?:Import|ExportAll)/u.test(node.type)) return [];
  if (node.type.startsWith('TS')) return isNode(node['expression']) ? [node['expression']] : [];
  const isNamed = /^(?:MemberExpression|Property|MethodDefinition|PropertyDefinition)$/u.test(node.type);
  const nameField = isNamed && node['computed'] !== true ? (node.type === 'MemberExpression' ? 'property' : 'key') : '';
  return childrenOf(node).filter((child) => child !== node[nameField]);
}

function nameOf(value: unknown): string {
  return isNode(value) && typeof value['name'] === 'string' ? value['name'] : '';
}

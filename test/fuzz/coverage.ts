import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { childrenOf, isNode, parseSource, type SyntaxNode } from '../architecture/syntax.ts';

/** How far one file was reached, in blocks: function bodies, branches, loops, and what follows `&&`, `||`, `??` and `?`. */
export interface FileCoverage {
  readonly file: string;
  readonly blocks: number;
  readonly reached: number;
  /** Lines at which a block begins that nothing reached. */
  readonly missed: readonly number[];
}

/** A place in a file at which a count stands. */
interface Block {
  readonly file: string;
  readonly line: number;
}

/** Blocks of all files together at most. */
const blocksMax = 20_000;
/** The name under which counted code finds its counters. */
const countersName = 'fuzzedBlocks';

/**
 * Counts how often each block of some files ran. The files are rewritten as Node loads them, so import them after `start`.
 *
 * V8's own block coverage would need no rewriting, but slows down the libraries as well, and handing it over costs as much as
 * dozens of inputs.
 */
export class Coverage {
  readonly #counters = new Uint32Array(blocksMax);
  /** For each block, which magnitudes of its count some input had. */
  readonly #seen = new Uint32Array(blocksMax);
  readonly #blocks: Block[] = [];
  #hooks: ReturnType<typeof registerHooks> | undefined;

  /** From now on these files, named from `root`, are counted when they are imported. */
  start(root: string, files: readonly string[]): void {
    Object.assign(globalThis, { [countersName]: this.#counters });
    const byUrl = new Map(files.map((file) => [pathToFileURL(path.join(root, file)).href, path.join(root, file)]));
    const names = new Map(files.map((file) => [path.join(root, file), file]));
    this.#hooks = registerHooks({
      load: (url, context, next) => {
        const full = byUrl.get(url);
        if (full === undefined) return next(url, context);
        return { format: 'module', source: this.#rewrite(full, names.get(full) ?? full), shortCircuit: true };
      },
    });
  }

  /** Forgets what ran since the last look. */
  reset(): void {
    this.#counters.fill(0);
  }

  /** Whether what ran since `reset` reached a block for the first time, or much oftener or seldomer than before. */
  look(): boolean {
    let fresh = false;
    for (let at = 0; at < this.#blocks.length; at += 1) {
      const count = this.#counters[at] ?? 0;
      if (count === 0) continue;
      const magnitude = 1 << Math.min(8, 32 - Math.clz32(count));
      if (((this.#seen[at] ?? 0) & magnitude) !== 0) continue;
      this.#seen[at] = (this.#seen[at] ?? 0) | magnitude;
      fresh = true;
    }
    return fresh;
  }

  /** How far every file was reached so far. */
  report(): FileCoverage[] {
    const files = [...new Set(this.#blocks.map(({ file }) => file))];
    return files.map((file) => {
      const own = [...this.#blocks.entries()].filter(([, block]) => block.file === file);
      const missed = own.filter(([at]) => this.#seen[at] === 0).map(([, { line }]) => line);
      return { file, blocks: own.length, reached: own.length - missed.length, missed: [...new Set(missed)] };
    });
  }

  /** Files imported from now on are as they are. */
  stop(): void {
    this.#hooks?.deregister();
  }

  #rewrite(full: string, file: string): string {
    const text = stripTypeScriptTypes(readFileSync(full, 'utf8'), { mode: 'strip' });
    const insertions: { readonly at: number; readonly text: string; readonly opens: boolean }[] = [];
    const count = (at: number): string => {
      this.#blocks.push({ file, line: text.slice(0, at).split('\n').length });
      return `__blocks[${this.#blocks.length - 1}]++`;
    };
    const wrap = (node: SyntaxNode, before: string, after: string) => {
      insertions.push({ at: node.start, text: before, opens: true }, { at: endOf(node), text: after, opens: false });
    };
    const visit = (node: SyntaxNode): void => {
      for (const { part, kind } of partsOf(node)) {
        if (kind === 'block') insertions.push({ at: part.start + 1, text: `${count(part.start)};`, opens: true });
        else if (kind === 'statement') wrap(part, `{${count(part.start)};`, '}');
        else wrap(part, `(${count(part.start)},`, ')');
      }
      for (const child of childrenOf(node)) visit(child);
    };
    visit(parseSource({ path: `${file}.mjs`, text }));
    // From the end on, so that earlier places stay where they are; what opens later lies inside what opened before.
    const ordered = [...insertions.entries()].sort(([i, a], [j, b]) => b.at - a.at || order(a.opens, b.opens, i, j));
    const made = ordered.reduce((code, [, { at, text: piece }]) => code.slice(0, at) + piece + code.slice(at), text);
    return `const __blocks = globalThis.${countersName};${made}`;
  }
}

/** At one place, what closes comes before what opens; what was found first opens first, and closes last. */
function order(opensA: boolean, opensB: boolean, i: number, j: number): number {
  if (opensA !== opensB) return opensA ? -1 : 1;
  return opensA ? j - i : i - j;
}

function endOf(node: SyntaxNode): number {
  const { end } = node;
  if (typeof end !== 'number') throw new TypeError(`${node.type} has no end`);
  return end;
}

interface Part {
  readonly part: SyntaxNode;
  readonly kind: 'block' | 'statement' | 'expression';
}

/** The parts of a node that run or do not, depending. */
function partsOf(node: SyntaxNode): Part[] {
  const names: Readonly<Record<string, readonly string[]>> = {
    FunctionDeclaration: ['body'],
    FunctionExpression: ['body'],
    ArrowFunctionExpression: ['body'],
    IfStatement: ['consequent', 'alternate'],
    ForStatement: ['body'],
    ForOfStatement: ['body'],
    ForInStatement: ['body'],
    WhileStatement: ['body'],
    CatchClause: ['body'],
    ConditionalExpression: ['consequent', 'alternate'],
    LogicalExpression: ['right'],
  };
  return (names[node.type] ?? []).flatMap((name): Part[] => {
    const part = node[name];
    if (!isNode(part)) return [];
    if (part.type === 'BlockStatement') return [{ part, kind: 'block' }];
    const isExpression = /Expression$/u.test(node.type);
    return [{ part, kind: isExpression ? 'expression' : 'statement' }];
  });
}

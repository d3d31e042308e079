import type { Requirement } from '../requirements.ts';
import type { Fault, SourceText } from './source-tree.ts';
import { parseSource, visit } from './syntax.ts';

/** One `[ID]` in a string of a test file. Comments do not count: only what names a test proves anything. */
export interface Citation {
  readonly id: string;
  readonly path: string;
}

const citedId = /\[(?<id>[A-Z]{3}(?:-\d+)?)\]/gu;

/** Every citation in a test file, from its string literals and templates. */
export function findCitations(source: SourceText): Citation[] {
  const found: Citation[] = [];
  visit(parseSource(source), (node) => {
    const value = node.type === 'Literal' ? node['value'] : node.type === 'TemplateElement' ? node['value'] : undefined;
    const text = typeof value === 'string' ? value : rawText(value);
    for (const match of text.matchAll(citedId)) found.push({ id: match.groups?.['id'] ?? '', path: source.path });
  });
  return found;
}

/** Compares the list of requirements with what the tests cite. */
export function findRequirementFaults(
  requirements: readonly Requirement[],
  securityIds: readonly string[],
  citations: readonly Citation[],
): Fault[] {
  const known = new Set(requirements.map(({ id }) => id));
  const unknown = citations.filter(({ id }) => !known.has(id));
  const isSecurity = (id: string) => securityIds.some((one) => id === one || id.startsWith(`${one}-`));
  return [
    ...unknown.map(({ id, path }) => `${path} cites ${id}, which is no requirement`),
    ...requirements.flatMap(({ id, state, missing }): Fault[] => {
      if ((state === 'partial') !== (missing !== undefined))
        return [`${id}: say what is missing exactly when it is partial`];
      if (state === 'open') return [];
      const paths = citations.filter((citation) => citation.id === id).map(({ path }) => path);
      if (paths.length === 0) return [`${id} is marked ${state}, but no test cites it`];
      if (isSecurity(id) && !paths.some((path) => /^test\/(?:escape|e2e)\//u.test(path))) {
        return [`${id} is marked ${state} and keeps the agent inside, but no escape or end-to-end test cites it`];
      }
      return [];
    }),
  ];
}

function rawText(value: unknown): string {
  return typeof value === 'object' && value !== null && 'raw' in value && typeof value.raw === 'string'
    ? value.raw
    : '';
}

import { expect, test } from 'vitest';
import { type Requirement, requirements, securityIds } from '../requirements.ts';
import { findCitations, findRequirementFaults } from './citations.ts';
import { readTree } from './source-tree.ts';

test('every requirement marked done or partial is proven by a test that cites it', () => {
  const citations = readTree(/^test\/(?:unit|integration|escape|e2e)\/.*\.test\.ts$/u).flatMap(findCitations);
  expect(findRequirementFaults(requirements, securityIds, citations)).toEqual([]);
});

test('every id is there once', () => {
  const ids = requirements.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)]);
});

const done: Requirement = { id: 'RUN-1', text: 'runs', milestone: 1, state: 'done' };
const security: Requirement = { id: 'GRT-1', text: 'denies', milestone: 1, state: 'done' };

test.each<[string, Requirement, { id: string; path: string }[]]>([
  ['nothing cites it', done, []],
  ['an unknown id', { ...done, state: 'open' }, [{ id: 'RUN-99', path: 'test/unit/a.test.ts' }]],
  ['a security id with a unit test only', security, [{ id: 'GRT-1', path: 'test/unit/a.test.ts' }]],
  ['partial without what is missing', { ...done, state: 'partial' }, [{ id: 'RUN-1', path: 'test/unit/a.test.ts' }]],
])('the gate notices: %s', (_what, requirement, citations) => {
  expect(findRequirementFaults([requirement], ['GRT'], citations)).toHaveLength(1);
});

test.each<[string, Requirement, { id: string; path: string }[]]>([
  ['an open one', { ...done, state: 'open' }, []],
  ['a cited one', done, [{ id: 'RUN-1', path: 'test/unit/a.test.ts' }]],
  ['a security id with an escape test', security, [{ id: 'GRT-1', path: 'test/escape/a.test.ts' }]],
])('the gate lets pass: %s', (_what, requirement, citations) => {
  expect(findRequirementFaults([requirement], ['GRT'], citations)).toEqual([]);
});

test('citations come from titles, templates and tables, not from comments', () => {
  const id = (number: number) => `[${'RUN'}-${number}]`;
  const text = `// ${id(1)}\ntest('${id(2)} runs', f); test.each([['${id(3)} stops']])('%s', f); test(\`${id(4)} \${x}\`, f);`;
  const cited = findCitations({ path: 'test/unit/a.test.ts', text }).map((citation) => citation.id);
  expect(cited).toEqual(['RUN-2', 'RUN-3', 'RUN-4']);
});

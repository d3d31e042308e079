import { expect, test } from 'vitest';
import {
  findDefaultExports,
  findForeignNames,
  findLengthFaults,
  findNameFaults,
  findTopLevelFaults,
  linesMax,
  linesUsual,
} from './manners.ts';
import { listTree, readTree, root } from './source-tree.ts';

/** Files above the usual length, and why they are one thing. */
const longFiles: Readonly<Record<string, string>> = {};

/** Places of the machine a file may have been written on. Split, so that this file does not name them. */
const ownPlaces = [root, ['', 'work', ''].join('/')];

const code = /^(?!test\/fixtures\/).*\.(?:tsx?|mjs|c|h)$/u;
const text = /\.(?:tsx?|mjs|js|json|md|c|h|sh|yml|cedar|cedarschema|py)$|^\.ci\/run$|^\.npmrc$/u;

test('only what belongs there lies at the top level', () => {
  expect(findTopLevelFaults(listTree())).toEqual([]);
});

test('files and folders are named for what is inside', () => {
  expect(findNameFaults(listTree())).toEqual([]);
});

test('nothing is exported as default, but where a tool demands it', () => {
  const sources = readTree(/^(?!test\/fixtures\/).*\.(?:tsx?|mjs)$/u).filter(({ path }) => path !== 'vitest.config.ts');
  expect(sources.flatMap(findDefaultExports)).toEqual([]);
});

test('files stay short', () => {
  expect(readTree(code).flatMap((source) => findLengthFaults(source, longFiles))).toEqual([]);
});

test('no file names a package registry or a path of one machine', () => {
  expect(readTree(text).flatMap((source) => findForeignNames(source, ownPlaces))).toEqual([]);
});

test.each(['scripts/x.ts', 'notes.md'])('the check notices at the top level: %s', (file) => {
  expect(findTopLevelFaults([file])).toHaveLength(1);
});

test.each([
  'main/core/policy/PolicyEngine.ts',
  'main/core/policy_engine/load.ts',
  'main/core/policy/utils.ts',
  'main/core/policy/index.ts',
  'main/core/common/hosts.ts',
  'main/supervisor/session-manager.ts',
  'test/unit/helpers/x.ts',
])('the check of names notices: %s', (file) => {
  expect(findNameFaults([file])).toHaveLength(1);
});

test.each([
  'main/core/policy/load-policies.ts',
  'test/unit/policy/load-policies.test.ts',
  'test/helpers/poll.ts',
  'docs/adr/0001-cedar-decides.md',
  'test/fixtures/Odd_Name/index.JS',
])('the check of names lets pass: %s', (file) => {
  expect(findNameFaults([file])).toEqual([]);
});

test.each(['export default 3;', 'const a = 1; export { a as default };', "export { default } from './x.ts';"])(
  'the check of exports notices: %s',
  (source) => {
    expect(findDefaultExports({ path: 'a.ts', text: source })).toHaveLength(1);
  },
);

test('the check of lengths notices, and takes a reason only up to the end', () => {
  const lines = (count: number) => ({ path: 'a.ts', text: 'x\n'.repeat(count) });
  expect(findLengthFaults(lines(linesUsual), {})).toEqual([]);
  expect(findLengthFaults(lines(linesUsual + 1), {})).toHaveLength(1);
  expect(findLengthFaults(lines(linesUsual + 1), { 'a.ts': 'one table' })).toEqual([]);
  expect(findLengthFaults(lines(linesMax + 1), { 'a.ts': 'one table' })).toHaveLength(1);
});

test('the check of foreign names notices', () => {
  const registry = ['registry', 'npmjs', 'org'].join('.');
  const of = (line: string) => findForeignNames({ path: 'a.ts', text: line }, ['/srv/checkout', '/place/']);
  expect(of(`const url = 'https://${registry}/x';`)).toHaveLength(1);
  expect(of("const file = '/srv/checkout/main/x.ts';")).toHaveLength(1);
  expect(of("run('/place/x')")).toHaveLength(1);
  expect(of("const file = '/home/ada/place/x'; const host = 'not-crates.iodine';")).toEqual([]);
});

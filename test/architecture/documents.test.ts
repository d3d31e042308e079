import { expect, test } from 'vitest';
import { z } from 'zod';
import { findCommandFaults, findLinkFaults, findTableFaults, listCommands, listExplainedFolders } from './documents.ts';
import { listTree, readSource, readTree } from './source-tree.ts';

const names = z.record(z.string(), z.string());
const manifest = z
  .object({ dependencies: names, devDependencies: names, optionalDependencies: names, scripts: names })
  .parse(JSON.parse(readSource('package.json').text));
const documents = /^[^/]*\.md$|^docs\/.*\.md$/u;

test("ARCHITECTURE.md's table names exactly the folders there are", () => {
  expect(findTableFaults(readSource('ARCHITECTURE.md'), listExplainedFolders(listTree()))).toEqual([]);
});

test('every dependency has its line, and every line its dependency', () => {
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  const all = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  expect(findTableFaults(readSource('docs/dependencies.md'), all)).toEqual([]);
});

test('commands in the documents exist', () => {
  const commands = {
    scripts: Object.keys(manifest.scripts),
    gatehouse: listCommands(readTree(/^main\/cli\/.*\.ts$/u)),
  };
  expect(readTree(documents).flatMap((document) => findCommandFaults(document, commands))).toEqual([]);
});

test('links between documents lead somewhere', () => {
  const paths = listTree();
  expect(readTree(documents).flatMap((document) => findLinkFaults(document, paths))).toEqual([]);
});

const at = (text: string) => ({ path: 'docs/a.md', text });

test('the check of tables notices what is missing and what is too much', () => {
  expect(findTableFaults(at('| `a/` | job |\n| `b/` | job |'), ['a/', 'c/'])).toHaveLength(2);
  expect(findTableFaults(at('| `a/` | job |'), ['a/'])).toEqual([]);
});

test('folders are explained to the depth that a reader needs', () => {
  const paths = ['README.md', 'main/core/policy/a.ts', 'main/cli/parse/a.ts', 'test/unit/policy/a.test.ts'];
  expect(listExplainedFolders(paths)).toEqual(['main/', 'main/cli/', 'main/core/', 'main/core/policy/', 'test/']);
});

test.each([
  '`npm run nothing`',
  '```sh\nnpm run -s nothing\n```',
  '`gatehouse nothing`',
  '```sh\ngatehouse nothing --all\n```',
])('the check of commands notices: %s', (text) => {
  expect(findCommandFaults(at(text), { scripts: ['test'], gatehouse: ['run'] })).toHaveLength(1);
});

test.each(['`npm test`, and gatehouse nothing in prose', '`gatehouse run -- claude`', '`npm run -s test -- run`'])(
  'the check of commands lets pass: %s',
  (text) => {
    expect(findCommandFaults(at(text), { scripts: ['test'], gatehouse: ['run'] })).toEqual([]);
  },
);

test('the check of links notices', () => {
  expect(findLinkFaults(at('[x](../nothing.md)'), ['README.md'])).toHaveLength(1);
  expect(findLinkFaults(at('[x](../README.md#part), [y](https://example.org/)'), ['README.md'])).toEqual([]);
});

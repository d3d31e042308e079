import { expect, test } from 'vitest';
import { z } from 'zod';
import { findEagerPackages } from './eager-imports.ts';
import { type AdapterPair, findLayerFaults } from './layers.ts';
import { findImpurities } from './purity.ts';
import { readSource, readTree } from './source-tree.ts';

const packages = (() => {
  const names = z.record(z.string(), z.string());
  const manifest = z
    .object({ dependencies: names, devDependencies: names })
    .parse(JSON.parse(readSource('package.json').text));
  return { dependencies: Object.keys(manifest.dependencies), devDependencies: Object.keys(manifest.devDependencies) };
})();

/** Adapters that stand on another one, and why. */
const adapterPairs: readonly AdapterPair[] = [];

test('imports point inward, type imports included', () => {
  expect(findLayerFaults(readTree(/^(?:main|preload|renderer|test)\/.*\.tsx?$/u), packages, adapterPairs)).toEqual([]);
});

test('core has no clock, no chance, no process and no network', () => {
  expect(readTree(/^main\/core\/.*\.ts$/u).flatMap(findImpurities)).toEqual([]);
});

test('the contract computes nothing from outside either', () => {
  expect(readTree(/^preload\/contract\/.*\.ts$/u).flatMap(findImpurities)).toEqual([]);
});

test.each([
  ['core sees an adapter', 'main/core/policy/a.ts', "import { x } from '../../adapters/sqlite/x.ts';"],
  ['a type import counts', 'main/core/policy/a.ts', "import type { X } from '../../adapters/sqlite/x.ts';"],
  ['an import type counts', 'main/core/policy/a.ts', "type X = import('../../adapters/sqlite/x.ts').X;"],
  ['a lazy import counts', 'main/adapters/egress/a.ts', "await import('../../supervisor/x.ts');"],
  ['an export from counts', 'main/adapters/egress/a.ts', "export { x } from '../../cli/x.ts';"],
  ['the supervisor sees the cli', 'main/supervisor/a.ts', "import { x } from '../cli/x.ts';"],
  ['the cli sees the supervisor', 'main/cli/a.ts', "import { x } from '../supervisor/x.ts';"],
  ['an adapter leans on another', 'main/adapters/egress/a.ts', "import { x } from '../sqlite/x.ts';"],
  ['the product sees a test', 'main/cli/a.ts', "import { x } from '../../test/helpers/x.ts';"],
  ['the contract imports a package', 'preload/contract/a.ts', "import { x } from 'ipaddr.js';"],
  ['the contract imports core', 'preload/contract/a.ts', "import { x } from '../../main/core/x.ts';"],
  ['core reads files', 'main/core/policy/a.ts', "import { readFile } from 'node:fs/promises';"],
  ['core makes keys', 'main/core/policy/a.ts', "import { createHash, randomBytes } from 'node:crypto';"],
  ['core asks the platform', 'main/core/policy/a.ts', "import path from 'node:path';"],
  ['a package is not listed', 'main/cli/a.ts', "import chalk from 'chalk';"],
  ['the product uses a tool of development', 'main/cli/a.ts', "import { test } from 'vitest';"],
  ['the contract by its path', 'main/cli/a.ts', "import { x } from '../../preload/contract/x.ts';"],
  ['a page has Node', 'renderer/a.ts', "import { x } from 'node:fs';"],
  ['a page sees the shell', 'renderer/a.ts', "import { x } from '../main/electron/x.ts';"],
  ['the supervisor sees Electron', 'main/supervisor/a.ts', "import { app } from 'electron';"],
  ['no file ending', 'main/cli/a.ts', "import { x } from './x';"],
  ['a computed import', 'main/cli/a.ts', 'await import(name);'],
])('the check notices: %s', (_what, path, text) => {
  expect(findLayerFaults([{ path, text }], packages)).toHaveLength(1);
});

test.each([
  [
    'core uses its own',
    'main/core/policy/a.ts',
    "import { x } from '../network/x.ts'; import { posix } from 'node:path';",
  ],
  ['the supervisor uses adapters', 'main/supervisor/a.ts', "import { x } from '../adapters/sqlite/x.ts';"],
  ['an adapter uses Node', 'main/adapters/sqlite/a.ts', "import { x } from 'node:fs'; import D from 'better-sqlite3';"],
  [
    'a scoped package by a path inside',
    'main/core/policy/a.ts',
    "import { x } from '@cedar-policy/cedar-wasm/nodejs';",
  ],
  ['everyone uses the contract', 'main/cli/a.ts', "import { x } from '#contract/errors.ts';"],
])('the check lets pass: %s', (_what, path, text) => {
  expect(findLayerFaults([{ path, text }], packages)).toEqual([]);
});

test('a pair of adapters is allowed one way only', () => {
  const pairs = [{ from: 'egress', to: 'sqlite', reason: 'an example' }];
  const there = { path: 'main/adapters/egress/a.ts', text: "import { x } from '../sqlite/x.ts';" };
  const back = { path: 'main/adapters/sqlite/a.ts', text: "import { x } from '../egress/x.ts';" };
  expect(findLayerFaults([there], packages, pairs)).toEqual([]);
  expect(findLayerFaults([back], packages, pairs)).toHaveLength(1);
});

test.each([
  'const now = Date.now();',
  'const now = new Date();',
  'const now = Date();',
  'const chance = Math.random();',
  'const id = crypto.randomUUID();',
  'const home = process.env.HOME;',
  'setTimeout(() => {}, 10);',
  'await fetch(url);',
  "console.log('x');",
  'const f = () => ({ pid: process.pid });',
  'const clock = globalThis.Date;',
])('the check of purity notices: %s', (text) => {
  expect(findImpurities({ path: 'main/core/a.ts', text })).not.toEqual([]);
});

test.each([
  'const then = new Date(event.at);',
  'const text = { process: 1, console: 2 }.process;',
  'interface Process { readonly process: number; fetch(): void }',
  'const floor = Math.floor(1.5);',
  "import { process } from './process.ts';",
])('the check of purity lets pass: %s', (text) => {
  expect(findImpurities({ path: 'main/core/a.ts', text })).toEqual([]);
});

/** Each takes as long to load as everything else that a plain `gatehouse run` loads together. */
const heavy = ['zod', 'node:crypto', 'ink', 'react', 'better-sqlite3', '@cedar-policy/cedar-wasm/nodejs'];

test('the command line begins without what is heavy', () => {
  const eager = findEagerPackages('main/cli/gatehouse.ts', readSource);
  expect([...eager.keys()]).toContain('commander');
  expect(heavy.flatMap((name) => eager.get(name)?.join(' → ') ?? [])).toEqual([]);
});

test.each([
  ["import { z } from 'zod';", true],
  ["import './b.ts';", true],
  ["export { z } from './b.ts';", true],
  ["import type { z } from 'zod';", false],
  ["import { type z } from 'zod';", false],
  ["await import('zod');", false],
])('the check of what is heavy follows %s: %s', (text, follows) => {
  const read = (file: string) => ({ path: file, text: file === 'main/a.ts' ? text : "import 'zod';" });
  expect(findEagerPackages('main/a.ts', read).has('zod')).toBe(follows);
});

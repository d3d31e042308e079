// Shows that the escape tests need each guard: builds the product with one guard left out at a time, runs the escape
// tests against that build, and prints which of them turn red. A guard whose absence nobody notices is a failure.
//
//   npm run guards [-- GUARD...]
//
// A test claims guards by ending its title with `{guard, guard}`; each of those must turn it red. Only tests that claim a
// guard are run without it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { guardNames } from '../main/core/sandbox/guards.ts';
import { build } from './build.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !guardNames.includes(name));
if (unknown.length > 0) throw new Error(`no guard is called ${unknown.join(', ')}; there are ${guardNames.join(', ')}`);

const isRoot = process.getuid() === 0;
/** A session of an ordinary user runs under their own uid anyway. */
const rootOnly = ['foreign-uid'];
const scratch = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-guards-'));
const rows = [];
const problems = [];

try {
  await build({ out: 'dist', guardOff: '', force: false });
  const control = runEscapeTests('dist', wanted.length > 0 ? wanted : guardNames);
  for (const test of control.filter(({ state }) => state === 'failed')) {
    problems.push(`with every guard on, this fails: ${test.title}`);
  }
  for (const guard of wanted.length > 0 ? wanted : guardNames) {
    if (rootOnly.includes(guard) && !isRoot) {
      rows.push({ guard, red: [], note: 'only root needs it' });
      continue;
    }
    const out = `dist-guard-${guard}`;
    await build({ out, guardOff: guard, force: false });
    judge(guard, runEscapeTests(out, [guard]));
    rmSync(path.join(root, out), { recursive: true, force: true });
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

for (const { guard, red, note } of rows) {
  console.log(`\n${guard}: ${note ?? `${red.length} turn red`}`);
  for (const title of red) console.log(`    ${title}`);
}
for (const problem of problems) console.log(`\nPROBLEM ${problem}`);
console.log(`\n${rows.length} guards, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

function judge(guard, tests) {
  const red = tests.filter(({ state }) => state === 'failed').map(({ title }) => title);
  rows.push({ guard, red });
  if (red.length === 0) problems.push(`nothing notices that ${guard} is off`);
  const claims = tests.filter(({ title }) => claimedGuards(title).includes(guard)).map(({ title }) => title);
  for (const title of claims.filter((claim) => !red.includes(claim))) {
    problems.push(`this claims ${guard} and stays green without it: ${title}`);
  }
}

function claimedGuards(title) {
  const claim = /\{(?<guards>[a-z, -]+)\}$/u.exec(title);
  return claim === null ? [] : claim.groups.guards.split(',').map((name) => name.trim());
}

/** Runs the tests that claim any of the guards. */
function runEscapeTests(dist, guards) {
  const results = path.join(scratch, `${dist}.json`);
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      '.ci/test-stage.mjs',
      '--results',
      results,
      '--project',
      'escape',
      '--name',
      `\\{[^}]*(${guards.join('|')})[^}]*\\}$`,
    ],
    {
      cwd: root,
      env: { ...process.env, GATEHOUSE_TEST_DIST: dist },
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  try {
    return JSON.parse(readFileSync(results, 'utf8')).tests;
  } catch (cause) {
    process.stderr.write(stderr ?? '');
    throw new Error(`the escape tests against ${dist} ended with ${status} before they had results`, { cause });
  }
}

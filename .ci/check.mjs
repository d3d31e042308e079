// Everything CI runs, in the order in which it is cheapest to hear bad news.
//
//   npm run check           format, lint, types, build, every test
//   npm run check:static    format, lint, types
//   npm run check:fast      the same, with the unit and architecture tests, in seconds
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const bin = path.join(root, 'node_modules/.bin');

const steps = [
  {
    name: 'set up',
    command: [process.execPath, '.ci/bootstrap.mjs', 'setup', '--tests'],
    in: ['static', 'fast', 'all'],
  },
  {
    name: 'format and lint',
    command: [path.join(bin, 'biome'), 'check', '--error-on-warnings', '.'],
    in: ['static', 'fast', 'all'],
  },
  { name: 'types', command: [path.join(bin, 'tsc'), '-p', 'tsconfig.json'], in: ['static', 'fast', 'all'] },
  {
    name: 'types of the contract',
    command: [path.join(bin, 'tsc'), '-p', 'tsconfig.contract.json'],
    in: ['static', 'fast', 'all'],
  },
  {
    name: 'types of the pages',
    command: [path.join(bin, 'tsc'), '-p', 'renderer/tsconfig.json'],
    in: ['static', 'fast', 'all'],
  },
  {
    name: 'types of the approval page',
    command: [path.join(bin, 'tsc'), '-p', 'renderer/approval/tsconfig.json'],
    in: ['static', 'fast', 'all'],
  },
  {
    name: 'types of the tests that drive pages',
    command: [path.join(bin, 'tsc'), '-p', 'test/e2e/app/tsconfig.json'],
    in: ['static', 'fast', 'all'],
  },
  {
    name: 'build and quick tests',
    command: [process.execPath, '.ci/bootstrap.mjs', 'test', '--only', 'unit'],
    in: ['fast'],
  },
  { name: 'build and tests', command: [process.execPath, '.ci/bootstrap.mjs', 'test'], in: ['all'] },
];

const level = process.argv[2]?.replace(/^--/u, '') ?? 'all';
const failed = [];
for (const step of steps.filter((one) => one.in.includes(level))) {
  console.log(`check: ${step.name}`);
  const { status } = spawnSync(step.command[0], step.command.slice(1), { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed.push(step.name);
}
console.log(failed.length === 0 ? 'check: all is well' : `check: FAILED: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

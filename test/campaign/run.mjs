// Runs a campaign: `npm run campaign -- NAME [options]`. Starts the Node the product ships, whatever Node npm runs on, and a copy of
// the build, so that a campaign of an hour is not disturbed when somebody builds.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const node = path.join(root, 'node_modules/.bin/node');
const built = path.resolve(root, process.env.GATEHOUSE_TEST_DIST ?? 'dist');
for (const needed of [node, path.join(built, 'gatehouse.js')]) {
  if (existsSync(needed)) continue;
  console.error(`campaign: ${path.relative(root, needed)} is missing. Run \`npm run setup\` first.`);
  process.exit(1);
}
// Below the root, where the packages beside the bundles are found. The app's program is known by where it lies beside the build itself.
const copies = process.argv[2] !== 'screenshots';
const copy = copies ? path.join(root, '.cache/campaign', `dist-${process.pid}`) : built;
if (copies) {
  mkdirSync(path.dirname(copy), { recursive: true });
  cpSync(built, copy, { recursive: true });
}
const child = spawn(node, [path.join(root, 'test/campaign/main.ts'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, GATEHOUSE_TEST_DIST: copy },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('close', (status) => {
  if (copies) rmSync(copy, { recursive: true, force: true });
  process.exit(status ?? 1);
});

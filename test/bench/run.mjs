// Runs the bench: `npm run bench [-- NAME...]`. Starts the Node the product ships, whatever Node npm runs on.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const node = path.join(root, 'node_modules/.bin/node');
for (const needed of [node, path.join(root, 'dist/gatehouse.js')]) {
  if (existsSync(needed)) continue;
  console.error(`bench: ${path.relative(root, needed)} is missing. Run \`npm run setup\` first.`);
  process.exit(1);
}
const { status } = spawnSync(node, [path.join(root, 'test/bench/main.ts'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);

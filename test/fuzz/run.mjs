// Runs the fuzzer: `npm run fuzz -- [TARGET...] [--for 60s] [--runs N] [--seed N]`. Starts the Node the product ships, whatever Node npm runs on.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const node = path.join(root, 'node_modules/.bin/node');
if (!existsSync(node)) {
  console.error(`fuzz: ${path.relative(root, node)} is missing. Run \`npm run setup\` first.`);
  process.exit(1);
}
const child = spawn(node, [path.join(root, 'test/fuzz/main.ts'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('close', (status) => process.exit(status ?? 1));

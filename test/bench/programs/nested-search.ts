// Times the search for repositories below a workspace's top: `node test/bench/programs/nested-search.ts [FOLDER...]`. Without a folder,
// this repository and a tree of 20,000 entries that it makes for it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findNestedRepositories } from '../../../main/adapters/agents/nested-repositories.ts';

const rounds = 21;
/** Folders are remembered once they stood still for two seconds. */
const settleMs = 2_500;

function makeTree(): string {
  const top = mkdtempSync(path.join(tmpdir(), 'nested-search-'));
  for (let at = 0; at < 400; at += 1) {
    const folder = path.join(top, `group${at % 20}`, `part${at}`, 'src');
    mkdirSync(folder, { recursive: true });
    for (let file = 0; file < 47; file += 1) writeFileSync(path.join(folder, `file${file}`), '');
  }
  execFileSync('git', ['init', '-q', path.join(top, 'group3/part3/vendor')]);
  return top;
}

async function measure(folder: string): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const began = performance.now();
    await findNestedRepositories(folder);
    times.push(performance.now() - began);
  }
  const [first = 0, ...later] = times;
  const median = later.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
  const { gitFolders, gitFiles, complete } = await findNestedRepositories(folder);
  const found = `${gitFolders.length} Git folders, ${gitFiles.length} .git files${complete ? '' : ', not complete'}`;
  console.log(`${folder}: first ${first.toFixed(1)} ms, later ${median.toFixed(2)} ms; ${found}`);
}

const named = process.argv.slice(2).map((name) => path.resolve(name));
const made = named.length === 0 ? makeTree() : undefined;
const folders = made === undefined ? named : [path.resolve(import.meta.dirname, '../../..'), made];
try {
  await pause(settleMs);
  for (const folder of folders) await measure(folder);
} finally {
  if (made !== undefined) rmSync(made, { recursive: true });
}

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Coverage, type FileCoverage } from './coverage.ts';
import { fuzz } from './fuzz.ts';
import { runHarness } from './portcullis/run-harness.ts';
import { loadTarget, targetFiles, targetNames } from './targets.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
/** The one target that is written in C. */
const harnessName = 'portcullis';
const allNames = [...targetNames, harnessName];
const usage = `npm run fuzz -- [TARGET...] [--for 60s] [--runs N] [--seed N] [--blind] [--kept]
Targets: ${allNames.join(', ')}.`;

interface Options {
  readonly names: readonly string[];
  readonly forMs: number;
  readonly runs: number;
  readonly seed: number;
  /** Guided by outcomes alone, which is several times as fast. */
  readonly blind: boolean;
  readonly showKept: boolean;
}

function parseOptions(words: readonly string[]): Options {
  const names: string[] = [];
  const given = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--kept' || word === '--blind') given.set(word, '');
    else if (/^--(?:for|runs|seed)$/u.test(word)) {
      at += 1;
      given.set(word, words[at] ?? '');
    } else if (allNames.includes(word)) names.push(word);
    else throw new Error(`"${word}" is no target and no option.`);
  }
  const runs = given.has('--runs') ? numberOf(given.get('--runs')) : Number.MAX_SAFE_INTEGER;
  const defaultFor = given.has('--runs') ? Number.POSITIVE_INFINITY : 60_000;
  const forMs = given.has('--for') ? 1000 * numberOf(given.get('--for')?.replace(/s$/u, '')) : defaultFor;
  const seed = numberOf(given.get('--seed') ?? '1');
  return {
    names: names.length === 0 ? allNames : names,
    forMs,
    runs,
    seed,
    blind: given.has('--blind'),
    showKept: given.has('--kept'),
  };
}

function numberOf(text: string | undefined): number {
  if (text === undefined || !/^\d{1,12}$/u.test(text)) throw new Error(`"${text}" is not a number.`);
  return Number(text);
}

async function runOne(name: string, { forMs, runs, seed, blind, showKept }: Options): Promise<boolean> {
  const coverage = blind ? undefined : new Coverage();
  coverage?.start(root, targetFiles(name));
  const target = await loadTarget(name);
  const result = await fuzz(target, { seed, runs, forMs, ...(coverage !== undefined && { coverage }) });
  await target.close?.();
  coverage?.stop();
  const report = coverage?.report() ?? [];
  const share = (100 * sum(report, 'reached')) / sum(report, 'blocks');
  const reached = blind ? 'blind' : `${share.toFixed(1)} % of ${sum(report, 'blocks')} blocks reached`;
  console.log(
    `${name}: ${result.runs} inputs in ${result.seconds.toFixed(0)} s, seed ${seed}, ${result.outcomes} outcomes, ` +
      `${result.kept.length} kept, ${reached}, ${result.crashers.length} crashers`,
  );
  for (const { file, missed } of report)
    if (missed.length > 0) console.log(`  not reached ${file}:${missed.join(',')}`);
  if (showKept) for (const input of result.kept) console.log(`  kept ${JSON.stringify(input)}`);
  for (const { input, error } of result.crashers) console.log(`  CRASHER ${JSON.stringify(input)}\n    ${error}`);
  return result.crashers.length === 0;
}

async function runPortcullis({ forMs, runs, seed }: Options): Promise<boolean> {
  const seconds = Math.min(86_400, forMs / 1000);
  const result = await runHarness({ seed, inputs: runs, seconds, countLines: true });
  const { reached = 0, all = 0, missed = [] } = result.lines ?? {};
  console.log(
    `${harnessName}: ${result.inputs} inputs in ${result.seconds.toFixed(0)} s, seed ${seed}, ` +
      `${((100 * reached) / all).toFixed(1)} % of ${all} lines reached, ${result.failure === undefined ? 0 : 1} crashers`,
  );
  if (missed.length > 0) console.log(`  not reached ${missed.join(' ')}`);
  if (result.failure !== undefined) console.log(`  CRASHER ${result.failure}`);
  return result.failure === undefined;
}

function sum(report: readonly FileCoverage[], field: 'blocks' | 'reached'): number {
  return report.reduce((total, file) => total + file[field], 0);
}

let options: Options;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  console.error(`fuzz: ${error instanceof Error ? error.message : String(error)}\n${usage}`);
  process.exit(2);
}
/** Each target in a process of its own: files are counted only where they are loaded for the first time. */
function runApart(name: string): boolean {
  const given = process.argv.slice(2).filter((word) => !allNames.includes(word));
  const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), name, ...given], {
    stdio: 'inherit',
  });
  return status === 0;
}

let ok = true;
for (const name of options.names) {
  const one = name === harnessName ? runPortcullis : (given: Options) => runOne(name, given);
  const held = options.names.length > 1 ? runApart(name) : await one(options);
  ok &&= held;
}
process.exit(ok ? 0 : 1);

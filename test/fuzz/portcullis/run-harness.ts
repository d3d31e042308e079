import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = path.dirname(fileURLToPath(import.meta.url));
const program = path.resolve(folder, '../../../main/adapters/sandbox/linux/portcullis');

/** What of portcullis the harness can reach without a kernel's help: these functions count for its coverage. */
const parsers: Readonly<Record<string, readonly string[]>> = {
  'config.c': [],
  'connection.c': [],
  'stage.c': ['parse_stages', 'create_mount_point'],
  'hold.c': ['report', 'refuse', 'learn_init', 'hear_complaint', 'hear_init'],
};

/** What came of a run of the harness. `failure` holds the sanitizer's or the harness's own report. */
export interface HarnessResult {
  readonly inputs: number;
  readonly seconds: number;
  readonly failure?: string;
  /** Lines of the parsers that ran, and all of them, when it was asked to count. */
  readonly lines?: { readonly reached: number; readonly all: number; readonly missed: readonly string[] };
}

/** Builds the harness with sanitizers, runs it for so many inputs or seconds, and removes it. */
export async function runHarness(options: {
  readonly seed: number;
  readonly inputs: number;
  readonly seconds: number;
  readonly countLines?: boolean;
}): Promise<HarnessResult> {
  const place = await mkdtemp(path.join(tmpdir(), 'gatehouse-fuzz-'));
  try {
    await build(place, options.countLines === true);
    const begin = performance.now();
    const outcome = await run(
      path.join(place, 'harness'),
      [String(options.seed), String(options.inputs), String(options.seconds), place],
      { cwd: place, env: { ASAN_OPTIONS: 'detect_leaks=0' }, maxBuffer: 1 << 24 },
    ).catch((error: unknown) => ({ stdout: '', failure: textOf(error) }));
    const inputs = Number(/^(\d+) inputs/u.exec(outcome.stdout)?.[1] ?? 0);
    const seconds = (performance.now() - begin) / 1000;
    if ('failure' in outcome) return { inputs, seconds, failure: outcome.failure };
    return { inputs, seconds, ...(options.countLines === true && { lines: await countLines(place) }) };
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

async function build(place: string, counts: boolean): Promise<void> {
  const flags = ['-std=c17', '-Wall', '-Wextra', '-Werror', '-O1', '-g'];
  const checks = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fsanitize-coverage=trace-pc'];
  const included = ['main.c', ...Object.keys(parsers)];
  const others = (await readdir(program))
    .filter((name) => name.endsWith('.c') && !included.includes(name))
    .map((name) => path.join(program, name));
  const sources = [path.join(folder, 'harness.c'), ...others];
  const more = counts ? ['--coverage'] : [];
  await run('cc', [...flags, ...checks, ...more, '-I', program, ...sources, '-o', path.join(place, 'harness')], {
    cwd: place,
  });
}

/** Reads gcov's own report, which writes `count: line: text` for each line. */
async function countLines(place: string): Promise<NonNullable<HarnessResult['lines']>> {
  await run('gcov', ['harness-harness.gcda'], { cwd: place });
  let reached = 0;
  const missed: string[] = [];
  for (const [name, functions] of Object.entries(parsers)) {
    const report = await readFile(path.join(place, `${name}.gcov`), 'utf8');
    let inside = functions.length === 0;
    for (const text of report.split('\n')) {
      const [, count = '', line = '', code = ''] = /^ *([^:]*): *(\d+):(.*)$/u.exec(text) ?? [];
      const begins = /^[a-z][\w *]*?(\w+)\(/u.exec(code)?.[1];
      if (begins !== undefined && functions.length > 0) inside = functions.includes(begins);
      if (!inside || count === '-' || count === '') continue;
      if (count.startsWith('#')) missed.push(`${name}:${line}`);
      else reached += 1;
    }
  }
  return { reached, all: reached + missed.length, missed };
}

function textOf(error: unknown): string {
  const report =
    typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : String(error);
  return report.slice(0, 8000);
}

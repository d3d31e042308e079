import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { distFolder } from '../../helpers/gatehouse.ts';
import type { Figure, Row, Target } from '../figure.ts';
import { cacheFolder, type Ground } from '../ground.ts';
import { median } from '../statistics.ts';

const execute = promisify(execFile);
const workerPath = path.join(distFolder, 'audit-worker.js');
const measured = z.object({ ms: z.number(), count: z.number(), peakMiB: z.number() });

/** Measurements of what is quick; the rest is measured once. */
const quickRuns = 7;

const sizes = [
  { name: '1 M', folder: 'load-1m', entries: 1_000_000, searchMs: 20 },
  { name: '10 M', folder: 'load-10m', entries: 10_000_000, searchMs: 50 },
] as const;
type Size = (typeof sizes)[number];

/** What a long log costs. Each measurement is a new process that finds nothing of the log in the page cache. */
export const load: Figure = {
  name: 'load',
  title: 'A million and ten million events',
  async measure(ground) {
    const rows: Row[] = [];
    for (const size of sizes) rows.push(...(await measureSize(ground, size)));
    return rows;
  },
};

async function measureSize(ground: Ground, size: Size): Promise<Row[]> {
  const database = await longLog(size);
  const row = async (
    what: string,
    task: string,
    more: { target?: Target; note?: string; runs?: number } = {},
  ): Promise<Row> => {
    const { runs = quickRuns, ...rest } = more;
    const all = await repeated(ground, database, task, runs);
    const count = all[0]?.count ?? 0;
    const notes = [rest.note, `${count} events`, peakText(all)].filter((text) => text !== undefined);
    return {
      ...rest,
      what: `${size.name}: ${what}`,
      unit: 'ms',
      measured: median(all.map(({ ms }) => ms)),
      runs,
      note: notes.join('; '),
    };
  };
  const rate = async (what: string, task: string, runs: number, target?: Target): Promise<Row> => {
    const all = await repeated(ground, database, task, runs);
    const measuredRate = median(all.map(({ ms, count }) => (count * 1000) / ms));
    const row: Row = {
      what: `${size.name}: ${what}`,
      unit: 'events/s',
      measured: measuredRate,
      runs,
      note: peakText(all),
    };
    return target === undefined ? row : { ...row, target };
  };
  const bytes = (await stat(database)).size;
  return [
    await row('newest 50 of the commonest term', 'common', { target: { at: 'most', value: size.searchMs } }),
    await row('newest 50 of a rare term', 'rare'),
    await row('newest 50 by host, decision and agent', 'fields'),
    await row('facets of the whole log', 'facets'),
    await row('facets of a query', 'facets-of', { runs: 3 }),
    await rate('verify', 'verify', size.entries > 1_000_000 ? 1 : 3, { at: 'least', value: 300_000 }),
    await rate('export', 'export', 1),
    await row('append with full sync, p50', 'append', { target: { at: 'most', value: 1 }, runs: 3 }),
    {
      what: `${size.name}: size on disk`,
      unit: 'MiB',
      measured: bytes / 2 ** 20,
      runs: 1,
      note: `${Math.round(bytes / size.entries)} B an event, everything counted`,
    },
  ];
}

function peakText(all: readonly { readonly peakMiB: number }[]): string {
  return `at most ${Math.round(Math.max(...all.map(({ peakMiB }) => peakMiB)))} MiB of memory`;
}

async function repeated({ measureProgram }: Ground, database: string, task: string, runs: number) {
  const program = path.join(import.meta.dirname, '../programs/load-once.ts');
  const all: z.infer<typeof measured>[] = [];
  for (let run = 0; run < runs; run += 1) {
    await execute(measureProgram, ['forget', ...[database, `${database}-wal`].filter((file) => existsSync(file))]);
    const { stdout } = await execute(process.execPath, [program, database, workerPath, task]);
    all.push(measured.parse(JSON.parse(stdout)));
  }
  return all;
}

/** Makes the log where it is not, or not as long; removing its folder makes it anew. */
export async function longLog({ name, folder, entries }: Pick<Size, 'name' | 'folder' | 'entries'>): Promise<string> {
  const database = path.join(cacheFolder, folder, 'audit.db');
  await mkdir(path.dirname(database), { recursive: true });
  console.log(`bench: looking after a log of ${name} events; making one takes a minute or more a million, once`);
  const program = path.join(import.meta.dirname, '../programs/make-log.ts');
  await execute(process.execPath, [program, database, String(entries)]);
  return database;
}

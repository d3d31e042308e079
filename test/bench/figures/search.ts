import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { openAuditLog } from '../../../main/adapters/sqlite/audit-log.ts';
import { openAuditReader } from '../../../main/adapters/sqlite/audit-reader.ts';
import { distFolder } from '../../helpers/gatehouse.ts';
import type { Figure } from '../figure.ts';
import { generateEvent } from '../generate-events.ts';
import { cacheFolder, type Ground } from '../ground.ts';
import { median } from '../statistics.ts';

const execute = promisify(execFile);
const eventsNumber = 1_000_000;
const batch = 50_000;
const runs = 11;
const verifyRuns = 3;
const workerPath = path.join(distFolder, 'audit-worker.js');

/** Searching and verifying a million events. Ten million would take an hour to make and are left out. */
export const search: Figure = {
  name: 'search',
  title: 'Search and verify, 1 M events',
  async measure(ground) {
    const database = await millionEvents();
    const cold: number[] = [];
    const warm: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const [first, second] = await searchOnce(ground, database);
      cold.push(first);
      warm.push(second);
    }
    const rates: number[] = [];
    const reader = await openAuditReader({ path: database, workerPath });
    try {
      for (let run = 0; run < verifyRuns; run += 1) {
        const start = performance.now();
        const { ok, entries } = await reader.verify();
        if (!ok || entries < eventsNumber) throw new Error('The log does not verify.');
        rates.push((entries * 1000) / (performance.now() - start));
      }
    } finally {
      await reader.close();
    }
    return [
      {
        what: 'newest 50 of the commonest term, cold',
        unit: 'ms',
        target: { at: 'most', value: 20 },
        measured: median(cold),
        runs,
        note: 'a new process that has only opened the log, which is not in the page cache',
      },
      { what: 'the same again, warm', unit: 'ms', measured: median(warm), runs },
      {
        what: 'verify',
        unit: 'events/s',
        target: { at: 'least', value: 300_000 },
        measured: median(rates),
        runs: verifyRuns,
      },
    ];
  },
};

/** Makes the log once and keeps it; removing the folder makes it anew. */
async function millionEvents(): Promise<string> {
  const folder = path.join(cacheFolder, 'million');
  const database = path.join(folder, 'audit.db');
  if (existsSync(database)) return database;
  const half = `${folder}.half`;
  await rm(half, { recursive: true, force: true });
  await mkdir(half);
  console.log('bench: making a log of a million events, some minutes, once');
  const log = await openAuditLog({ path: path.join(half, 'audit.db'), workerPath });
  for (let from = 0; from < eventsNumber; from += batch) {
    for (let index = from; index < from + batch; index += 1) log.observe(generateEvent(index));
    await log.flush();
  }
  await log.close();
  await rename(half, folder);
  return database;
}

async function searchOnce({ measureProgram }: Ground, database: string): Promise<[number, number]> {
  const files = [database, `${database}-wal`].filter((file) => existsSync(file));
  await execute(measureProgram, ['forget', ...files]);
  const program = path.join(import.meta.dirname, '../programs/search-once.ts');
  const { stdout } = await execute(process.execPath, [program, database, workerPath]);
  const [cold, warm] = stdout.trim().split(' ').map(Number);
  if (cold === undefined || warm === undefined) throw new Error(`no times: ${stdout}`);
  return [cold, warm];
}

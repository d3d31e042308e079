import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { openAuditLog } from '../../../main/adapters/sqlite/audit-log.ts';
import { distFolder } from '../../helpers/gatehouse.ts';
import type { Figure } from '../figure.ts';
import { generateEvent } from '../generate-events.ts';
import { cacheFolder } from '../ground.ts';
import { alternate, median } from '../statistics.ts';

const rounds = 9;
const appendsPerRound = 100;
const observationsPerRound = 50_000;

/** What a record costs before its effect, beside a bare synced write to the same disk, and how many observations go. */
export const audit: Figure = {
  name: 'audit',
  title: 'Audit',
  async measure() {
    const folder = await mkdtemp(path.join(cacheFolder, 'audit-'));
    const log = await openAuditLog({
      path: path.join(folder, 'audit.db'),
      workerPath: path.join(distFolder, 'audit-worker.js'),
    });
    const file = openSync(path.join(folder, 'bare'), 'w');
    const page = Buffer.alloc(4096, 1);
    let index = 0;
    const appends = async (): Promise<number> => {
      const times: number[] = [];
      for (let run = 0; run < appendsPerRound; run += 1) {
        const start = performance.now();
        await log.append(generateEvent(index++));
        times.push(performance.now() - start);
      }
      return median(times);
    };
    const syncs = async (): Promise<number> => {
      const times: number[] = [];
      for (let run = 0; run < appendsPerRound; run += 1) {
        const start = performance.now();
        writeSync(file, page);
        fdatasyncSync(file);
        times.push(performance.now() - start);
      }
      return median(times);
    };
    const observations = async (): Promise<number> => {
      const events = Array.from({ length: observationsPerRound }, (_, at) => generateEvent(index + at));
      index += observationsPerRound;
      const start = performance.now();
      for (const event of events) log.observe(event);
      await log.flush();
      return (observationsPerRound * 1000) / (performance.now() - start);
    };
    try {
      await appends();
      const each = await alternate(rounds, { appends, syncs });
      const rates: number[] = [];
      for (let round = 0; round < rounds; round += 1) rates.push(await observations());
      return [
        {
          what: 'append with full sync, before an effect, p50',
          unit: 'ms',
          target: { at: 'most', value: 1 },
          measured: median(each['appends'] ?? []),
          bare: median(each['syncs'] ?? []),
          runs: rounds * appendsPerRound,
          note: 'bare: a 4 KiB write and `fdatasync` on the same disk',
        },
        {
          what: 'observations',
          unit: 'events/s',
          target: { at: 'least', value: 50_000 },
          measured: median(rates),
          runs: rounds,
          note: `${observationsPerRound} observed at once and flushed to disk`,
        },
      ];
    } finally {
      closeSync(file);
      await log.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { openAuditLog } from '../../../main/adapters/sqlite/audit-log.ts';
import { distFolder } from '../../helpers/gatehouse.ts';
import type { Figure } from '../figure.ts';
import { generateEvent } from '../generate-events.ts';
import { cacheFolder } from '../ground.ts';
import { alternate, median } from '../statistics.ts';

const rounds = 9;
const appendsPerRound = 100;
const observationsPerRound = 50_000;
/** Observed within one turn of the event loop, as when many changes or connections are told of at once. */
const observationsPerTurn = 500;

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
      for (let from = 0; from < events.length; from += observationsPerTurn) {
        for (const event of events.slice(from, from + observationsPerTurn)) log.observe(event);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await log.flush();
      return (observationsPerRound * 1000) / (performance.now() - start);
    };
    const database = new Database(path.join(folder, 'audit.db'), { readonly: true });
    const lag = database
      .prepare<[], number>('SELECT (SELECT max(seq) FROM entries) - min(through) FROM followers')
      .pluck();
    const indexed = async (): Promise<void> => {
      while ((lag.get() ?? 0) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    try {
      await appends();
      const each = await alternate(rounds, { appends, syncs });
      const bursts: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        bursts.push(await observations());
        await indexed();
      }
      const stream: number[] = [];
      for (let round = 0; round < rounds; round += 1) stream.push(await observations());
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
          what: 'observations in a burst',
          unit: 'events/s',
          target: { at: 'least', value: 50_000 },
          measured: median(bursts),
          runs: rounds,
          note: `${observationsPerRound}, ${observationsPerTurn} a turn, until they are on disk; the index follows after`,
        },
        {
          what: 'observations without a pause',
          unit: 'events/s',
          measured: median(stream),
          runs: rounds,
          note: 'the same, burst after burst: at the bound of what may wait, each is indexed before the next is recorded',
        },
      ];
    } finally {
      closeSync(file);
      database.close();
      await log.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

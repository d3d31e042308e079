// Does one thing with a long log, as a program does that has just started: `load-once.ts DATABASE WORKER TASK`. Prints a JSON object: `ms`,
// `count` (what it went through or found) and `peakMiB` (most memory the process had).
import { readFileSync } from 'node:fs';
import { openAuditLog } from '../../../main/adapters/sqlite/audit-log.ts';
import { startAuditReader } from '../../../main/adapters/sqlite/audit-reader.ts';
import type { AuditReader } from '../../../main/core/audit/log.ts';
import { generateEvent } from '../generate-events.ts';
import { median } from '../statistics.ts';

const [, , database = '', workerPath = '', task = ''] = process.argv;
const exportedEntries = 200_000;
const exportPage = 2000;
const appends = 200;

/** Each gives how much it went through or found; `ms` where it is not the time of the whole. */
const tasks: Readonly<Record<string, (reader: AuditReader) => Promise<{ count: number; ms?: number }>>> = {
  common: (reader) => search(reader, 'project'),
  rare: (reader) => search(reader, 'g-1234'),
  fields: (reader) => search(reader, 'host:cdn.example.net decision:deny agent:claude'),
  facets: async (reader) => ({ count: (await reader.facets({ query: '', limit: 10 })).entries }),
  'facets-of': async (reader) => ({ count: (await reader.facets({ query: 'decision:deny', limit: 10 })).entries }),
  verify: async (reader) => {
    const keys = [readFileSync(`${database}.verifier`, 'utf8').trim()];
    const { ok, entries, index } = await reader.verify({ keys, elsewhere: [] });
    if (!ok || index?.ok !== true) throw new Error(`the log does not hold: ${index?.what}`);
    return { count: entries };
  },
  export: async (reader) => {
    let bytes = 0;
    for (let after = 0; after < exportedEntries; after += exportPage) {
      const { events } = await reader.read({ query: '', after, count: exportPage });
      for (const event of events) bytes += Buffer.byteLength(`${JSON.stringify(event)}\n`);
    }
    if (bytes === 0) throw new Error('nothing was exported');
    return { count: exportedEntries };
  },
  append: async () => {
    const log = await openAuditLog({ path: database, workerPath });
    const times: number[] = [];
    for (let index = 0; index < appends; index += 1) {
      const start = performance.now();
      await log.append(generateEvent(index));
      times.push(performance.now() - start);
    }
    await log.close();
    return { count: appends, ms: median(times) };
  },
};

async function search(reader: AuditReader, query: string): Promise<{ count: number }> {
  return { count: (await reader.query({ query, limit: 50 })).events.length };
}

const reader = startAuditReader({ path: database, workerPath });
// The supervisor's reader is up long before somebody asks: starting a thread and opening the file do not count.
await reader.count();
const begin = performance.now();
const done = await tasks[task]?.(reader);
const ms = performance.now() - begin;
await reader.close();
if (done === undefined) throw new Error(`there is no task ${task}`);
const peakMiB = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ ms, peakMiB, ...done }));

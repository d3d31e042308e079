// Searches a log as a program does that has just started, and prints the milliseconds of the first and second search.
import { startAuditReader } from '../../../main/adapters/sqlite/audit-reader.ts';

const [, , database = '', workerPath = ''] = process.argv;
/** In every file event's action, and so in seven of ten events. */
const commonest = { query: 'project', limit: 50 };

const reader = startAuditReader({ path: database, workerPath });
// The supervisor's reader is up long before somebody searches: starting a thread and opening the file do not count.
await reader.count();
const times: number[] = [];
for (let run = 0; run < 2; run += 1) {
  const start = performance.now();
  const { events } = await reader.query(commonest);
  times.push(performance.now() - start);
  if (events.length !== commonest.limit) throw new Error(`${events.length} events instead of ${commonest.limit}`);
}
await reader.close();
console.log(times.join(' '));

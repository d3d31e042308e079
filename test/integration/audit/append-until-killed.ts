import { openAuditLog } from '../../../main/adapters/sqlite/audit-log.ts';

/** A program of its own: appends without end and prints the number of each entry once it is acknowledged. */
const [path = ''] = process.argv.slice(2);
const workerPath = new URL('../../../main/adapters/sqlite/audit-worker.ts', import.meta.url);
const log = await openAuditLog({ path, workerPath });
for (let index = 0; ; index += 1) {
  const events = await Promise.all(
    Array.from({ length: 1 + (index % 5) }, (_, part) =>
      log.append({ kind: 'decision', summary: `entry ${index}.${part}`, detail: { index, part } }),
    ),
  );
  for (const { seq, hash } of events) process.stdout.write(`${seq} ${hash}\n`);
  log.observe({ kind: 'workspace.changed', summary: 'seen', detail: { index } });
}

import { z } from 'zod';
import type { SettleState } from './audit-messages.ts';
import type { WritableDatabase } from './database.ts';

/** Pages of the search index merged in one step: others are written in between, and wait some milliseconds. */
const mergeStepPages = 200;

const walCheckpointSchema = z.tuple([z.object({ busy: z.int() })]);

/**
 * One step towards a file without erased content: the index is merged into one segment, since old segments still hold
 * what was taken out, and then the write-ahead log is emptied, which a reader may stand in the way of for a moment.
 */
export function settleErasure(database: WritableDatabase, first: boolean): SettleState {
  const merge = database.prepare<[number]>("INSERT INTO search (search, rank) VALUES ('merge', ?)");
  const changes = database.prepare<[], number>('SELECT total_changes()').pluck();
  const before = changes.get() ?? 0;
  // A negative number begins a merge of everything (fts5.html §6.7); fewer than two changes say that nothing was left to do.
  merge.run(first ? -mergeStepPages : mergeStepPages);
  if ((changes.get() ?? 0) - before >= 2) return 'more';
  // Nobody who records waits for a reader here.
  const wait = database.pragma('busy_timeout', { simple: true });
  database.pragma('busy_timeout = 0');
  try {
    const [row] = walCheckpointSchema.parse(database.pragma('wal_checkpoint(TRUNCATE)'));
    return row.busy === 0 ? 'done' : 'waits';
  } finally {
    database.pragma(`busy_timeout = ${Number(wait)}`);
  }
}

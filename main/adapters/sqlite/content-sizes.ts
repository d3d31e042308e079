import { compactionKind } from '../../core/audit/entry.ts';
import type { ContentPiece } from '../../core/audit/log.ts';
import type { ReadableDatabase } from './database.ts';

/** How much content is still there among the `count` entries after `after`. Reads no content: its length is in the row's header. */
export function contentPiece(database: ReadableDatabase, after: number, count: number, last: number): ContentPiece {
  const through = Math.max(after, Math.min(last, after + count));
  const row = database
    .prepare<[number, number, string], { entries: number; bytes: number; oldestAt: string | null }>(
      `SELECT count(*) AS entries, coalesce(sum(octet_length(payload)), 0) AS bytes, min(at) AS oldestAt FROM entries
       WHERE seq > ? AND seq <= ? AND octet_length(payload) > 0 AND kind <> ?`,
    )
    .get(after, through, compactionKind);
  return {
    through,
    entries: row?.entries ?? 0,
    bytes: row?.bytes ?? 0,
    oldestAt: row?.oldestAt ?? undefined,
    done: through >= last,
  };
}

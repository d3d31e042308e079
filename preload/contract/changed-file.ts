import type { AuditEvent } from './audit.ts';

/** What became of a file while a session ran, as its events say. */
export type FileOutcome = 'created' | 'changed' | 'deleted' | 'came and went';

/** One file that changed while a session ran. */
export interface ChangedFile {
  readonly path: string;
  readonly change: FileOutcome;
  readonly times: number;
  readonly lastAt: string;
  /** Of the newest event about it. */
  readonly seq: number;
}

/** What became of every file, by path: the order stays while changes come in. `events` in any order. */
export function changedFiles(
  events: readonly Pick<AuditEvent, 'seq' | 'at' | 'kind' | 'detail'>[],
): readonly ChangedFile[] {
  const files = new Map<string, ChangedFile>();
  for (const event of events.toSorted((a, b) => a.seq - b.seq)) {
    const { path, change } = event.detail;
    if (event.kind !== 'workspace.changed' || typeof path !== 'string') continue;
    const known = files.get(path);
    files.set(path, {
      path,
      change: outcome(known?.change, change),
      times: (known?.times ?? 0) + 1,
      lastAt: event.at,
      seq: event.seq,
    });
  }
  return [...files.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** What was made here and then changed is still new; what was deleted and made again has changed. */
function outcome(before: FileOutcome | undefined, change: unknown): FileOutcome {
  if (change !== 'created' && change !== 'deleted') return before === 'created' ? 'created' : 'changed';
  if (before === 'deleted' && change === 'created') return 'changed';
  if (before === 'created' && change === 'deleted') return 'came and went';
  return change;
}

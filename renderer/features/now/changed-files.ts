import type { AuditEvent } from '#contract/audit.ts';

/** One file that changed while a session ran. */
export interface ChangedFile {
  readonly path: string;
  readonly change: string;
  readonly times: number;
  readonly lastAt: string;
  /** Of the newest event about it. */
  readonly seq: number;
}

/** What became of every file, by path: the order stays while changes come in. `events` in any order. */
export function changedFiles(events: readonly AuditEvent[]): readonly ChangedFile[] {
  const files = new Map<string, ChangedFile>();
  for (const event of events.toSorted((a, b) => a.seq - b.seq)) {
    const { path, change } = event.detail;
    if (event.kind !== 'workspace.changed' || typeof path !== 'string') continue;
    const known = files.get(path);
    files.set(path, {
      path,
      change: typeof change === 'string' ? outcome(known?.change, change) : 'changed',
      times: (known?.times ?? 0) + 1,
      lastAt: event.at,
      seq: event.seq,
    });
  }
  return [...files.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** What was made here and then changed is still new; what was deleted and made again has changed. */
function outcome(before: string | undefined, change: string): string {
  if (before === 'created' && change === 'changed') return 'created';
  if (before === 'deleted' && change === 'created') return 'changed';
  if (before === 'created' && change === 'deleted') return 'came and went';
  return before === 'came and went' && change === 'created' ? 'created' : change;
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewEvent } from '#contract/audit.ts';
import { type OpenedAuditLog, openAuditLog } from '../../../main/adapters/sqlite/audit-log.ts';
import type { AuditLogOptions } from '../../../main/adapters/sqlite/audit-log-options.ts';
import { type AuditReaderOptions, openAuditReader } from '../../../main/adapters/sqlite/audit-reader.ts';
import type { AuditReader } from '../../../main/core/audit/log.ts';

/** The worker as source; the build bundles it. */
export const workerPath = new URL('../../../main/adapters/sqlite/audit-worker.ts', import.meta.url);

/** A folder for one log, and everything a test opened there. */
export interface TemporaryLog {
  readonly folder: string;
  readonly path: string;
  write(options?: Partial<AuditLogOptions>): Promise<OpenedAuditLog>;
  read(options?: Partial<AuditReaderOptions>): Promise<AuditReader>;
  /** Closes what is still open and removes the folder. */
  remove(): Promise<void>;
}

/** Makes a folder for one log. */
export async function temporaryLog(): Promise<TemporaryLog> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-audit-'));
  const path = join(folder, 'audit.db');
  const opened: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  return {
    folder,
    path,
    write: async (options = {}) => keep(await openAuditLog({ path, workerPath, ...options })),
    read: async (options = {}) => keep(await openAuditReader({ path, workerPath, ...options })),
    remove: async () => {
      await Promise.all(opened.map((one) => one.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An event that says little. */
export function note(summary: string, more: Partial<NewEvent> = {}): NewEvent {
  return { kind: 'decision', summary, detail: {}, ...more };
}

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Mechanism } from '#contract/doctor.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import type { OpenedAuditLog } from '../adapters/sqlite/audit-log.ts';
import type { AuditReader } from '../core/audit/log.ts';
import { clockStepMs, type SteadyClock } from './clock.ts';
import type { SigningState } from './signing.ts';

/** Whether the record can be written and read, and what was found wrong with it. */
export async function auditLogMechanism(
  paths: StatePaths,
  audit: OpenedAuditLog,
  reader: AuditReader,
): Promise<Mechanism> {
  const about = { id: 'audit-log', title: 'Audit log' };
  try {
    await audit.flush();
    const entries = await reader.count();
    const bytes = ['', '-wal'].reduce((sum, part) => sum + sizeOf(paths.auditDatabase + part), 0);
    const detail = `${entries} entries in ${(bytes / 1e6).toFixed(1)} MB.`;
    const { damage } = audit;
    if (damage === undefined) return { ...about, state: 'ok', detail: `Open; ${detail}` };
    return {
      ...about,
      state: 'limited',
      detail: `${detail} Damage was found when it was opened, at entry ${damage.seq}: ${damage.what}`,
      remedy: 'Keep a copy as evidence; `gatehouse log verify` says more. Recording goes on.',
    };
  } catch (error) {
    const data = error instanceof GatehouseError ? error.data : undefined;
    return {
      ...about,
      state: 'missing',
      detail: `Nothing can be recorded, so nothing is allowed. ${data?.why ?? data?.what ?? String(error)}`,
      remedy: data?.remedy ?? 'The supervisor’s log says more.',
    };
  }
}

/** Whether checkpoints are also kept where the record is not. */
export function witnessMechanism(state: SigningState): Mechanism {
  const about = { id: 'witness', title: 'Witness' };
  const file = state.key === undefined ? undefined : state.witness;
  if (file === undefined) {
    const how = 'GATEHOUSE_WITNESS=FILE keeps every checkpoint in a file elsewhere, best where you can only append.';
    return { ...about, state: 'unused', detail: `None is kept. ${how}` };
  }
  try {
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
    return { ...about, state: 'ok', detail: `Checkpoints are kept at ${file} too.` };
  } catch {
    return { ...about, state: 'limited', detail: `${file} cannot be written.`, remedy: 'Make it writable again.' };
  }
}

/** Whether the wall clock can be believed: records carry its times. */
export async function clockMechanism(clock: SteadyClock, reader: AuditReader): Promise<Mechanism> {
  const about = { id: 'clock', title: 'Clock' };
  const remedy = 'Set it right, or let a time server do it; then restart the supervisor when no session runs.';
  const behindMs = clock.behindMs();
  if (behindMs >= clockStepMs) {
    const detail = `It was set back by ${seconds(behindMs)} s. Grants and tasks end as if it had not been; the record shows its times.`;
    return { ...about, state: 'limited', detail, remedy };
  }
  const newest = await reader.query({ query: '', limit: 1 }).catch(() => ({ events: [] }));
  const aheadMs = Math.max(0, ...newest.events.map(({ at }) => Date.parse(at))) - Date.now();
  if (aheadMs < clockStepMs)
    return { ...about, state: 'ok', detail: 'It is not behind the newest entry on record, and was not set back.' };
  return {
    ...about,
    state: 'limited',
    detail: `The newest entry on record is ${seconds(aheadMs)} s later than now: the clock was set back, or was wrong then.`,
    remedy,
  };
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

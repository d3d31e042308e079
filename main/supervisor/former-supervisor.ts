import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Session } from '#contract/session.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import type { AuditLog } from '../core/audit/log.ts';
import type { GrantTable } from '../core/grants/grant-table.ts';
import { parseGrantSpec } from '../core/grants/spec.ts';
import { systemClock, timestamp } from './clock.ts';
import type { GrantKeeper } from './grant-keeper.ts';
import type { Tasks } from './tasks.ts';

/** What a former supervisor left: its sessions ended with it, their folders go, grants of tasks that go on are taken up. */

/** Sessions that a killed supervisor took with it (their processes died with it: PDEATHSIG) get their end on record. */
export async function recordLostSessions(state: StateDatabase, audit: AuditLog): Promise<void> {
  for (const session of state.sessions(false)) {
    const ended: Session = {
      ...session,
      state: 'ended',
      endedAt: timestamp(systemClock.now()),
      endReason: 'supervisor_died',
    };
    await audit.append({
      kind: 'session.ended',
      session: session.id,
      task: session.taskId,
      agent: session.agent,
      summary: `${session.agent} ended with the supervisor that ran it`,
      detail: { reason: 'supervisor_died', ...(session.actors === undefined ? {} : { actors: session.actors }) },
    });
    state.saveSession(ended);
  }
}

/** What sessions of a killed supervisor had at run time: no session runs yet, so everything there is of one that is over. */
export async function removeSessionFolders(paths: StatePaths): Promise<void> {
  for (const name of await readdir(paths.sessions))
    await rm(join(paths.sessions, name), { recursive: true, force: true });
}

/** Grants of tasks that go on are in force again; the others end with their tasks. */
export function restoreGrants(state: StateDatabase, grants: GrantTable, keeper: GrantKeeper, tasks: Tasks): void {
  for (const grant of state.grants(false)) {
    if (tasks.running(grant.taskId) === undefined || Date.parse(grant.expiresAt) <= systemClock.now()) {
      state.saveGrants([{ ...grant, revokedAt: timestamp(systemClock.now()) }]);
      continue;
    }
    keeper.watch(
      grants.issue({
        ...grant,
        pattern: parseGrantSpec(grant.spec, { cwd: '/', home: '/' }),
        issuedAt: Date.parse(grant.issuedAt),
        expiresAt: Date.parse(grant.expiresAt),
      }),
    );
  }
}

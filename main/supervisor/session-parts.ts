import type { Logger } from 'pino';
import type { StatePaths } from '../adapters/control/paths.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import type { AuditLog, AuditReader } from '../core/audit/log.ts';
import type { GrantTable } from '../core/grants/grant-table.ts';
import type { Egress } from '../core/network/egress.ts';
import type { InsideProduct, Sandbox } from '../core/sandbox/sandbox.ts';
import type { Agents } from './agents.ts';
import type { AlwaysRules } from './always-rules.ts';
import type { Breakers } from './breakers.ts';
import type { Clock } from './clock.ts';
import type { GrantKeeper } from './grant-keeper.ts';
import type { Homes } from './homes.ts';
import type { MemoryPins } from './memory-pins.ts';
import type { OwedRecords } from './owed-records.ts';
import type { Policies } from './policies.ts';
import type { Caller, Shelf } from './session-plan.ts';
import type { Tasks } from './tasks.ts';

/** What sessions are made of and with. */
export interface SessionParts {
  readonly paths: StatePaths;
  readonly caller: Caller;
  readonly shelf: Shelf;
  readonly state: StateDatabase;
  readonly audit: AuditLog;
  readonly reader: Pick<AuditReader, 'query'>;
  readonly tasks: Tasks;
  readonly grants: GrantTable;
  readonly keeper: GrantKeeper;
  readonly rules: AlwaysRules;
  readonly agents: Agents;
  readonly homes: Homes;
  readonly breakers: Breakers;
  readonly memory: MemoryPins;
  readonly policies: Policies;
  readonly egress: () => Egress;
  readonly sandbox: Sandbox;
  readonly clock: Clock;
  readonly ownAddresses: () => readonly string[];
  readonly log: Logger;
  readonly owed: OwedRecords;
  /** What a session asks with for another one; undefined where it was not built. */
  readonly product: InsideProduct | undefined;
  /** A session is over. */
  readonly onGone: (sessionId: string) => void;
}

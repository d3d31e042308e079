import type { AskMode } from '#contract/ask-mode.ts';
import type { Session } from '#contract/session.ts';
import type { WorkspaceWatch } from '../adapters/watch/workspace-watch.ts';
import type { CompiledMounts } from '../core/policy/compile-mounts.ts';
import type { PolicySet } from '../core/policy/policy-set.ts';
import type { Principal } from '../core/policy/request.ts';
import type { RunningSession } from './running-session.ts';
import type { SessionGround } from './session-plan.ts';

/** Everything the supervisor holds of a session from its start until its end is on record. */
export interface SessionEntry {
  session: Session;
  readonly principal: Principal;
  readonly policySet: PolicySet;
  readonly ground: SessionGround;
  readonly runtimeFolder: string;
  /** Whom it asks. */
  readonly ask: AskMode;
  /** The task was made for this session alone and ends with it. */
  readonly ownTask: boolean;
  running: RunningSession | undefined;
  watch: WorkspaceWatch | undefined;
  /** Protected paths that no mount holds, because they are missing. */
  readonly missing: CompiledMounts['unheld'];
  /** Somebody ended it before it ran. */
  endWanted: NonNullable<Session['endReason']> | undefined;
  readonly gone: PromiseWithResolvers<void>;
}

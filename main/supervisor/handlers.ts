import { operatingError } from '#contract/operating-error.ts';
import type { Preset } from '#contract/preset.ts';
import { findWorkspace } from '../adapters/agents/workspace.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import type { OpenedAuditLog } from '../adapters/sqlite/audit-log.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import type { AuditLog, AuditReader } from '../core/audit/log.ts';
import { matches } from '../core/audit/match-query.ts';
import { parseQuery } from '../core/audit/parse-query.ts';
import type { GrantTable } from '../core/grants/grant-table.ts';
import type { Sandbox } from '../core/sandbox/sandbox.ts';
import { agentHandlers } from './agent-handlers.ts';
import { reviewHandlers } from './agent-review.ts';
import type { Agents } from './agents.ts';
import type { AlwaysRules } from './always-rules.ts';
import type { Approvals } from './approvals.ts';
import type { Approvers } from './approvers.ts';
import type { Attachments } from './attachments.ts';
import type { Breakers } from './breakers.ts';
import { systemClock } from './clock.ts';
import type { ControlHandlers } from './control-server.ts';
import type { GrantKeeper } from './grant-keeper.ts';
import { GrantProposals } from './grant-proposals.ts';
import { homeHandlers } from './home-handlers.ts';
import type { Homes } from './homes.ts';
import { checkMechanisms } from './mechanisms.ts';
import { memoryHandlers } from './memory-handlers.ts';
import type { MemoryPins } from './memory-pins.ts';
import type { Policies } from './policies.ts';
import { policyHandlers } from './policy-handlers.ts';
import type { RecordRetention } from './retention.ts';
import { searchHandlers } from './saved-searches.ts';
import { type SessionDiffs, sessionBeginning } from './session-diffs.ts';
import { type Caller, plannedGrant, stateFolders } from './session-plan.ts';
import type { Sessions } from './sessions.ts';
import type { Signing } from './signing.ts';
import type { Tasks } from './tasks.ts';
import { transcriptHandlers } from './transcript-handlers.ts';
import type { Transcripts } from './transcripts.ts';
import { decideHypothetical, explainEvent, type WhyParts } from './why.ts';

declare const __VERSION__: string | undefined;

/** Everything the control API speaks for. */
export interface HandlerParts {
  readonly startedAt: string;
  readonly paths: StatePaths;
  readonly caller: Caller;
  readonly audit: OpenedAuditLog;
  readonly signing: Signing;
  readonly retention: RecordRetention;
  readonly reader: AuditReader;
  readonly sessions: Sessions;
  readonly tasks: Tasks;
  readonly grants: GrantTable;
  readonly state: StateDatabase;
  readonly policies: Policies;
  readonly presets: readonly Preset[];
  readonly sandbox: Sandbox;
  readonly keeper: GrantKeeper;
  readonly rules: AlwaysRules;
  readonly agents: Agents;
  readonly homes: Homes;
  readonly memory: MemoryPins;
  readonly approvals: Approvals;
  readonly approvers: Approvers;
  readonly breakers: Breakers;
  readonly attachments: Attachments;
  readonly diffs: SessionDiffs;
  readonly transcripts: Transcripts;
  readonly egressPid: () => number | undefined;
  readonly stop: (why: string) => Promise<void>;
}

/** One handler a method, each a few lines over the part that does the work. */
export function makeHandlers(parts: HandlerParts): ControlHandlers {
  const { audit, reader, sessions, tasks, paths } = parts;
  const proposals = new GrantProposals();
  const why: WhyParts = {
    paths,
    caller: parts.caller,
    policies: parts.policies,
    presets: parts.presets,
    agents: parts.agents,
    rules: parts.rules,
    workspaceOf: (id) => parts.state.sessions(true).find((session) => session.id === id)?.workspace,
    now: () => systemClock.now(),
  };
  return {
    'supervisor.ping': () => ({ pid: process.pid }),
    'supervisor.status': async () => {
      const egressPid = parts.egressPid();
      return {
        version: typeof __VERSION__ === 'undefined' ? 'source' : __VERSION__,
        pid: process.pid,
        startedAt: parts.startedAt,
        home: paths.home,
        sessions: sessions.count,
        events: await reader.count(),
        ...(egressPid === undefined ? {} : { egressPid }),
      };
    },
    'supervisor.stop': ({ force }) => {
      if (sessions.count > 0 && !force) {
        throw operatingError('session_not_running', `${sessions.count} sessions still run.`, {
          remedy: 'Stop them first, or use --force: they end with the supervisor.',
        });
      }
      return parts.stop('it was asked to').then(() => ({}));
    },
    'doctor.check': async () => ({ mechanisms: await checkMechanisms(parts) }),

    'session.start': async (start, call) => {
      const started = await sessions.start(start);
      // Whoever asked has gone or changed their mind: nobody would ever attach to it.
      if (call.signal.aborted) await sessions.end([started.session.id], 'kill', 'client_gone');
      return started;
    },
    'session.examine': (start) => sessions.examine(start),
    'session.attach': ({ id, readOnly }, call) => {
      const [found = id] = sessions.select({ id });
      return parts.attachments.attach(found, readOnly, call);
    },
    'session.list': ({ all }) => ({ sessions: sessions.list(all) }),
    'session.stop': async (which) => ({ sessions: await sessions.end(sessions.select(which), 'stop', 'stopped') }),
    'session.kill': async (which) => ({ sessions: await sessions.end(sessions.select(which), 'kill', 'killed') }),
    'session.diff': ({ session, paths, countsOnly }) =>
      parts.diffs.of({ session: sessionBeginning(parts.state, session), paths, countsOnly: countsOnly === true }),
    'session.pause': async (which) => ({
      sessions: await sessions.pause(sessions.select(which), true, 'you paused it'),
    }),
    'session.resume': async (which) => {
      const ids = sessions.select(which);
      const isStopped = (id: string) => sessions.find(id)?.breakers.tripped !== undefined;
      // What a breaker stopped goes on by a person's answer alone: here it is only asked about again.
      const asked = await Promise.all(ids.filter(isStopped).map((id) => parts.breakers.ask(id, { waits: true })));
      return {
        sessions: await sessions.pause(
          ids.filter((id) => !isStopped(id)),
          false,
          'you let it go on',
        ),
        asked: asked.filter((id) => id !== undefined),
      };
    },

    'approval.list': ({ all }) => ({ approvals: parts.approvals.list(all) }),
    'approver.open': async ({ session, surface = 'terminal' }, call) => {
      await parts.approvers.open(session, surface, call);
      return {};
    },
    'approval.answer': async (given, call) => ({
      approval: await parts.approvals.answer(parts.approvers.of(call), given),
    }),

    'task.create': async ({ text, cwd, workspace, forMs }) => {
      const found = await findWorkspace({
        cwd,
        workspace,
        home: parts.caller.home,
        stateFolders: stateFolders(paths),
        uid: parts.caller.uid,
      });
      return { task: await tasks.create(text, found.path, forMs) };
    },
    'task.list': ({ all }) => ({ tasks: tasks.list(all) }),
    'task.end': async ({ id }) => ({ task: await tasks.end(id, 'you ended it') }),
    'grant.list': ({ all }) => ({ grants: [...parts.grants.list({ all })], rules: parts.rules.list() }),
    'grant.propose': ({ taskId, spec, cwd, forMs }, call) => {
      const surface = parts.approvers.of(call);
      const { pattern } = plannedGrant(spec, 'person', cwd, parts.caller);
      return proposals.propose(surface, { task: tasks.getRunning(taskId), pattern, forMs });
    },
    'grant.add': async ({ digest, code }, call) => {
      const { task: proposedFor, pattern, forMs } = proposals.confirm(parts.approvers.of(call), digest, code);
      const expiresAt = forMs === undefined ? Number.POSITIVE_INFINITY : systemClock.now() + forMs;
      const task = tasks.getRunning(proposedFor.id);
      const grant = await parts.keeper.issue({ task, session: {}, pattern, giver: 'person', expiresAt });
      return { grant, seenByRunning: !grant.action.startsWith('file.') };
    },
    'grant.revoke': async ({ id }) => {
      const rule = await parts.rules.remove(id);
      const ids =
        rule === undefined
          ? [id]
          : parts.grants.list({ all: false }).flatMap((each) => (each.rule === id ? [each.id] : []));
      const revoked = await Promise.all(ids.map((each) => parts.keeper.revoke(each, 'you took it back')));
      return {
        grants: revoked.map(({ grant }) => grant),
        ...(rule === undefined ? {} : { rule }),
        closed: revoked.reduce((sum, each) => sum + each.closed, 0),
        visibleTo: revoked.flatMap((each) => [...each.visibleTo]),
      };
    },

    'log.query': async (query) => {
      await flushIfPossible(audit);
      return reader.query(query);
    },
    'audit.facets': async (request) => {
      await audit.flush();
      return reader.facets(request);
    },
    'audit.activity': async (request) => {
      await flushIfPossible(audit);
      return reader.activity(request);
    },
    'log.follow': async ({ query }, call) => {
      const parsed = parseQuery(query, systemClock.now());
      const after = await reader.count();
      call.onClose(
        audit.subscribe((event) => {
          if (matches(parsed, event)) call.notify('log.appended', { event });
        }),
      );
      return { after };
    },
    'log.verify': async ({ keys = [] }) => {
      const state = await parts.signing.state;
      const { trust, missing } = await parts.signing.trust();
      await flushIfPossible(audit);
      const result = await reader.verify({ ...trust, keys: [...trust.keys, ...keys] });
      // Damage shows without the keystore; that there is none does not, unless whoever asks brought the key to trust.
      if (missing !== undefined && result.ok && keys.length === 0) throw missing;
      if (state.key !== undefined) return result;
      const checkpoints = { held: 0, size: 0, elsewhere: 0, ...result.checkpoints };
      return { ...result, checkpoints: { ...checkpoints, unsigned: state.why, remedy: state.remedy } };
    },
    'log.checkpoint': async () => {
      const state = await parts.signing.state;
      await audit.flush();
      const note = await reader.checkpoint();
      return {
        ...(note === undefined ? {} : { note }),
        ...(state.key === undefined ? { unsigned: state.why, remedy: state.remedy } : { key: state.key }),
      };
    },
    'log.compact': ({ before, dryRun }) => parts.retention.compact(before, dryRun === true),
    'log.retention': () => parts.retention.show(),
    'log.retention.set': ({ retention }) => parts.retention.set(retention),
    'log.reindex': async () => ({ entries: await audit.reindex() }),
    ...searchHandlers(parts.state),
    ...transcriptHandlers(parts),
    ...agentHandlers(parts),
    ...homeHandlers(parts),
    ...reviewHandlers(parts),
    ...memoryHandlers(parts),
    ...policyHandlers(parts),
    'log.prove': async (wanted) => {
      await parts.signing.state;
      await audit.flush();
      await audit.checkpoint();
      const proof =
        'seq' in wanted ? await reader.proveEntry(wanted.seq) : await reader.proveGrowth(wanted.from, wanted.to);
      return { proof: { v: 1, ...proof } };
    },

    'why.event': async ({ seq }) => {
      await flushIfPossible(audit);
      const event = await reader.get(seq);
      if (event === undefined) {
        throw operatingError('not_found', `There is no event ${seq}.`, {
          remedy: '`gatehouse log` shows their numbers.',
        });
      }
      return { event, explanation: [...(await explainEvent(event, why))] };
    },
    'why.hypothetical': async (question) => {
      const { decision, explanation } = await decideHypothetical(question, why);
      return { decision, explanation: [...explanation] };
    },
  };
}

/** What is on record can be read on a full disk too; that nothing more can be recorded is what every attempt and `doctor` say. */
function flushIfPossible(audit: AuditLog): Promise<void> {
  return audit.flush().catch(() => undefined);
}

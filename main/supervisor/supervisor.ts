import type { Logger } from 'pino';
import { warmPackageIndex } from '../adapters/agents/find-package.ts';
import { loadPresets, loadToolchains } from '../adapters/agents/load-data.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import { DiffThread } from '../adapters/diff/diff-thread.ts';
import { startEgress } from '../adapters/egress/egress.ts';
import { createLinuxSandbox } from '../adapters/sandbox/linux/linux-sandbox.ts';
import { openAuditLog } from '../adapters/sqlite/audit-log.ts';
import { startAuditReader } from '../adapters/sqlite/audit-reader.ts';
import { StateDatabase } from '../adapters/state/state-database.ts';
import { GrantTable } from '../core/grants/grant-table.ts';
import { lifts } from '../core/grants/lifting.ts';
import type { EgressHost } from '../core/network/egress.ts';
import { Agents } from './agents.ts';
import { AlwaysRules } from './always-rules.ts';
import { Approvals } from './approvals.ts';
import { Approvers } from './approvers.ts';
import { Attachments } from './attachments.ts';
import { Breakers } from './breakers.ts';
import { systemClock, timestamp } from './clock.ts';
import { openControlServer } from './control-server.ts';
import { Decisions } from './decisions.ts';
import { EgressKeeper } from './egress-keeper.ts';
import { recordLostSessions, removeSessionFolders, restoreGrants } from './former-supervisor.ts';
import { giveByAnswer } from './give-by-answer.ts';
import { GrantKeeper } from './grant-keeper.ts';
import { makeHandlers } from './handlers.ts';
import { Homes } from './homes.ts';
import { MemoryPins } from './memory-pins.ts';
import { OwedRecords } from './owed-records.ts';
import { rememberOwnAddresses } from './own-addresses.ts';
import { Policies } from './policies.ts';
import { withActorsOnRecord } from './recorded-actors.ts';
import { removeRulesOf } from './remove-rules.ts';
import { RecordRetention } from './retention.ts';
import { SessionDiffs } from './session-diffs.ts';
import { findCaller } from './session-plan.ts';
import { Sessions } from './sessions.ts';
import { findProduct, type ShippedFiles } from './shipped-files.ts';
import { startSigning } from './signing.ts';
import { openStreamServer } from './stream-server.ts';
import { Tasks } from './tasks.ts';
import { Transcripts } from './transcripts.ts';

/** Entries whose times are looked at for a clock that was set back while no supervisor ran: more than one start records. */
const newestLookedAt = 32;

/** A running supervisor. */
export interface Supervisor {
  /** Ends every session and closes everything, in order. */
  stop(why: string): Promise<void>;
  /** Resolves when everything is closed; with a reason when it ended by failure. */
  readonly ended: Promise<string | undefined>;
}

/**
 * The composition root. Order matters:
 * 1. side by side, since none needs another: the audit log with its threads, the egress worker, which listens nowhere until a session
 *    is opened, and policies, presets and toolchains. What cannot be read or does not come up refuses the start;
 * 2. what a former supervisor left: its sessions ended with it, its tasks go on until their end;
 * 3. the sockets, last, since whoever can connect may ask for everything above.
 * A refused start ends this process, and threads and worker with it.
 */
export async function startSupervisor(given: {
  readonly paths: StatePaths;
  readonly shipped: ShippedFiles;
  /** Of the encrypted keystore, when whoever started us brought it. */
  readonly passphrase?: string | undefined;
  readonly log: Logger;
}): Promise<Supervisor> {
  const { paths, shipped, log } = given;
  const startedAt = timestamp(systemClock.now());
  /** The worker asks nothing before a session has its socket, and no session starts before `decisions` stands. */
  const host: EgressHost = {
    decide: (question) => decisions.decide(question),
    closed: (report) => decisions.closed(report),
    refused: (refusal) => decisions.refused(refusal),
    sent: (sessionId, bytes, hosts) => decisions.sent(sessionId, bytes, hosts),
  };
  const reader = startAuditReader({ path: paths.auditDatabase, workerPath: shipped.auditWorker });
  const beginEgress = () => startEgress({ workerPath: shipped.egressWorker, host, log });
  const shippedPresets = loadPresets(shipped.presets);
  // Threads and worker first: they come up on other processors while this one reads the policies.
  const [record, firstEgress, policies, presets, toolchains] = await Promise.all([
    openAuditLog({ path: paths.auditDatabase, workerPath: shipped.auditWorker }),
    beginEgress(),
    Policies.load(shipped.policies, paths, shippedPresets),
    shippedPresets,
    loadToolchains(shipped.toolchains),
  ]);
  const signing = await startSigning({
    audit: record,
    reader,
    paths,
    passphrase: given.passphrase,
    keychainWorker: shipped.keychainWorker,
    environment: process.env,
    log,
  });
  // The log exists now, and an unreadable one refuses the start.
  const { events: newest } = await reader.query({ query: '', limit: newestLookedAt });
  const lastRecorded = Math.max(0, ...newest.map(({ at }) => Date.parse(at)).filter(Number.isFinite));
  systemClock.onSetBack((byMs) => {
    record.observe({
      kind: 'clock.changed',
      summary: `The clock was set back by ${Math.round(byMs / 1000)} s; tasks and grants end as if it had not been`,
      detail: { byMs: Math.round(byMs) },
    });
  });
  const state = new StateDatabase(paths.stateDatabase);
  await record.append({
    kind: 'supervisor.started',
    summary: `Gatehouse starts`,
    detail: { pid: process.pid, policy: policies.common.digest },
  });
  if (newest.some(({ seq, detail }) => seq === 1 && detail['pid'] === process.pid) && state.sessions(true).length > 0) {
    await record.append({
      kind: 'log.damaged',
      summary:
        'The audit log begins anew although sessions have run: the one before was moved away, removed or emptied',
      detail: { seq: 1, damage: 'truncated' },
    });
  }
  await recordLostSessions(state, record);
  await removeSessionFolders(paths);
  /** From here on: whose session it is, and who started that, stands in every entry. */
  const audit = withActorsOnRecord(record, (id) => sessions.actorsOf(id));

  const grants = new GrantTable();
  const caller = findCaller();
  const sandbox = createLinuxSandbox({ portcullisPath: shipped.portcullis, stateFolder: paths.state });
  const owed = new OwedRecords(log);
  const egress = new EgressKeeper({
    audit,
    log,
    begin: beginEgress,
    endSessions: () => sessions.end(sessions.select({ all: true }), 'stop', 'failed').then(() => {}),
  });
  const tasks: Tasks = new Tasks({
    state,
    audit,
    clock: systemClock,
    owed,
    onEnd: async (task) => {
      const ended = keeper.endTask(task.id);
      approvals.endTask(task.id);
      breakers.endTask(task.id);
      await sessions.endTask(task);
      // They have ended in memory; after a restart they are not taken up without their task.
      await owed
        .write(`the end of the grants of task ${task.id}`, () => state.saveGrants(ended))
        .catch(() => undefined);
    },
  });
  const keeper: GrantKeeper = new GrantKeeper({
    audit,
    grants,
    state,
    clock: systemClock,
    owed,
    egress: () => egress.current,
    sessionsOf: (taskId) => sessions.ofTask(taskId),
    onIssued: (grant) => approvals.grantsChanged(({ request }) => lifts(grant, request)),
    log,
  });
  const rules = await AlwaysRules.load(paths.config, audit, systemClock);
  if (rules.unusable.length > 0) log.warn({ files: rules.unusable }, 'always-rules that cannot be used give nothing');
  const agents: Agents = new Agents({
    state,
    audit,
    clock: systemClock,
    owed,
    log,
    signing,
    presets,
    person: caller.name,
    sessionsOf: (agent) => sessions.ofAgent(agent),
    endSessions: async (ids, reason) => {
      // Some may have ended by themselves meanwhile.
      const left = ids.filter((id) => sessions.find(id) !== undefined);
      await sessions.end(left, 'kill', reason);
    },
    removeRules: (agent) => removeRulesOf(agent, { rules, grants, keeper }),
  });
  const { instructionFiles } = policies;
  const memory = new MemoryPins({ state, audit, clock: systemClock, paths, caller, presets, instructionFiles });
  const breakers = new Breakers({ audit, log, sessions: () => sessions, approvals: () => approvals });
  const homes = new Homes({ paths, audit, log, state });
  const sessions: Sessions = new Sessions({
    homes,
    breakers,
    paths,
    caller,
    shelf: { presets, toolchains },
    state,
    audit,
    reader,
    tasks,
    grants,
    keeper,
    rules,
    agents,
    memory,
    policies,
    egress: () => egress.running(),
    sandbox,
    clock: systemClock,
    ownAddresses: rememberOwnAddresses(),
    log,
    owed,
    product: findProduct(shipped),
    onGone: (sessionId) => approvals.endSession(sessionId),
  });
  const approvals: Approvals = new Approvals({
    audit,
    reader,
    clock: systemClock,
    log,
    effects: {
      give: (asked, answer, approval) => giveByAnswer({ keeper, rules, tasks, asked, answer, approval }),
      pause: (id) => sessions.pause([id], true, 'you denied what it asked for').then(() => {}),
      goOn: (asked, forTask, approval) => breakers.goOn(asked, forTask, approval),
      stop: (id) => breakers.stop(id),
    },
  });
  await tasks.restore(lastRecorded);
  restoreGrants(state, grants, keeper, tasks);

  const decisions: Decisions = new Decisions(audit, approvals, (id) => sessions.find(id));
  await egress.keep(firstEgress);

  const end = Promise.withResolvers<string | undefined>();
  let stopping: Promise<void> | undefined;
  /** Everything but the control socket closes before this resolves, so that whoever asked for it gets an answer. */
  const stop = (why: string): Promise<void> => {
    stopping ??= close(why).catch((error: unknown) => {
      log.error({ error: String(error) }, 'stopping');
      failure = String(error);
    });
    void stopping.then(() => setImmediate(() => void control.close().then(() => end.resolve(failure))));
    return stopping;
  };
  let failure: string | undefined;
  const close = async (why: string): Promise<void> => {
    approvals.close();
    keeper.close();
    retention.close();
    await sessions.close();
    streams.close();
    await egress.current?.stop();
    tasks.close();
    owed.close();
    await audit.append({ kind: 'supervisor.stopped', summary: `Gatehouse stops: ${why}`, detail: { why } });
    await diffs.close();
    await reader.close();
    await audit.close();
    await signing.close();
    state.close();
  };
  const diffs = new SessionDiffs({
    reader,
    sandbox,
    caller,
    workFolder: paths.sessions,
    thread: new DiffThread(shipped.diffWorker),
    now: () => systemClock.now(),
  });
  const transcripts = new Transcripts({
    stateFolder: paths.state,
    audit,
    isRunning: (id) => sessions.runningEntry(id) !== undefined,
  });
  const retention = new RecordRetention({ audit, reader, state, transcripts, clock: systemClock, log });
  const attachments = new Attachments({
    audit,
    portcullis: shipped.portcullis,
    find: (id) => sessions.runningEntry(id),
  });
  const streams = await openStreamServer(
    paths.streamSocket,
    (token) => sessions.claim(token) ?? attachments.claim(token),
    {
      log,
      portcullis: shipped.portcullis,
    },
  );
  const control = await openControlServer(
    paths.controlSocket,
    makeHandlers({
      startedAt,
      paths,
      audit,
      signing,
      retention,
      reader,
      sessions,
      tasks,
      grants,
      state,
      policies,
      presets,
      caller,
      sandbox,
      keeper,
      rules,
      agents,
      memory,
      approvals,
      breakers,
      homes,
      approvers: new Approvers(approvals, shipped),
      attachments,
      diffs,
      transcripts,
      egressPid: () => egress.current?.pid,
      stop,
    }),
    log,
  );
  retention.start();
  void homes.sweep();
  // The first session would wait for it otherwise.
  void warmPackageIndex().catch((error: unknown) => log.warn({ error: String(error) }, 'the index of packages'));
  return { stop, ended: end.promise };
}

import { z } from 'zod';
import { actionSchema } from './actions.ts';
import { activityRequestSchema, activitySchema } from './activity.ts';
import { agentQuestionSchema, listedAgentSchema } from './agent.ts';
import { alwaysRuleSchema } from './always-rule.ts';
import { answerSchema, approvalIdSchema, approvalSchema } from './approval.ts';
import {
  auditEventSchema,
  facetsRequestSchema,
  facetsSchema,
  logQuerySchema,
  proofSchema,
  verifyResultSchema,
} from './audit.ts';
import { decisionSchema } from './decision.ts';
import { mechanismSchema } from './doctor.ts';
import { grantProposalSchema, grantSchema } from './grant.ts';
import { agentHomeSchema, keptLoginSchema } from './home.ts';
import { listedPinSchema, memoryQuestionSchema } from './memory.ts';
import {
  policyFileNameSchema,
  policyListSchema,
  policyProblemSchema,
  policyProposalSchema,
  policyTextCharsMax,
  ranExampleSchema,
} from './policy.ts';
import { retentionSchema, savedSearchSchema } from './record.ts';
import { reviewedAgentSchema, reviewStateSchema } from './review.ts';
import {
  agentNameSchema,
  sessionIdSchema,
  sessionSchema,
  sessionStartSchema,
  taskIdSchema,
  taskSchema,
} from './session.ts';
import { diffRequestSchema, diffResultSchema } from './session-diff.ts';
import { startExaminationSchema } from './start-examination.ts';
import { supervisorStatusSchema } from './supervisor-status.ts';
import { listedTranscriptSchema } from './transcript.ts';

const empty = z.object({});
/** One session by id (or an unambiguous beginning of it), or all of them. */
const whichSessions = z.union([z.object({ id: z.string().min(1).max(64) }), z.object({ all: z.literal(true) })]);

/** As for `session.start`; without a `cwd`, every workspace. */
const whichWorkspace = { cwd: z.string().max(4096).optional(), workspace: z.string().max(4096).optional() };

const whichPolicies = z.object({ workspace: z.string().min(1).max(4096).optional() });

/** A text without any rule removes the file. */
const policyText = z.object({ file: policyFileNameSchema, text: z.string().max(policyTextCharsMax) });

const digestSchema = z.string().regex(/^[0-9a-f]{64}$/u);
/** An agent and the sessions that ended with its authority. */
const endedAgentSchema = z.object({ agent: listedAgentSchema, sessions: z.array(sessionIdSchema) });

/** Every method of the control API: JSON-RPC 2.0 over the local socket, one object of parameters each. */
export const api = {
  'supervisor.status': { params: empty, result: supervisorStatusSchema },
  /** A sign of life. Waits for nothing: no thread, no disk, and no other call. */
  'supervisor.ping': { params: empty, result: z.object({ pid: z.int() }) },
  /** Ends every session when `force` is set; otherwise refused while sessions run. */
  'supervisor.stop': { params: z.object({ force: z.boolean() }), result: empty },
  'doctor.check': { params: empty, result: z.object({ mechanisms: z.array(mechanismSchema) }) },

  'session.start': {
    params: sessionStartSchema,
    result: z.object({
      session: sessionSchema,
      /** One use, for `stream.sock`; the session is ended when nobody presents it within 10 s, unless it was started detached. */
      streamToken: z.string(),
      /** Things a person should know before the agent speaks, e.g. a variable that looks like a secret. */
      notices: z.array(z.string()),
    }),
  },
  /** What that start would be. Starts nothing; rejects as the start would, but for an agent that has to be accepted. */
  'session.examine': { params: sessionStartSchema, result: startExaminationSchema },
  /** Only for processes of the same person outside every session. Output from now on, after the newest of before. */
  'session.attach': {
    params: z.object({ id: z.string().min(1).max(64), readOnly: z.boolean() }),
    result: z.object({
      session: sessionSchema,
      /** One use, for `stream.sock`, within 10 s. */
      streamToken: z.string(),
      /** Clients of pipes only look, whatever they asked for. */
      readOnly: z.boolean(),
    }),
  },
  /** Transcripts that were asked for, by session. */
  'transcript.list': { params: empty, result: z.object({ transcripts: z.array(listedTranscriptSchema) }) },
  /** Removes them; those of sessions that run stay. */
  'transcript.remove': { params: whichSessions, result: z.object({ transcripts: z.array(listedTranscriptSchema) }) },
  'session.list': { params: z.object({ all: z.boolean() }), result: z.object({ sessions: z.array(sessionSchema) }) },
  /** What changed in files that the record names for a session, against the commit it began at. Nothing of it is kept or recorded. */
  'session.diff': { params: diffRequestSchema, result: diffResultSchema },
  /** Terminate, then kill after a grace. Answers when every process is gone. */
  'session.stop': { params: whichSessions, result: z.object({ sessions: z.array(sessionSchema) }) },
  'session.kill': { params: whichSessions, result: z.object({ sessions: z.array(sessionSchema) }) },

  /** Stops every process of it where it is. A paused session's limits of time go on. */
  'session.pause': { params: whichSessions, result: z.object({ sessions: z.array(sessionSchema) }) },
  /** A session that a breaker stopped does not go on by this: it is asked about (again), and `asked` names the questions. */
  'session.resume': {
    params: whichSessions,
    result: z.object({ sessions: z.array(sessionSchema), asked: z.array(approvalIdSchema) }),
  },

  'task.create': {
    params: z.object({
      text: z.string().min(1).max(1000),
      cwd: z.string().max(4096),
      workspace: z.string().max(4096).optional(),
      forMs: sessionStartSchema.shape.forMs,
    }),
    result: z.object({ task: taskSchema }),
  },
  'task.list': { params: z.object({ all: z.boolean() }), result: z.object({ tasks: z.array(taskSchema) }) },
  'task.end': { params: z.object({ id: taskIdSchema }), result: z.object({ task: taskSchema }) },
  /** `rules` are the always-rules, from which later tasks get theirs. */
  'grant.list': {
    params: z.object({ all: z.boolean() }),
    result: z.object({ grants: z.array(grantSchema), rules: z.array(alwaysRuleSchema) }),
  },
  /** Only on an approver's connection: what a grant to a running task would be, and the code to confirm it with. Gives nothing. */
  'grant.propose': {
    params: z.object({
      taskId: taskIdSchema,
      spec: z.string().max(8192),
      cwd: z.string().max(4096),
      forMs: sessionStartSchema.shape.forMs,
    }),
    result: z.object({ proposal: grantProposalSchema, code: z.string() }),
  },
  /** On the connection it was proposed on: gives it. A folder is seen by sessions that start from now on. */
  'grant.add': {
    params: z.object({ digest: digestSchema, code: z.string().max(16) }),
    result: z.object({ grant: grantSchema, seenByRunning: z.boolean() }),
  },
  /** Takes back a grant (`g-…`), or an always-rule (`r-…`) with what it gave to running tasks. */
  'grant.revoke': {
    params: z.object({ id: z.string().max(64) }),
    result: z.object({
      grants: z.array(grantSchema),
      rule: alwaysRuleSchema.optional(),
      /** Connections that were closed. */
      closed: z.int(),
      /** Sessions that go on seeing a folder until they end. */
      visibleTo: z.array(sessionIdSchema),
    }),
  },

  /** By name. */
  'agent.list': {
    params: empty,
    result: z.object({ agents: z.array(listedAgentSchema), review: reviewStateSchema }),
  },
  'agent.show': { params: z.object({ name: agentNameSchema }), result: z.object({ agent: listedAgentSchema }) },
  /** What accepting this command as that agent would bind now. Changes nothing. Without a question all is as accepted. */
  'agent.examine': {
    params: z.object({
      name: agentNameSchema,
      /** Absent means the accepted one, else a command of the preset of that name. */
      command: z.string().min(1).max(4096).optional(),
      cwd: z.string().max(4096),
      /** The caller's PATH. */
      path: z.string().max(131_072),
      purpose: z.string().min(1).max(1000).optional(),
      owner: z.string().min(1).max(64).optional(),
    }),
    result: z.object({ question: agentQuestionSchema.optional() }),
  },
  /** Only on an approver's connection: the code to accept a question with, which no other surface is told. */
  'agent.code': { params: z.object({ digest: digestSchema }), result: z.object({ code: z.string() }) },
  /** Only on an approver's connection: brings in an unknown agent, or accepts a changed one. */
  'agent.accept': {
    params: z.object({ digest: digestSchema, code: z.string().max(16) }),
    result: z.object({ agent: listedAgentSchema, added: z.boolean() }),
  },
  /** What of instructions and memories is pinned, for an agent, in a workspace (canonical), or for all. */
  'memory.list': {
    params: z.object({ agent: agentNameSchema.optional(), ...whichWorkspace }),
    result: z.object({ pins: z.array(listedPinSchema) }),
  },
  /** What a person would accept now; no question when all is as pinned. Throws `not_found` when nothing is pinned. */
  'memory.examine': {
    params: z.object({ agent: agentNameSchema, ...whichWorkspace }),
    result: z.object({ question: memoryQuestionSchema.optional() }),
  },
  /** The texts of one change of an open question, by its place in the list; absent for what is long, no text, or not there. */
  'memory.texts': {
    params: z.object({ digest: digestSchema, index: z.int().min(0).max(1000) }),
    result: z.object({ before: z.string().optional(), after: z.string().optional() }),
  },
  /** Only on an approver's connection: as for `agent.code` and `agent.accept`. */
  'memory.code': { params: z.object({ digest: digestSchema }), result: z.object({ code: z.string() }) },
  'memory.accept': {
    params: z.object({ digest: digestSchema, code: z.string().max(16) }),
    result: z.object({ agent: agentNameSchema, workspace: z.string(), files: z.int() }),
  },
  /** Ends its sessions at once; none starts until it is resumed. */
  'agent.suspend': { params: z.object({ name: agentNameSchema }), result: endedAgentSchema },
  /** Only on an approver's connection. */
  'agent.resume': { params: z.object({ name: agentNameSchema }), result: z.object({ agent: listedAgentSchema }) },
  /** Only on an approver's connection: another key in the place of the old one, which then opens nothing any more. */
  'agent.rotate': { params: z.object({ name: agentNameSchema }), result: z.object({ agent: listedAgentSchema }) },
  /** Suspends it for good, removes its key and its always-rules. */
  'agent.retire': {
    params: z.object({ name: agentNameSchema }),
    result: endedAgentSchema.extend({
      rules: z.int(),
      /** Why the key is still in the keystore, when it could not be removed. */
      keyLeft: z.string().optional(),
    }),
  },

  /** The private homes of an agent, and its login. Never a content. */
  'home.list': {
    params: z.object({ agent: agentNameSchema }),
    result: z.object({ homes: z.array(agentHomeSchema), login: z.array(keptLoginSchema) }),
  },
  /** Removes the home of an agent in one workspace, or all of them, and its login when that is said. Refused while they are in use. */
  'home.reset': {
    params: z.object({ agent: agentNameSchema, workspace: z.string().max(4096).optional(), login: z.boolean() }),
    result: z.object({ homes: z.array(agentHomeSchema), logins: z.array(z.string()) }),
  },
  /** Who may do what: every agent that is not retired, with all it has. */
  'review.show': {
    params: empty,
    result: reviewStateSchema.extend({ agents: z.array(reviewedAgentSchema) }),
  },
  /** Only on an approver's connection: a person looked through it. */
  'review.record': { params: empty, result: z.object({ reviewedAt: z.string() }) },

  /** The rules in force, in a workspace or everywhere, with their texts, and what is protected. */
  'policy.list': { params: whichPolicies, result: policyListSchema },
  /** Runs the examples of those rules. */
  'policy.test': { params: whichPolicies, result: z.object({ examples: z.array(ranExampleSchema) }) },
  /** What is wrong with a file of the person's own rules, and how its examples come out. Changes nothing. */
  'policy.check': {
    params: policyText,
    result: z.object({
      problems: z.array(policyProblemSchema),
      examples: z.array(ranExampleSchema),
      rules: z.int(),
    }),
  },
  /** Only on an approver's connection: what saving it would change, and the code to confirm it with. Saves nothing. */
  'policy.propose': { params: policyText, result: z.object({ proposal: policyProposalSchema, code: z.string() }) },
  /** On the connection it was proposed on: saves it. It counts for sessions that start from now on. */
  'policy.save': {
    params: z.object({ digest: digestSchema, code: z.string().max(16) }),
    result: z.object({ file: policyFileNameSchema, digest: z.string() }),
  },

  /** Open questions; with `all`, the newest that were answered or lapsed too. */
  'approval.list': { params: z.object({ all: z.boolean() }), result: z.object({ approvals: z.array(approvalSchema) }) },
  /**
   * Makes this connection an approval surface: of one session's own terminal, or of all. From now on
   * `approval.asked` and `approval.changed` come. Refused for whoever is not a process of the same person outside every
   * session, with a terminal of its own.
   */
  'approver.open': {
    params: z.object({
      session: sessionIdSchema.optional(),
      /** `window`: the desktop shell, known by its program instead of by a terminal. */
      surface: z.enum(['terminal', 'window']).optional(),
    }),
    result: empty,
  },
  /** Only on an approver's connection. `code` is the one it was shown with; denials need none. */
  'approval.answer': {
    params: z.object({
      id: approvalIdSchema,
      digest: digestSchema,
      answer: answerSchema,
      code: z.string().max(16).optional(),
    }),
    result: z.object({ approval: approvalSchema }),
  },

  /** Newest first. `more` says that older matches exist beyond `limit`. */
  'log.query': {
    params: logQuerySchema,
    result: z.object({ events: z.array(auditEventSchema), more: z.boolean() }),
  },
  /** How often which values occur among the events that match: exact over the whole log and over few matches. */
  'audit.facets': { params: facetsRequestSchema, result: facetsSchema },
  /** How much of it happened when, allowed and denied apart: exact, however many events match. */
  'audit.activity': { params: activityRequestSchema, result: activitySchema },
  /** From now on `log.appended` notifications come for events that match. Ends with the connection. */
  'log.follow': { params: z.object({ query: z.string().max(4096) }), result: z.object({ after: z.int() }) },
  /** Held against the keystore's key and newest checkpoint, the witness, and further trusted keys. */
  'log.verify': {
    params: z.object({ keys: z.array(z.string().max(1024)).max(64).optional() }),
    result: verifyResultSchema,
  },
  /** The newest signed checkpoint and the key to check it with, or why there is none. */
  'log.checkpoint': {
    params: empty,
    result: z.object({
      note: z.string().optional(),
      key: z.string().optional(),
      unsigned: z.string().optional(),
      remedy: z.string().optional(),
    }),
  },
  /** Erases the content of everything recorded before `before` (RFC 3339), on record. The proofs still hold. */
  'log.compact': {
    /** With `dryRun` nothing is erased or recorded: the answer says what would be. */
    params: z.object({ before: z.string().max(64), dryRun: z.boolean().optional() }),
    result: z.object({
      /** Number of the last entry that may go; 0 when nothing is as old. */
      through: z.int(),
      erased: z.int(),
      /** Bytes of content that go, where that is known: in a dry run. */
      bytes: z.int().optional(),
    }),
  },
  /** How long and how much content is kept, and how much there is. */
  'log.retention': {
    params: empty,
    result: z.object({
      retention: retentionSchema,
      /** Entries whose content is still there, and its bytes. */
      entries: z.int(),
      bytes: z.int(),
      /** When the oldest of them was recorded. */
      oldestAt: z.string().optional(),
    }),
  },
  /** Sets it and applies it. Without `keepMs` and `bytesMax` everything is kept. */
  'log.retention.set': {
    params: z.object({ retention: retentionSchema }),
    result: z.object({ retention: retentionSchema, through: z.int(), erased: z.int() }),
  },
  /** Makes the search index anew from the record. Resolves when it is there. */
  'log.reindex': { params: empty, result: z.object({ entries: z.int() }) },

  /** Saved queries by name, those that are built in first. */
  'log.searches.list': { params: empty, result: z.object({ searches: z.array(savedSearchSchema) }) },
  /** Saves a query, or replaces the one of this name. Throws `query_invalid` for one that would not run. */
  'log.searches.save': {
    params: savedSearchSchema.pick({ name: true, query: true }),
    result: z.object({ search: savedSearchSchema, replaced: z.boolean() }),
  },
  'log.searches.remove': {
    params: z.object({ name: z.string().max(64) }),
    result: z.object({ search: savedSearchSchema }),
  },
  /** Proves that an entry is under the newest checkpoint, or that one checkpoint continues another. */
  'log.prove': {
    params: z.union([
      z.object({ seq: z.int().min(1) }),
      z.object({ from: z.int().min(1), to: z.int().min(1).optional() }),
    ]),
    result: z.object({ proof: proofSchema }),
  },

  /** Explains a recorded decision. */
  'why.event': {
    params: z.object({ seq: z.int().min(1) }),
    result: z.object({ event: auditEventSchema, explanation: z.array(z.string()) }),
  },
  /** Says what would be decided, for an agent in a workspace. Changes and records nothing. */
  'why.hypothetical': {
    params: z.object({
      agent: agentNameSchema,
      action: actionSchema,
      /** A path, `host[:port]`, or `METHOD URL`, as the action needs. */
      resource: z.string().min(1).max(8192),
      cwd: z.string().max(4096),
      workspace: z.string().max(4096).optional(),
    }),
    result: z.object({ decision: decisionSchema, explanation: z.array(z.string()) }),
  },
} as const;
export type Api = typeof api;
export type Method = keyof Api;
export type Params<M extends Method> = z.input<Api[M]['params']>;
export type Result<M extends Method> = z.output<Api[M]['result']>;

/** Messages the supervisor sends unasked. */
export const notifications = {
  'log.appended': z.object({ event: auditEventSchema }),
  /** To approvers: somebody has to answer. An answer that allows needs the code, which no other surface was told. */
  'approval.asked': z.object({ approval: approvalSchema, code: z.string() }),
  'approval.changed': z.object({ approval: approvalSchema }),
} as const;
export type Notification = keyof typeof notifications;

import { z } from 'zod';
import { actionSchema } from './actions.ts';
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
import { grantSchema } from './grant.ts';
import { retentionSchema, savedSearchSchema } from './record.ts';
import { agentNameSchema, sessionSchema, sessionStartSchema, taskIdSchema, taskSchema } from './session.ts';

const empty = z.object({});
/** One session by id (or an unambiguous beginning of it), or all of them. */
const whichSessions = z.union([z.object({ id: z.string().min(1).max(64) }), z.object({ all: z.literal(true) })]);

/** Every method of the control API: JSON-RPC 2.0 over the local socket, one object of parameters each. */
export const api = {
  'supervisor.status': {
    params: empty,
    result: z.object({
      version: z.string(),
      pid: z.int(),
      startedAt: z.string(),
      home: z.string(),
      sessions: z.int(),
      events: z.int(),
      egressPid: z.int().optional(),
    }),
  },
  /** Ends every session when `force` is set; otherwise refused while sessions run. */
  'supervisor.stop': { params: z.object({ force: z.boolean() }), result: empty },
  'doctor.check': { params: empty, result: z.object({ mechanisms: z.array(mechanismSchema) }) },

  'session.start': {
    params: sessionStartSchema,
    result: z.object({
      session: sessionSchema,
      /** One use, for `stream.sock`; the session is ended when nobody presents it within 10 s. */
      streamToken: z.string(),
      /** Things a person should know before the agent speaks, e.g. a variable that looks like a secret. */
      notices: z.array(z.string()),
    }),
  },
  'session.list': { params: z.object({ all: z.boolean() }), result: z.object({ sessions: z.array(sessionSchema) }) },
  /** Terminate, then kill after a grace. Answers when every process is gone. */
  'session.stop': { params: whichSessions, result: z.object({ sessions: z.array(sessionSchema) }) },
  'session.kill': { params: whichSessions, result: z.object({ sessions: z.array(sessionSchema) }) },

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
  'grant.list': { params: z.object({ all: z.boolean() }), result: z.object({ grants: z.array(grantSchema) }) },

  /** Newest first. `more` says that older matches exist beyond `limit`. */
  'log.query': {
    params: logQuerySchema,
    result: z.object({ events: z.array(auditEventSchema), more: z.boolean() }),
  },
  /** How often which values occur among the events that match: exact over the whole log and over few matches. */
  'audit.facets': { params: facetsRequestSchema, result: facetsSchema },
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
} as const;
export type Notification = keyof typeof notifications;

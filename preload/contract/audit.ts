import { z } from 'zod';
import { actionSchema, resourceSchema } from './actions.ts';
import { reasonCodeSchema } from './decision.ts';

/** Kinds of audit events. `docs/audit-format.md` names the fields of each one's detail. */
export const eventKindSchema = z.enum([
  'log.opened',
  'log.damaged',
  'log.signed',
  'log.unsigned',
  'log.compacted',
  'log.retention',
  'log.reindexed',
  'supervisor.started',
  'supervisor.stopped',
  'egress.started',
  'egress.failed',
  'policy.loaded',
  'task.created',
  'task.ended',
  'grant.issued',
  'grant.ended',
  'grant.refused',
  'rule.added',
  'rule.removed',
  'agent.added',
  'agent.accepted',
  'agent.suspended',
  'agent.resumed',
  'agent.rotated',
  'agent.retired',
  'agent.refused',
  'agents.reviewed',
  'login.kept',
  'login.removed',
  'login.refused',
  'home.reset',
  'memory.pinned',
  'memory.changed',
  'memory.accepted',
  'session.starting',
  'session.started',
  'session.attached',
  'session.detached',
  'transcript.removed',
  'session.refused',
  'session.paused',
  'session.resumed',
  'session.stopping',
  'session.ended',
  'decision',
  'approval.asked',
  'approval.answered',
  'approval.lapsed',
  'port.exposed',
  'port.closed',
  'connection.opened',
  'connection.closed',
  'workspace.changed',
  'workspace.watch',
  'limit.reached',
  'breaker.tripped',
  'clock.changed',
]);
export type EventKind = z.infer<typeof eventKindSchema>;

/** Event facts before they are numbered, redacted, chained and stored. */
export const newEventSchema = z.object({
  kind: eventKindSchema,
  session: z.string().optional(),
  task: z.string().optional(),
  agent: z.string().optional(),
  action: actionSchema.optional(),
  resource: resourceSchema.optional(),
  decision: z.enum(['allow', 'deny']).optional(),
  reason: reasonCodeSchema.optional(),
  /** One sentence for a person. */
  summary: z.string(),
  detail: z.record(z.string(), z.json()),
});
export type NewEvent = z.infer<typeof newEventSchema>;

/** A stored event. `seq` counts from 1 without gaps. */
export const auditEventSchema = newEventSchema.extend({
  seq: z.int().min(1),
  /** RFC 3339, UTC, milliseconds. */
  at: z.string(),
  /** SHA-256 of the entry, lower-case hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/u),
});
export type AuditEvent = z.infer<typeof auditEventSchema>;

export const logQuerySchema = z.object({
  /** Query language of `docs/audit-format.md`: free words and `field:value`. */
  query: z.string().max(4096),
  /** RFC 3339. Inclusive. */
  since: z.string().optional(),
  until: z.string().optional(),
  agent: z.string().optional(),
  session: z.string().optional(),
  limit: z.int().min(1).max(10_000),
  /** Only events with a smaller seq (older): for paging. Results come newest first. */
  before: z.int().min(1).optional(),
  /** Only events with a larger seq (newer): for following. */
  after: z.int().min(0).optional(),
});
export type LogQuery = z.infer<typeof logQuerySchema>;

/** What events are counted by in a listing of facets. `gate` is what a decision had to pass (`detail.gates`). */
export const facetFields = ['kind', 'decision', 'agent', 'session', 'host', 'action', 'reason', 'gate'] as const;

export const facetsRequestSchema = z.object({
  /** Query language of `docs/audit-format.md`; empty for the whole log. */
  query: z.string().max(4096),
  since: z.string().optional(),
  until: z.string().optional(),
  agent: z.string().optional(),
  session: z.string().optional(),
  /** Values of each field, at most. */
  limit: z.int().min(1).max(1000),
});
export type FacetsRequest = z.infer<typeof facetsRequestSchema>;

export const facetsSchema = z.object({
  /** Events counted. */
  entries: z.int().min(0),
  /** Otherwise only the newest were counted, and every number means "at least". */
  exact: z.boolean(),
  /** Every field, in the order of `facetFields`. Most often first; sessions newest first. */
  fields: z.array(
    z.object({
      field: z.enum(facetFields),
      values: z.array(z.object({ value: z.string(), entries: z.int().min(1) })),
      /** There are other values beyond `limit`. */
      more: z.boolean(),
    }),
  ),
  /** Entries by UTC hour (`2026-01-31T12`), oldest first; hours without any are left out. The newest 744 at most. */
  activity: z.array(z.object({ hour: z.string(), entries: z.int().min(1) })),
});
export type Facets = z.infer<typeof facetsSchema>;

/** Kinds of damage; `docs/audit-format.md` says when which is named. */
export const damageKindSchema = z.enum([
  'edited',
  'reordered',
  'missing',
  'truncated',
  'rolled_back',
  'forged_checkpoint',
  'unreadable',
]);

export const damageSchema = z.object({
  /** The first entry that does not hold. */
  seq: z.int().min(1),
  kind: damageKindSchema,
  what: z.string(),
});

export const verifyResultSchema = z.object({
  ok: z.boolean(),
  entries: z.int().min(0),
  /** Hash of the newest entry, hex; absent for an empty log. */
  head: z.string().optional(),
  damage: damageSchema.optional(),
  /** How far signatures vouch for it; absent when neither checkpoints nor a key are there. */
  checkpoints: z
    .object({
      /** Signed checkpoints in the log that held. */
      held: z.int().min(0),
      /** Entries the newest of them covers; 0 when there is none. */
      size: z.int().min(0),
      /** Checkpoints kept elsewhere (keystore, witness) that held. */
      elsewhere: z.int().min(0),
      /** Why signatures were not checked or are not made. */
      unsigned: z.string().optional(),
      remedy: z.string().optional(),
    })
    .optional(),
  /** Whether the search index finds every entry; absent when the log itself does not hold. No evidence, but a search could hide entries. */
  index: z
    .object({
      ok: z.boolean(),
      what: z.string().optional(),
      remedy: z.string().optional(),
    })
    .optional(),
});
export type VerifyResult = z.infer<typeof verifyResultSchema>;

const hashText = z.string().regex(/^[0-9a-f]{64}$/u);

/** A proof as a file; `docs/audit-format.md` says how to check one. */
export const proofSchema = z.object({
  v: z.literal(1),
  /** A signed note. */
  checkpoint: z.string().max(4096),
  /** The earlier signed note, in a proof that one checkpoint continues another. */
  from: z.string().max(4096).optional(),
  /** The entry, in a proof that it is in the log. */
  entry: z
    .object({
      seq: z.int().min(1),
      at: z.string(),
      kind: z.string(),
      prev: hashText,
      salt: z.string(),
      payloadHash: hashText,
      hash: hashText,
      payload: z.string(),
    })
    .optional(),
  path: z.array(hashText).max(128),
});
export type Proof = z.infer<typeof proofSchema>;

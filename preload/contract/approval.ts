import { z } from 'zod';
import { actionSchema, resourceSchema } from './actions.ts';
import { tripSchema } from './breaker.ts';
import { actorSchema, agentNameSchema, sessionIdSchema, taskIdSchema } from './session.ts';

export const approvalIdSchema = z.string().regex(/^a-[0-9a-f]{8}$/u, 'must look like a-1a2b3c4d');

/** What a person can answer (APR-3). `always` is for this agent in this workspace. */
export const answerSchema = z.enum([
  'allow-once',
  'allow-15m',
  'allow-task',
  'always',
  'deny-once',
  'deny-task',
  'deny-pause',
  'deny-stop',
]);
export type Answer = z.infer<typeof answerSchema>;

/** Whether an answer lets something happen. Nothing else does. */
export function isAllow(answer: Answer): boolean {
  return answer === 'allow-once' || answer === 'allow-15m' || answer === 'allow-task' || answer === 'always';
}

/** As the rules say it; shown as Routine, Notable, High. */
export const riskSchema = z.enum(['low', 'notable', 'high']);

/** How often something was let through before, as far as the record was looked at. */
export const earlierConnectionsSchema = z.object({
  times: z.int().min(0),
  /** RFC 3339; absent when there was none. */
  lastAt: z.string().optional(),
  /** It may have been more often: only the newest were counted. */
  atLeast: z.boolean(),
  /** Older content of the record was erased: what it said is not counted. */
  erased: z.boolean(),
});
export type EarlierConnections = z.infer<typeof earlierConnectionsSchema>;

/**
 * One question to a person, made of facts that only the supervisor established. Texts that an agent chose (`claim`,
 * parts of `command` and `resource`) are shown escaped.
 */
export const approvalSchema = z.object({
  id: approvalIdSchema,
  /** SHA-256 of the RFC 8785 form of the exact action, hex: what an answer is bound to (APR-4). */
  digest: z.string().regex(/^[0-9a-f]{64}$/u),
  session: sessionIdSchema,
  agent: agentNameSchema,
  task: taskIdSchema,
  taskText: z.string(),
  /** When the task ends at the latest, RFC 3339: nothing that is allowed lasts longer, but for what is remembered. */
  taskEndsAt: z.string().optional(),
  /** Of a nested session: who started it, nearest first. What is allowed to it is allowed to each of them. */
  startedBy: z.array(actorSchema).optional(),
  /** Of a nested session: what the agent that started it says it is to do. A claim, to be shown as one. */
  claimedTask: z.string().max(1000).optional(),
  workspace: z.string(),
  /** The agent's own command line. */
  command: z.array(z.string()),
  /** The agent's executable, as it was when the session began. */
  executable: z.object({ path: z.string(), sha256: z.string() }),
  /** The key the agent acts with: SHA-256 of the public key, hex, and the same as short words. Absent for a session of nobody. */
  key: z.object({ fingerprint: z.string(), words: z.string() }).optional(),
  /** `session.continue` is no action of an agent's: a breaker stopped its session, and a person says whether it goes on. */
  action: z.union([actionSchema, z.literal('session.continue')]),
  resource: z.discriminatedUnion('kind', [...resourceSchema.options, tripSchema]),
  /** What the program that asks calls itself: its own words, to be shown apart from the facts and labelled as a claim. */
  claim: z.string().max(200).optional(),
  /** Of a literal address: what it belongs to, in words. Absent for a name, which is looked up only once it is allowed. */
  leadsTo: z.string().max(80).optional(),
  /**
   * Of a host and port: how often this agent was let connect there before, by the record. Absent where that could not be found out. No part
   * of the digest, like every fact that is not of the act itself: the same call asks the same question.
   */
  before: earlierConnectionsSchema.optional(),
  /** Bytes that the session has sent out so far, by the newest count. */
  sentBytes: z.int().min(0).optional(),
  /** How it would leave: `connect`, `http`, `socks5`. */
  protocol: z.string(),
  gates: z.array(z.object({ gate: z.string(), risk: riskSchema, reason: z.string(), onlyOnce: z.boolean() })),
  /** The highest risk of its gates. */
  risk: riskSchema,
  /** Answers that can be given; never wider than the gates allow. */
  answers: z.array(answerSchema),
  /** The spec of the grant that every answer wider than `allow-once` gives. */
  grant: z.string().optional(),
  /** RFC 3339. */
  askedAt: z.string(),
  /** Calls that wait for the answer right now, all with this digest. */
  held: z.int().min(0),
  /** How long calls are held, in milliseconds from `askedAt`; then they are denied, and an answer counts for the next try. */
  patienceMs: z.int(),
  state: z.enum(['waiting', 'pending', 'allowed', 'denied', 'lapsed']),
  /** The answer, once there is one. */
  answer: answerSchema.optional(),
  /** Why it lapsed without an answer. */
  why: z.string().optional(),
});
export type Approval = z.infer<typeof approvalSchema>;

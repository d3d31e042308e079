import { z } from 'zod';

/** Why a decision came out as it did. Every code is explained in `docs/policy.md`. */
export const reasonCodeSchema = z.enum([
  /** allow: a rule permits it and every gate in the way is lifted by a grant. */
  'permitted',
  /** deny: no rule permits it. */
  'no_permit',
  /** deny: a rule without a gate forbids it; nobody can lift it. */
  'forbidden',
  /** deny: only gates stand in the way; a person could lift them, but nobody could be asked. */
  'approval_needed',
  /** deny: a person was asked and said no, to this or to the same action before. */
  'denied_by_person',
  /** deny: a person was asked and has not answered; when they allow it, trying again succeeds. */
  'pending',
  /** deny: the session asks for too much at a time to bother a person with. */
  'too_many_questions',
  /** deny: a rule failed to evaluate, so no rule can be trusted to have been seen. */
  'policy_error',
  /** deny: the session is not running (or never existed). */
  'session_invalid',
  /** deny: the task has ended or its time is over. */
  'task_ended',
  /** deny: the agent's executable changed since the session began. */
  'binary_changed',
  /** deny: one of the session's breakers tripped, and no person has let it go on. */
  'breaker_tripped',
  /** deny: the agent was suspended or retired, or the session's credential is over. */
  'identity_invalid',
  /** deny: the name resolves to an address that no name may lead to (loopback, private, metadata…). */
  'address_forbidden',
  /** deny: the host, port, method or path is not well-formed. */
  'bad_request',
  /** deny: a process of another user came to a port that the session exposes. */
  'other_user',
  /** deny: the name does not resolve. */
  'name_unresolved',
  /** deny: a bound was reached (connections, header size, time). */
  'limit',
  /** deny: the decision could not be recorded, so it does not take effect. */
  'audit_unavailable',
  /** deny: no answer came in time. */
  'timeout',
]);
export type ReasonCode = z.infer<typeof reasonCodeSchema>;

/** A verdict that always comes with its why. */
export const decisionSchema = z.object({
  outcome: z.enum(['allow', 'deny']),
  reason: reasonCodeSchema,
  /** Gates that stand closed (deny) or were lifted (allow), sorted. */
  gates: z.array(z.string()),
  /** Ids of the determining policies, sorted: `layer/file#id`. */
  policies: z.array(z.string()),
  /** Ids of the grants that lifted gates. */
  grants: z.array(z.string()),
  /** One sentence a person or a model can act on. */
  explanation: z.string(),
  /** The grant spec that would lift the gates, when there is one, e.g. `net.connect:example.org:443`. */
  remedy: z.string().optional(),
});
export type Decision = z.infer<typeof decisionSchema>;

import { z } from 'zod';
import { agentQuestionSchema } from './agent.ts';
import { memoryQuestionSchema } from './memory.ts';

/**
 * Operating errors: something outside went wrong or was asked for wrongly. They travel as JSON-RPC error -32000 with
 * this shape as `data`. A denial is not an error but a value (`decision.ts`); a bug is an assertion.
 */
export const errorCodeSchema = z.enum([
  'invalid_request',
  'not_found',
  'workspace_refused',
  'command_not_found',
  'grant_invalid',
  'grant_refused',
  'policy_invalid',
  'preset_invalid',
  'sandbox_unavailable',
  'sandbox_failed',
  'egress_unavailable',
  /** A port of the host that a session should be reached on. */
  'port_unavailable',
  'audit_unavailable',
  'audit_damaged',
  'keystore_unavailable',
  'state_unusable',
  'supervisor_running',
  'supervisor_unreachable',
  /** Its process is there and does not answer. */
  'supervisor_silent',
  'supervisor_stopping',
  'approval_refused',
  'attach_refused',
  /** An agent that nobody brought in yet. `agent` has what a person would accept. */
  'agent_unknown',
  /** Its executable is not the one that was accepted. `agent` has what a person would accept. */
  'agent_changed',
  /** It is suspended or retired, or its key is not the one on record. */
  'agent_refused',
  /** What it would be told is not what was pinned. `memory` has what a person would accept. */
  'memory_changed',
  /** An instruction or memory file cannot be pinned. */
  'memory_refused',
  'session_not_running',
  'task_ended',
  'query_invalid',
  'frame_too_large',
  'too_many',
]);
export type ErrorCode = z.infer<typeof errorCodeSchema>;

export const errorDataSchema = z.object({
  code: errorCodeSchema,
  /** What failed and on what, one sentence. */
  what: z.string(),
  /** Why, when known. */
  why: z.string().optional(),
  /** What the person can do about it. */
  remedy: z.string().optional(),
  /** What a person can be asked about it, with `agent_unknown` and `agent_changed`. */
  agent: agentQuestionSchema.optional(),
  /** The same, with `memory_changed`. */
  memory: memoryQuestionSchema.optional(),
});
export type ErrorData = z.infer<typeof errorDataSchema>;

import { z } from 'zod';
import { errorDataSchema } from './errors.ts';
import { limitsSchema, sessionIdSchema, terminalSizeSchema } from './session.ts';

/**
 * The delegation socket: the one thing of the supervisor's that a session can speak to. A session sees its own and no other, so
 * the socket says who calls.
 *
 * One connection is one child. The client sends one line, a `delegationStartSchema` as JSON; the supervisor answers with one line, a
 * `delegationAnswerSchema`; when the child runs, frames follow as on the stream socket (`stream.ts`), until its end. A
 * connection that closes ends the child.
 */

/** A line of either side, its newline not counted. */
export const delegationLineBytesMax = 262_144;

/** What an agent asks for when it starts another. Nothing in it can widen anything: it names less than its session has. */
export const delegationStartSchema = z.strictObject({
  v: z.literal(1),
  command: z.array(z.string().max(131_072)).min(1).max(4096),
  /** Absolute; in the workspace. */
  cwd: z.string().min(1).max(4096),
  /** A folder in the workspace, relative to `cwd`; absent means the workspace itself. */
  workspace: z.string().min(1).max(4096).optional(),
  /** What the agent says the child is to do: a claim, shown as one. */
  claim: z.string().max(1000).optional(),
  /** Grants of the parent's that the child gets as well; the child's preset names the others. */
  grants: z.array(z.string().max(8192)).max(64),
  /** Names of variables that a person let into the parent and that the child gets as well. */
  variables: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/u, 'must be the name of a variable')).max(64),
  limits: limitsSchema,
  /** Present for an interactive child. */
  terminal: terminalSizeSchema.optional(),
});
export type DelegationStart = z.infer<typeof delegationStartSchema>;

export const delegationAnswerSchema = z.union([
  z.strictObject({
    started: z.strictObject({ session: sessionIdSchema, agent: z.string(), notices: z.array(z.string()) }),
  }),
  z.strictObject({ refused: errorDataSchema }),
]);
export type DelegationAnswer = z.infer<typeof delegationAnswerSchema>;

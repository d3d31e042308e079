import { z } from 'zod';
import { agentQuestionSchema } from './agent.ts';
import { exposedPortSchema } from './exposed-port.ts';
import { agentNameSchema, limitsSchema } from './session.ts';

/** What a start would be, as the supervisor finds it before anything of it exists: what a person is shown before it is confirmed. */
export const startExaminationSchema = z.object({
  agent: agentNameSchema,
  /** The executable that would run, outside the walls. */
  program: z.string(),
  /** Canonical. */
  workspace: z.string(),
  /** What was asked for besides, as it would be given. */
  grants: z.array(z.string()),
  exposed: z.array(exposedPortSchema),
  /** All limits that would hold, defaults included. */
  limits: limitsSchema,
  /** How long its task would live at most. */
  lifeMs: z.int(),
  /** Things a person should know before, e.g. that a variable looks like a secret. */
  notices: z.array(z.string()),
  /**
   * The very same was started before by a person, and nothing is given besides: same command, agent and workspace, no other words for the
   * task, no longer life, no grant, variable, port or limit, and none of the limits and breakers looser that held it then.
   */
  repeats: z.boolean(),
  /** Of all that would be started, as it was found: `examined` of the start that follows. */
  digest: z.string().regex(/^[0-9a-f]{64}$/u),
  /** What has to be accepted about its agent first. */
  question: agentQuestionSchema.optional(),
});
export type StartExamination = z.infer<typeof startExaminationSchema>;

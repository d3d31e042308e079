import { z } from 'zod';
import { absolutePathSchema } from './actions.ts';
import { agentNameSchema } from './session.ts';

export const alwaysRuleIdSchema = z.string().regex(/^r-[0-9a-f]{8}$/u, 'must look like r-1a2b3c4d');

/**
 * What a person answered with "always": every task of this agent in this workspace begins with this grant, until the
 * rule is removed. One file each, `always/ID.json` below the configuration folder, to be read and removed by its owner.
 */
export const alwaysRuleSchema = z.strictObject({
  v: z.literal(1),
  id: alwaysRuleIdSchema,
  agent: agentNameSchema,
  workspace: absolutePathSchema,
  /** A canonical grant spec. */
  spec: z.string().max(8192),
  /** RFC 3339. */
  givenAt: z.string().max(64),
  /** The question that was answered, and what was asked then. */
  approval: z.string().max(64),
  because: z.string().max(1000),
});
export type AlwaysRule = z.infer<typeof alwaysRuleSchema>;

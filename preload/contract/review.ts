import { z } from 'zod';
import { listedAgentSchema } from './agent.ts';
import { alwaysRuleSchema } from './always-rule.ts';
import { grantSchema } from './grant.ts';
import { agentNameSchema, sessionIdSchema } from './session.ts';

/**
 * What a review finds worth a look. `idle`: not seen for 30 days. `ownerless`: its owner is no user of this machine. `changed`, `gone`:
 * its program is not the accepted one, or not there. `unverified`: nobody ran its preset inside these walls. `unused-rules`:
 * always-rules that nothing ever used.
 */
export const reviewFlagSchema = z.enum(['idle', 'ownerless', 'changed', 'gone', 'unverified', 'unused-rules']);
export type ReviewFlag = z.infer<typeof reviewFlagSchema>;

/** An always-rule, and how often what it gave was used. */
export const reviewedRuleSchema = alwaysRuleSchema.extend({ uses: z.int(), lastUsedAt: z.string().optional() });
export type ReviewedRule = z.infer<typeof reviewedRuleSchema>;

/** Who may do what: one agent with everything it has. */
export const reviewedAgentSchema = z.object({
  agent: listedAgentSchema,
  /** What is at the program's place now, held against what was accepted. */
  program: z.enum(['accepted', 'changed', 'gone']),
  idleDays: z.int(),
  /** Of the newest session that is known. */
  lastSession: z.object({ id: sessionIdSchema, workspace: z.string(), startedAt: z.string() }).optional(),
  running: z.int(),
  /** What its preset gives to each of its sessions. */
  presetGrants: z.array(z.string()),
  rules: z.array(reviewedRuleSchema),
  /** Grants in force of tasks that its sessions run in. */
  grants: z.array(grantSchema),
  /** Paths of its login. */
  login: z.array(z.string()),
  homes: z.object({ count: z.int(), bytes: z.int(), complete: z.boolean() }),
  flags: z.array(reviewFlagSchema),
});
export type ReviewedAgent = z.infer<typeof reviewedAgentSchema>;

/** When somebody last looked through all of it, and whether it is time again. */
export const reviewStateSchema = z.object({ reviewedAt: z.string().optional(), due: z.boolean() });
export type ReviewState = z.infer<typeof reviewStateSchema>;

/** A finished review, as it goes on record. */
export const reviewResultSchema = z.object({
  at: z.string(),
  agents: z.array(agentNameSchema),
  flagged: z.array(agentNameSchema),
});

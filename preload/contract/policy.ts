import { z } from 'zod';
import { actionSchema } from './actions.ts';
import { errorDataSchema } from './errors.ts';

/** Where rules come from, from the most to the least trusted. */
export const ruleLayerSchema = z.enum(['base', 'preset', 'user', 'repository']);
export type RuleLayer = z.infer<typeof ruleLayerSchema>;

/** A rule that is in force, with its text. What a repository wrote is its claim, its `reason` too. */
export const listedRuleSchema = z.object({
  /** `layer/file#id`, as decisions name it. */
  id: z.string(),
  layer: ruleLayerSchema,
  /** `layer/file`. */
  file: z.string(),
  line: z.int(),
  text: z.string(),
  effect: z.enum(['permit', 'forbid']),
  /** What of the agents' wishes it is about. */
  actions: z.array(actionSchema),
  /** It applies to some of that: it names a resource or a principal, or has a condition besides its gate. */
  limited: z.boolean(),
  /** The one host or path its head names. */
  on: z.string().optional(),
  gate: z.string().optional(),
  risk: z.enum(['low', 'notable', 'high']),
  /** `once`: no standing grant lifts its gate. */
  scope: z.enum(['once', 'any']),
  reason: z.string().optional(),
  examples: z.int(),
});
export type ListedRule = z.infer<typeof listedRuleSchema>;

/** A file that other programs trust later, or that is left to agents on purpose, with the reason. */
export const protectedFileSchema = z.object({
  /** Below the workspace, or with `$HOME`. */
  path: z.string(),
  protected: z.boolean(),
  reason: z.string(),
});
export type ProtectedFile = z.infer<typeof protectedFileSchema>;

/** Everything that decides, before a grant lifts a gate. */
export const policyListSchema = z.object({
  /** Of all rules, path sets and the schema together. */
  digest: z.string(),
  /** Canonical; absent when no folder was named. */
  workspace: z.string().optional(),
  /** The person's. */
  home: z.string(),
  /** Where the person's own rules lie. */
  userFolder: z.string(),
  rules: z.array(listedRuleSchema),
  /** The files of the person's own rules, as they are in force. */
  files: z.array(z.object({ name: z.string(), text: z.string() })),
  /** What is granted to sessions of an agent from their start. */
  presets: z.array(z.object({ id: z.string(), title: z.string(), grants: z.array(z.string()) })),
  protected: z.array(protectedFileSchema),
  /** Why the workspace's own rules cannot be used: no session starts there until they can. */
  problem: errorDataSchema.optional(),
});
export type PolicyList = z.infer<typeof policyListSchema>;

/** One example that a rule carries, and how it came out against that rule alone. */
export const ranExampleSchema = z.object({
  rule: z.string(),
  example: z.string(),
  expected: z.enum(['allow', 'deny']),
  ok: z.boolean(),
  why: z.string(),
});
export type RanExample = z.infer<typeof ranExampleSchema>;

/** The name of a file of the person's own rules. */
export const policyFileNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}\.cedar$/u, 'must be lower-case letters, digits and dashes, and end with .cedar');
/** Characters of one file of rules. */
export const policyTextCharsMax = 256 * 1024;

/** One thing that is wrong with a text, for its author to fix. */
export const policyProblemSchema = z.object({
  line: z.int().optional(),
  what: z.string(),
  remedy: z.string(),
});
export type ShownPolicyProblem = z.infer<typeof policyProblemSchema>;

/** A past decision that would come out otherwise. */
export const pastChangeSchema = z.object({
  agent: z.string(),
  /** `connect to example.org:443`. */
  what: z.string(),
  was: z.enum(['allow', 'ask', 'deny']),
  would: z.enum(['allow', 'ask', 'deny']),
  times: z.int(),
});
export type PastChange = z.infer<typeof pastChangeSchema>;

/** Rules of the person's own that somebody wants to change, as they would be. */
export const policyProposalSchema = z.object({
  /** SHA-256, hex: what the confirmation is bound to. */
  digest: z.string(),
  file: policyFileNameSchema,
  folder: z.string(),
  /** Absent for a new file. */
  before: z.string().optional(),
  /** Absent when the file goes. */
  after: z.string().optional(),
  /** Decisions of the last seven days that were looked at. */
  past: z.int(),
  changes: z.array(pastChangeSchema),
});
export type PolicyProposal = z.infer<typeof policyProposalSchema>;

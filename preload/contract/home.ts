import { z } from 'zod';

/** One private home of an agent: what it keeps in one workspace. */
export const agentHomeSchema = z.object({
  /** Undefined for one whose workspace nobody knows any more. */
  workspace: z.string().optional(),
  /** Name of its folder: the beginning of the workspace's digest. */
  id: z.string(),
  bytes: z.int(),
  files: z.int(),
  /** Whether everything was counted; else there is more. */
  complete: z.boolean(),
  /** Sessions that use it now. */
  sessions: z.int(),
});
export type AgentHome = z.infer<typeof agentHomeSchema>;

/** One file of an agent's login, kept for all its workspaces. Never its content. */
export const keptLoginSchema = z.object({
  /** As the agent sees it, e.g. `~/.codex/auth.json`. */
  path: z.string(),
  bytes: z.int(),
  /** RFC 3339. */
  changedAt: z.string(),
});
export type KeptLogin = z.infer<typeof keptLoginSchema>;

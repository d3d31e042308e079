import { z } from 'zod';
import { actionSchema } from './actions.ts';

/**
 * Authority that belongs to one task and ends. A grant is a row, not a policy: it lifts named gates for resources that
 * match its pattern.
 *
 * Spec forms (DESIGN §9): `file.read:PATH`, `file.write:PATH`, `net.connect:HOST[:PORT]` (HOST may be `*.example.org`;
 * a literal IPv6 address is bracketed), `http.request:METHOD URL*`.
 */
export const grantSchema = z.object({
  id: z.string(),
  /** The canonical spec, e.g. `net.connect:api.example.org:443`. */
  spec: z.string(),
  action: actionSchema,
  taskId: z.string(),
  /** Who gave it: the person, the agent's preset, Gatehouse itself for the workspace, or an always-rule of the person's. */
  giver: z.enum(['person', 'preset', 'workspace', 'always']),
  /** The always-rule it comes from. */
  rule: z.string().optional(),
  /** RFC 3339, UTC, milliseconds. */
  issuedAt: z.string(),
  expiresAt: z.string(),
  uses: z.int().min(0),
  lastUsedAt: z.string().optional(),
  revokedAt: z.string().optional(),
});
export type Grant = z.infer<typeof grantSchema>;

/** A grant that somebody wants to add by hand: what the surface shows before it is confirmed with a code. */
export const grantProposalSchema = z.object({
  /** SHA-256, hex: what the confirmation is bound to. */
  digest: z.string(),
  spec: z.string(),
  taskId: z.string(),
  taskText: z.string(),
  workspace: z.string(),
  /** RFC 3339. The grant ends with it at the latest. */
  taskEndsAt: z.string(),
  /** How long it is in force, from the confirmation. */
  forMs: z.int().optional(),
});
export type GrantProposal = z.infer<typeof grantProposalSchema>;

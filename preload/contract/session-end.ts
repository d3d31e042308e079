import { z } from 'zod';
import { grantSchema } from './grant.ts';

/** What a session made of its grants (GRT-5). Folders are held by mounts and not counted. */
export const grantsSummarySchema = z.object({
  /** Granted by the person or an always-rule, and used for nothing. */
  unused: z.array(z.object({ grant: z.string(), spec: z.string(), giver: grantSchema.shape.giver })),
  /** Grants of the preset that nothing used. */
  unusedOfPreset: z.int().min(0),
  /** Wider than what they were used for; `enough` would have covered all of it. */
  narrower: z.array(z.object({ grant: z.string(), spec: z.string(), enough: z.array(z.string()) })),
});
export type GrantsSummary = z.infer<typeof grantsSummarySchema>;

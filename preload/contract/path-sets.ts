import { z } from 'zod';

const reasonSchema = z
  .string()
  .min(1)
  .max(300)
  .regex(/^[\p{L}\p{N}\p{P}\p{S} ]+$/u, 'must be words on one line');

/** Members of a path set that are in it for one reason. */
export const pathGroupSchema = z.strictObject({
  /** In words that fit after "because". */
  reason: reasonSchema,
  /** Text that agents are told at their start: pinned by digest for each agent and workspace (DAT-3). */
  instructions: z.literal(true).optional(),
  paths: z.array(z.string().max(4096)).max(1000),
});
export type PathGroup = z.infer<typeof pathGroupSchema>;

/** `resources/policies/paths.json`: named lists of paths; members are paths, or groups of them with their reason. */
export const pathSetsSchema = z.record(z.string(), z.array(z.union([z.string().max(4096), pathGroupSchema])).max(1000));

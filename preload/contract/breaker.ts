import { z } from 'zod';

/** What is counted of every session; reaching a threshold stops it until a person answers. */
export const breakerNameSchema = z.enum(['deletions', 'denials', 'bytes-out', 'processes', 'starts', 'requests']);
export type BreakerName = z.infer<typeof breakerNameSchema>;

/** What a person chose for one run: another threshold, or `off`. A breaker that is not named has its default. */
export const breakerSettingsSchema = z.partialRecord(
  breakerNameSchema,
  z.union([z.literal('off'), z.int().min(1).max(Number.MAX_SAFE_INTEGER)]),
);
export type BreakerSettings = z.infer<typeof breakerSettingsSchema>;

/** One breaker that tripped. */
export const tripSchema = z.object({
  kind: z.literal('breaker'),
  breaker: breakerNameSchema,
  /** How much was counted when it tripped: at least `threshold`. */
  count: z.number().min(1),
  /** From the first of it to the last, in milliseconds; 0 for what was there at one moment. */
  spanMs: z.number().min(0),
  threshold: z.number().min(1),
  windowMs: z.number().min(0),
  /** The last things counted, oldest first: paths, hosts, requests. An agent chose their names. */
  objects: z.array(z.string().max(512)).max(10),
  /** Numbers the trips of a session, from 1. */
  number: z.int().min(1),
});
export type Trip = z.infer<typeof tripSchema>;

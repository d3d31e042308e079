import { z } from 'zod';

/** Bars of a chart at most. */
export const barsMax = 400;
/** Minutes of a day: no clock is further from UTC. */
const dayMinutes = 1440;

/** What is to be counted over time: every match of a query, however many there are. */
export const activityRequestSchema = z.object({
  /** Query language of `docs/audit-format.md`; empty for the whole log. */
  query: z.string().max(4096),
  since: z.string().optional(),
  until: z.string().optional(),
  agent: z.string().optional(),
  session: z.string().optional(),
  /** Bars at most. */
  bars: z.int().min(1).max(barsMax),
  /** Minutes that the clock of whoever looks is ahead of UTC, so that a bar of a day is a day of theirs. */
  offsetMinutes: z.int().min(-dayMinutes).max(dayMinutes).optional(),
});
export type ActivityRequest = z.infer<typeof activityRequestSchema>;

const counts = {
  /** All of them, decisions or not. */
  entries: z.int().min(0),
  allowed: z.int().min(0),
  denied: z.int().min(0),
};

export const activitySchema = z.object({
  ...counts,
  /** Otherwise only the newest were counted: those of a path have to be looked at one by one. */
  exact: z.boolean(),
  /** Length of a bar. */
  stepMs: z.int().min(1),
  /**
   * One after the other without a gap, oldest first; none when nothing matches. `at` is where a bar begins, milliseconds since 1970. What was
   * recorded while the clock had been set back stands beside what was recorded before it.
   */
  bars: z.array(z.object({ at: z.int(), ...counts })),
});
export type Activity = z.infer<typeof activitySchema>;

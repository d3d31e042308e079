import { z } from 'zod';

/** One protection or service the product stands on, as `gatehouse doctor` reports it. */
export const mechanismSchema = z.object({
  /** Stable id, e.g. `bubblewrap`, `user-namespaces`, `seccomp`, `cgroup-limits`. */
  id: z.string(),
  title: z.string(),
  /** `ok`; `limited`: works with a stated weakness; `missing`: sessions are refused until it is there. */
  state: z.enum(['ok', 'limited', 'missing']),
  /** What was found, one or two sentences. */
  detail: z.string(),
  /** What to do, when there is something to do. */
  remedy: z.string().optional(),
});
export type Mechanism = z.infer<typeof mechanismSchema>;

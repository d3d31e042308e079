import { z } from 'zod';

/** One protection or service the product stands on, as this machine has it. */
export const mechanismSchema = z.object({
  /** Stable id; `mechanisms.ts` lists them all. */
  id: z.string(),
  title: z.string(),
  /**
   * `ok`; `limited`: works with a stated weakness; `missing`: sessions are refused until it is there; `unused`: nothing stands on it
   * yet or now, and it is stated so that nobody has to guess.
   */
  state: z.enum(['ok', 'limited', 'missing', 'unused']),
  /** What was found, one or two sentences. */
  detail: z.string(),
  /** What to do, when there is something to do. */
  remedy: z.string().optional(),
});
export type Mechanism = z.infer<typeof mechanismSchema>;

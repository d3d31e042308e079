import { z } from 'zod';

/** The supervisor that runs, and how much it holds. */
export const supervisorStatusSchema = z.object({
  version: z.string(),
  pid: z.int(),
  startedAt: z.string(),
  home: z.string(),
  sessions: z.int(),
  events: z.int(),
  egressPid: z.int().optional(),
});

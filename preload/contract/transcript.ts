import { z } from 'zod';
import { sessionIdSchema } from './session.ts';

/** What a session printed, written because its person asked for that. Sensitive: nothing in it is redacted. */
export const listedTranscriptSchema = z.object({
  session: sessionIdSchema,
  path: z.string(),
  bytes: z.int(),
  /** When it was last written. */
  at: z.string(),
});
export type ListedTranscript = z.infer<typeof listedTranscriptSchema>;

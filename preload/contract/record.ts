import { z } from 'zod';

/** The form of a saved search's name: what follows the `@` in `gatehouse log @NAME`. */
export const searchNamePattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/u;

/** A query under a name. */
export const savedSearchSchema = z.object({
  /** Its form is checked where it is saved, so that the error can say what is wrong. */
  name: z.string().min(1).max(64),
  /** Query language of `docs/audit-format.md`. */
  query: z.string().max(4096),
  /** What it finds, one sentence; only of those that are built in. */
  what: z.string().optional(),
  builtIn: z.boolean(),
});
export type SavedSearch = z.infer<typeof savedSearchSchema>;

/** How long content stays on record. The entries themselves, and everything that proves them, stay for ever. */
export const retentionSchema = z.object({
  /** Content older than this is erased. */
  keepMs: z.int().min(60_000).optional(),
  /** Content beyond so many bytes is erased, the oldest first. */
  bytesMax: z.int().min(4096).optional(),
});
export type Retention = z.infer<typeof retentionSchema>;

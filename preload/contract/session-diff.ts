import { z } from 'zod';

/** Files one question is about, at most. */
export const diffPathsMax = 64;
/** A longer file is not compared line by line. */
export const diffTextBytesMax = 1024 * 1024;
/** Lines of one file that are handed out, and characters of one line. What is beyond is counted. */
export const diffLinesMax = 5_000;
export const diffLineCharactersMax = 2_000;

/** A commit of SHA-1 or SHA-256. */
export const commitIdSchema = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u);

/** What stands at a path. `unknown`: nobody can say; `hidden`: a rule keeps it from the session, so it is not shown with it. */
export const diffSideSchema = z.object({
  kind: z.enum(['text', 'binary', 'large', 'link', 'submodule', 'folder', 'other', 'missing', 'unknown', 'hidden']),
  sizeBytes: z.int().min(0).optional(),
  /** Its owner may execute it. */
  executable: z.boolean().optional(),
  /** Of a link: where it leads, as written in it. */
  target: z.string().optional(),
  /** Why nothing more can be said. */
  why: z.string().optional(),
});
export type DiffSide = z.infer<typeof diffSideSchema>;

export const diffLineSchema = z.object({
  sign: z.enum(['+', '-', ' ']),
  /** Without its end; somebody else's text. */
  text: z.string(),
  /** Characters of it that are left out. */
  cut: z.int().min(1).optional(),
  /** It is the last line, and does not end. */
  endless: z.literal(true).optional(),
});
export type DiffLine = z.infer<typeof diffLineSchema>;

/** Lines that change together, and the numbers of the first, from 1. */
export const diffHunkSchema = z.object({
  oldStart: z.int().min(0),
  newStart: z.int().min(0),
  lines: z.array(diffLineSchema),
});
export type DiffHunk = z.infer<typeof diffHunkSchema>;

/** What changed in one file between the beginning of a session and now. */
export const fileDiffSchema = z.object({
  /** Relative to the workspace. */
  path: z.string(),
  /** As the record says. */
  change: z.enum(['created', 'changed', 'deleted', 'came and went']),
  before: diffSideSchema,
  after: diffSideSchema,
  /** Lines that came and went; absent when no lines were compared. */
  added: z.int().min(0).optional(),
  removed: z.int().min(0).optional(),
  hunks: z.array(diffHunkSchema),
  /** Lines that are left out, since there are too many. */
  left: z.int().min(0),
  /** What is no text is there as it was, byte by byte. */
  same: z.literal(true).optional(),
  /** Telling the lines apart took too long: everything between the first and the last change is shown as replaced. */
  coarse: z.literal(true).optional(),
});
export type FileDiff = z.infer<typeof fileDiffSchema>;

/** What files are compared with. */
export const diffBaseSchema = z.discriminatedUnion('kind', [
  /** The commit at which the workspace stood when the session began. What was changed before and not committed is in the diff too. */
  z.object({ kind: z.literal('commit'), commit: commitIdSchema }),
  z.object({ kind: z.literal('none'), why: z.string() }),
]);
export type DiffBase = z.infer<typeof diffBaseSchema>;

export const diffRequestSchema = z.object({
  session: z.string().min(1).max(64),
  /** Relative to the workspace, as the record names them. */
  paths: z.array(z.string().min(1).max(4096)).min(1).max(diffPathsMax),
  /** Only how many lines come and go. */
  countsOnly: z.boolean().optional(),
});

export const diffResultSchema = z.object({
  base: diffBaseSchema,
  files: z.array(fileDiffSchema),
  /** Files that no room was left for: ask again. */
  rest: z.array(z.string()),
});
export type DiffResult = z.infer<typeof diffResultSchema>;

import { z } from 'zod';
import { agentNameSchema } from './session.ts';

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/u);

/** What can be said of one instruction or memory file without its text. */
export const memoryStateSchema = z.object({
  /** Of the content; of a link that leads out of what the agent sees, of where it leads. */
  sha256: sha256Schema,
  sizeBytes: z.int().min(0),
  /** Where it leads, when it is reached through a symbolic link. */
  link: z.string().optional(),
});

/** Where a file lies: in the workspace, or in the agent's private home. */
export const memoryPlaceSchema = z.enum(['workspace', 'home']);

/** One file that an agent takes instructions or memories from. */
export const memoryFileSchema = memoryStateSchema.extend({
  place: memoryPlaceSchema,
  /** Relative to its place. */
  path: z.string().min(1).max(4096),
  /** A database that the agent writes at each start: on record, never asked about. */
  store: z.literal(true).optional(),
});
export type MemoryFile = z.infer<typeof memoryFileSchema>;

/** A file as it was pinned; with its text when that is short and readable. */
export const pinnedFileSchema = memoryFileSchema.extend({ text: z.string().optional() });
export type PinnedFile = z.infer<typeof pinnedFileSchema>;

/** What an agent's instructions and memories in one workspace were when somebody last saw them (DAT-3). */
export const memoryPinSchema = z.object({
  agent: agentNameSchema,
  workspace: z.string(),
  /** By whose lists the files were found. */
  preset: agentNameSchema,
  /** RFC 3339. */
  pinnedAt: z.string(),
  files: z.array(pinnedFileSchema),
});
export type MemoryPin = z.infer<typeof memoryPinSchema>;

/** How one file is another than it was pinned. */
export const memoryChangeSchema = z.object({
  place: memoryPlaceSchema,
  path: z.string(),
  change: z.enum(['changed', 'appeared', 'vanished']),
  before: memoryStateSchema.optional(),
  after: memoryStateSchema.optional(),
});
export type MemoryChange = z.infer<typeof memoryChangeSchema>;

/** What a person is asked before an agent may be told something else than it was. */
export const memoryQuestionSchema = z.object({
  /** SHA-256 of the RFC 8785 form of everything below, hex: what an answer is bound to. */
  digest: sha256Schema,
  agent: agentNameSchema,
  workspace: z.string(),
  pinnedAt: z.string(),
  changes: z.array(memoryChangeSchema).min(1),
});
export type MemoryQuestion = z.infer<typeof memoryQuestionSchema>;

/** A pin as lists show it: without texts. */
export const listedPinSchema = memoryPinSchema.omit({ files: true }).extend({
  files: z.array(memoryFileSchema),
  /** Files that are not as they were pinned; absent when they cannot be looked at. */
  changed: z.int().min(0).optional(),
});
export type ListedPin = z.infer<typeof listedPinSchema>;

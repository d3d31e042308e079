import { z } from 'zod';
import { absolutePathSchema } from './actions.ts';
import { homePathSchema, variableNameSchema } from './preset.ts';

/** Below a root; `*` stands for one whole component; `.` is the root itself. */
const patternSchema = z
  .string()
  .max(512)
  .regex(/^[^/\0]+(\/[^/\0]+)*$/u, 'must be relative to the root')
  .refine((path) => !/(^|\/)\.\.(\/|$)/u.test(path), 'must not contain .. components');

/**
 * One language toolchain that people keep in their home: `resources/toolchains/ID.json`. What is named in `folders`
 * is seen read-only inside; everything else of it stays outside, so what is not named needs no masking.
 */
export const toolchainSchema = z.strictObject({
  /** Equals the file's name. */
  id: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/u, 'must be lower-case letters, digits and dashes'),
  title: z.string().min(1).max(80),
  /** Where it may live. Every one that exists counts. A variable wins over the defaults that follow it. */
  roots: z
    .array(
      z.strictObject({
        variable: variableNameSchema.optional(),
        defaults: z.array(z.union([homePathSchema, absolutePathSchema])).max(8),
      }),
    )
    .min(1)
    .max(8),
  /** Folders (or files) below a root that are seen read-only. */
  folders: z.array(patternSchema).min(1).max(16),
  /** Files below those that may hold credentials: hidden. */
  hidden: z.array(patternSchema).max(16),
  /** Folders of executables below a root that belong to it. */
  pathEntries: z.array(patternSchema).max(16),
  /** Variables set inside when it is there; `{root}` and `{home}` are replaced. */
  environment: z.record(variableNameSchema, z.string().max(1024)),
  /** Variables of the caller that select a version and travel when their value is plain (e.g. `PYENV_VERSION`). */
  passedVariables: z.array(variableNameSchema).max(16),
});
export type Toolchain = z.infer<typeof toolchainSchema>;

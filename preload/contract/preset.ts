import { z } from 'zod';
import { agentNameSchema } from './session.ts';

/** A path in the person's home: `~/` and components without `.` or `..`. */
export const homePathSchema = z
  .string()
  .max(1024)
  .regex(/^~(\/[^/\0]+)+$/u, 'must look like ~/folder/file')
  .refine((path) => !/\/\.{1,2}(\/|$)/u.test(path), 'must not contain . or .. components');

/** A path below the workspace, e.g. `.claude/settings.json`. */
export const workspacePathSchema = z
  .string()
  .max(1024)
  .regex(/^[^/\0]+(\/[^/\0]+)*$/u, 'must be relative to the workspace')
  .refine((path) => !/(^|\/)\.{1,2}(\/|$)/u.test(path), 'must not contain . or .. components');

export const variableNameSchema = z
  .string()
  .max(256)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/u, 'must be the name of an environment variable');

/** A lower-case host name without wildcard, port or trailing dot. */
const hostNameSchema = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/u, 'must be a lower-case host name');

const packageNameSchema = z.string().min(1).max(214);

const seedPlace = {
  path: homePathSchema,
  /** Only when this variable was let in with `--env`. */
  whenVariable: variableNameSchema.optional(),
};
const jsonSeedSchema = z.strictObject({ ...seedPlace, json: z.record(z.string(), z.json()) });
const linesSeedSchema = z.strictObject({ ...seedPlace, lines: z.array(z.string().max(4096)).max(256) });

/**
 * What Gatehouse knows about one agent: `resources/agents/ID.json`. Data only; a file that does not fit is fatal
 * (`preset_invalid`), because an agent that runs without its preset would run with other authority than shown.
 */
export const presetSchema = z.strictObject({
  /** Equals the file's name, and is the agent's name unless `--agent` gives another. */
  id: agentNameSchema,
  title: z.string().min(1).max(60),
  /** How a command is recognised as this agent. */
  commands: z.strictObject({
    /** Names of the executable, e.g. `claude`. */
    names: z.array(z.string().regex(/^[^/\0]+$/u, 'must be a file name')).max(16),
    /** npm packages whose executables are this agent, e.g. `@anthropic-ai/claude-code`. */
    npmPackages: z.array(packageNameSchema).max(16),
    /** Python distributions whose entry points are this agent, e.g. `aider-chat`. */
    pythonPackages: z.array(packageNameSchema).max(16).default([]),
    /** Debian packages that hold the executable. */
    debianPackages: z.array(packageNameSchema).max(16).default([]),
  }),
  /** Hosts the agent cannot work without; each becomes the preset grant `net.connect:HOST:443`. */
  modelHosts: z.array(hostNameSchema).max(32),
  /**
   * Hosts it calls besides, that it was seen or is known to work without. Never granted, and denied without asking
   * anybody: a question about each start's statistics would teach people to say yes.
   */
  noiseHosts: z
    .array(z.strictObject({ host: hostNameSchema, purpose: z.enum(['telemetry', 'updates', 'features']) }))
    .max(32)
    .default([]),
  /** Variables that hold its credentials. They never travel unasked; they are named in a notice when they are set. */
  credentialVariables: z.array(variableNameSchema).max(64),
  /** Which of its files in the home are what. All of them live in the private home. */
  homeFiles: z.strictObject({
    /** The login, kept per agent. Secrets. */
    login: z.array(homePathSchema).max(64),
    /** Settings that steer what it executes at its start: hooks, plug-ins, servers, rules. */
    config: z.array(homePathSchema).max(64),
    /** Those of them that it was seen not to write by itself: a change of one is asked about at the next start, as of its memory. */
    pinned: z.array(homePathSchema).max(64).default([]),
    /** Instructions and memory: what it is told at its start. Pinned. */
    memory: z.array(homePathSchema).max(64),
    /**
     * Memories in databases that the agent writes at every start, and nobody could judge in a diff: their digests go on record, and
     * nobody is asked.
     */
    stores: z.array(homePathSchema).max(16).default([]),
    /** Transcripts, histories and caches of its own, kept per workspace. */
    transcripts: z.array(homePathSchema).max(64).default([]),
  }),
  /** Files in a workspace that it executes or trusts (GRT-7). */
  workspaceFiles: z.array(workspacePathSchema).max(128),
  /** Those of them that are text for its model (DAT-3): instructions, not commands. */
  instructionFiles: z.array(workspacePathSchema).max(64).default([]),
  /** Fixed settings, mostly to cut traffic that is not the model's. */
  environment: z.record(variableNameSchema, z.string().max(4096)),
  /**
   * Files written into a new private home. Several entries for one path are merged in order: objects field by field,
   * lines one after the other. In strings and keys of `json`, `{workspace}` becomes the workspace's path and `{tail:NAME}`
   * the last 20 characters of a variable let in by name; `lines` stand as they are.
   */
  seedFiles: z.array(z.union([jsonSeedSchema, linesSeedSchema])).max(32),
  /** Known conflicts of the agent's own features with our walls; `remedy` says what was done about it, or what to do. */
  conflicts: z.array(z.strictObject({ what: z.string().max(500), remedy: z.string().max(500) })).max(32),
  /** How long a held call may wait before the agent itself gives up. */
  patienceMs: z.int().min(1000).max(600_000),
  /** The version this was tried with, inside our walls, and when; null when nobody tried: shown as unverified. */
  verified: z.strictObject({ version: z.string().max(60), date: z.iso.date() }).nullable(),
});
export type Preset = z.infer<typeof presetSchema>;

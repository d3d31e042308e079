import { z } from 'zod';
import { absolutePathSchema } from './actions.ts';
import { askModeSchema } from './ask-mode.ts';
import { breakerSettingsSchema } from './breaker.ts';
import { exposedPortSchema, exposedPortsMax, exposeRequestSchema } from './exposed-port.ts';

export const sessionIdSchema = z.string().regex(/^[0-9a-f]{4}-[a-z]+-[a-z]+$/u, 'must look like a1c9-tiger-lamp');
export const taskIdSchema = z.string().regex(/^t-[0-9a-f]{8}$/u, 'must look like t-1a2b3c4d');
export const agentNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/u, 'must be 1 to 40 lower-case letters, digits and dashes, starting with a letter');

/** Limits of one session. Absent means the built-in default, which `gatehouse doctor` prints. */
export const limitsSchema = z.object({
  memoryBytes: z
    .int()
    .min(64 * 1024 * 1024)
    .optional(),
  processes: z.int().min(8).max(100_000).optional(),
  openFiles: z.int().min(64).max(1_000_000).optional(),
  wallTimeMs: z.int().min(1000).optional(),
  /** Processor time of all its processes together. */
  cpuTimeMs: z.int().min(1000).optional(),
  outputBytes: z.int().min(1024).optional(),
});
export type Limits = z.infer<typeof limitsSchema>;

export const sessionStateSchema = z.enum(['starting', 'running', 'paused', 'stopping', 'ended']);

/** Why a session ended. */
export const endReasonSchema = z.enum([
  'exited',
  'stopped',
  'killed',
  'client_gone',
  'wall_time',
  'cpu_time',
  'output_limit',
  'memory_limit',
  'breaker',
  'task_ended',
  /** The session that started it is over. */
  'parent_ended',
  'agent_suspended',
  'agent_retired',
  'supervisor_stopped',
  'supervisor_died',
  'failed',
]);

export const exitSchema = z.object({
  /** Exit status of the command as a shell would report it: 128 + signal when a signal ended it. */
  status: z.int().min(0).max(255),
  signal: z.string().optional(),
});
export type Exit = z.infer<typeof exitSchema>;

/** A session that started another, and the agent it ran. */
export const actorSchema = z.object({ session: sessionIdSchema, agent: agentNameSchema });
export type SessionActor = z.infer<typeof actorSchema>;

export const sessionSchema = z.object({
  id: sessionIdSchema,
  agent: agentNameSchema,
  taskId: taskIdSchema,
  task: z.string(),
  workspace: absolutePathSchema,
  command: z.array(z.string()),
  state: sessionStateSchema,
  tty: z.boolean(),
  /** Ports of it that the person reaches on the host. */
  exposed: z.array(exposedPortSchema).max(exposedPortsMax).optional(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  exit: exitSchema.optional(),
  endReason: endReasonSchema.optional(),
  /** Clients that are attached now; in lists of running sessions. */
  viewers: z.int().optional(),
  /** Everything it prints is written to a file, because that was asked for. */
  transcript: z.boolean().optional(),
  /** Of a nested session: who started it, nearest first. It may do nothing that one of them may not, and ends with the first. */
  actors: z.array(actorSchema).optional(),
  /** Of a nested session: what the agent that started it says it is to do. A claim, never a fact. */
  claimedTask: z.string().optional(),
});
export type Session = z.infer<typeof sessionSchema>;

export const terminalSizeSchema = z.object({ columns: z.int().min(1).max(1000), rows: z.int().min(1).max(1000) });
export type TerminalSize = z.infer<typeof terminalSizeSchema>;

/** What `gatehouse run` asks for. Paths are the caller's own words; the supervisor makes them canonical. */
export const sessionStartSchema = z.object({
  command: z.array(z.string().max(131_072)).min(1).max(4096),
  /** The caller's working directory, absolute. */
  cwd: z.string().max(4096),
  /** Preset or agent name; absent means: found from the command, else `generic`. */
  agent: agentNameSchema.optional(),
  task: z.string().max(1000).optional(),
  /** An existing task to join instead of a new one. */
  taskId: taskIdSchema.optional(),
  /** Absent means the git top level of `cwd`, else `cwd`. */
  workspace: z.string().max(4096).optional(),
  grants: z.array(z.string().max(8192)).max(256),
  /** Ports inside that the person wants to reach on the host's loopback. */
  expose: z.array(exposeRequestSchema).max(exposedPortsMax).optional(),
  /** How long the task lives. */
  forMs: z
    .int()
    .min(1000)
    .max(7 * 24 * 3_600_000)
    .optional(),
  /**
   * The caller's PATH, TERM, LANG, LC_*, TZ, COLORTERM, NO_COLOR, and the variables that say where toolchains live
   * (`travelsUnasked` in core/agents): the only ones that travel unasked.
   */
  callerEnvironment: z.record(z.string(), z.string()),
  /** Names, never values, of the caller's other variables: for the notice that a credential stays outside. */
  presentVariables: z.array(z.string().max(256)).max(4096).optional(),
  /** Variables let in by name with `--env`, on record. */
  environment: z.record(z.string(), z.string()),
  limits: limitsSchema,
  /** Another threshold for a breaker than its default, or `off`. */
  breakers: breakerSettingsSchema.optional(),
  /** Absent means `app`: whatever surface is open when something is asked. */
  ask: askModeSchema.optional(),
  /** Present for an interactive session. */
  terminal: terminalSizeSchema.optional(),
  /** It goes on when its terminal goes away without having left. */
  keep: z.boolean().optional(),
  /** Nobody takes its stream now: it is kept, its input has ended unless it is interactive, and clients attach later. */
  detached: z.boolean().optional(),
  /** Everything it prints is written to a file in the state folder. Sensitive; never unless asked for. */
  transcript: z.boolean().optional(),
  /** The digest of what a person was shown (`session.examine`): what would be started now must be the same. */
  examined: z
    .string()
    .regex(/^[0-9a-f]{64}$/u)
    .optional(),
});
export type SessionStart = z.infer<typeof sessionStartSchema>;

export const taskSchema = z.object({
  id: taskIdSchema,
  text: z.string(),
  workspace: absolutePathSchema,
  createdAt: z.string(),
  expiresAt: z.string(),
  endedAt: z.string().optional(),
  /** The session it was made for and ends with; absent for a task that runs can join. */
  session: sessionIdSchema.optional(),
});
export type Task = z.infer<typeof taskSchema>;

import type { AskMode } from '#contract/ask-mode.ts';
import type { SessionStart } from '#contract/session.ts';
import { visible } from '#contract/text/visible.ts';
import { statePaths } from '../../adapters/control/paths.ts';
import { splitCallerEnvironment } from '../../core/agents/caller-variables.ts';
import { followSession, terminalSize } from '../attached-session.ts';
import { openControl } from '../connection.ts';
import { detachKeysOf } from '../detach-keys.ts';
import { parseDurationMs } from '../parse/duration.ts';
import { parseLimits } from '../parse/limits.ts';
import { jsonOutput, plainOutput } from '../run-output.ts';
import { startSession } from '../start-session.ts';
import { tellOfBreakers } from '../tell-of-breakers.ts';
import { printJson, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** Options of `gatehouse run` as the command line gives them. */
export interface RunOptions {
  readonly agent?: string;
  readonly task?: string;
  readonly taskId?: string;
  readonly workspace?: string;
  readonly grant?: readonly string[];
  readonly for?: string;
  readonly env?: readonly string[];
  readonly expose?: readonly string[];
  readonly limit?: readonly string[];
  readonly breaker?: readonly string[];
  readonly ask?: string;
  readonly json?: boolean;
  readonly detach?: boolean;
  readonly keep?: boolean;
  readonly transcript?: boolean;
  readonly detachKeys?: string;
}

/** Runs a command as a supervised session and returns its exit status. */
export async function run(terminal: Terminal, command: readonly string[], options: RunOptions): Promise<number> {
  const request = await buildRequest(terminal, command, options);
  const detachKeys = detachKeysOf(terminal, options.detachKeys);
  const paths = statePaths(terminal.environment);
  const control = await openControl(terminal, paths);
  try {
    const started = await startSession(terminal, control, request);
    const { session } = started;
    if (request.detached === true && options.json === true) printJson(terminal, { type: 'session', session });
    const events = options.json === true && request.detached !== true;
    const output = events ? jsonOutput(terminal, control, session) : plainOutput(terminal, session);
    for (const text of started.notices) output.notice(visible(text));
    if (request.detached === true) {
      if (options.json !== true) terminal.stdout.write(`${session.id}\n`);
      return 0;
    }
    if (!events && (request.terminal === undefined || request.ask === 'deny')) {
      tellOfBreakers(control, session.id, (text) => output.notice(text));
    }
    return await followSession(terminal, {
      control,
      paths,
      session,
      token: started.streamToken,
      output,
      role: request.terminal === undefined ? 'piped' : 'interactive',
      asks: request.ask !== 'deny',
      // In a pipeline an interrupt means the command.
      signalsLeave: request.keep === true && request.terminal !== undefined,
      detachKeys,
    });
  } finally {
    control.close();
  }
}

/** Turns options into what `session.start` asks for; throws `UsageError` for what cannot be meant. */
export async function buildRequest(
  terminal: Terminal,
  command: readonly string[],
  options: RunOptions,
): Promise<SessionStart> {
  if (command.length === 0)
    throw new UsageError('There is no command to run.', 'Write it after --, e.g. gatehouse run -- claude.');
  if (options.task !== undefined && options.taskId !== undefined) {
    throw new UsageError('--task makes a new task and --task-id joins one.', 'Give one of them.');
  }
  const interactive = options.json !== true && terminal.stdin.isTTY === true && terminal.stdout.isTTY === true;
  return {
    command: [...command],
    cwd: terminal.cwd,
    ...(options.agent !== undefined && { agent: options.agent }),
    ...(options.task !== undefined && { task: options.task }),
    ...(options.taskId !== undefined && { taskId: options.taskId }),
    ...(options.workspace !== undefined && { workspace: options.workspace }),
    grants: [...(options.grant ?? [])],
    ...(await seldomUsed(terminal, options)),
    ...(options.for !== undefined && { forMs: parseDurationMs(options.for) }),
    ...splitCallerEnvironment(terminal.environment),
    limits: parseLimits(options.limit ?? []),
    ...(options.ask !== undefined && { ask: parseAskMode(options.ask) }),
    ...(interactive && { terminal: terminalSize(terminal) }),
    ...(options.keep === true && { keep: true }),
    ...(options.transcript === true && { transcript: true }),
    ...(options.detach === true && { detached: true }),
  };
}

/** Read by what is loaded with the contract's schemas, which takes longer than all else that a plain run loads: not where they are not given. */
async function seldomUsed(
  terminal: Terminal,
  { expose, env, breaker }: RunOptions,
): Promise<Pick<SessionStart, 'expose' | 'environment' | 'breakers'>> {
  return {
    ...(expose !== undefined && { expose: (await import('../parse/exposed.ts')).parseExposed(expose) }),
    ...(breaker !== undefined && { breakers: (await import('../parse/breakers.ts')).parseBreakers(breaker) }),
    environment:
      env === undefined
        ? {}
        : (await import('../parse/passed-environment.ts')).parsePassedEnvironment(env, terminal.environment),
  };
}

const askModes = ['app', 'terminal', 'deny'] as const;

function parseAskMode(text: string): AskMode {
  const mode = askModes.find((each) => each === text);
  if (mode !== undefined) return mode;
  throw new UsageError(`--ask ${text} is not understood.`, 'Say --ask app, --ask terminal or --ask deny.');
}

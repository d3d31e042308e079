import type { Result } from '#contract/api.ts';
import type { AskMode } from '#contract/ask-mode.ts';
import type { SessionStart } from '#contract/session.ts';
import type { ControlClient } from '../../adapters/control/client.ts';
import { type StatePaths, statePaths } from '../../adapters/control/paths.ts';
import { openStream, type SessionEnd } from '../../adapters/control/stream-client.ts';
import { splitCallerEnvironment } from '../../core/agents/caller-variables.ts';
import { openControl } from '../connection.ts';
import { errorDataOf } from '../failure.ts';
import { parseDurationMs } from '../parse/duration.ts';
import { parseLimits } from '../parse/limits.ts';
import { parsePassedEnvironment } from '../parse/passed-environment.ts';
import { askInTerminal, type TerminalAsking } from '../prompt/ask-in-terminal.ts';
import { visible } from '../render/visible.ts';
import { jsonOutput, plainOutput, type RunOutput } from '../run-output.ts';
import { pumpInput, takeTerminal } from '../session-input.ts';
import { endSession, listenToSignals } from '../session-signals.ts';
import type { Terminal } from '../terminal.ts';
import { TerminalModes } from '../terminal-modes.ts';
import { terminalSize } from '../terminal-size.ts';
import { UsageError } from '../usage-error.ts';
import { ClosedOutput } from '../write-all.ts';

/** Options of `gatehouse run` as the command line gives them. */
export interface RunOptions {
  readonly agent?: string;
  readonly task?: string;
  readonly taskId?: string;
  readonly workspace?: string;
  readonly grant?: readonly string[];
  readonly for?: string;
  readonly env?: readonly string[];
  readonly limit?: readonly string[];
  readonly ask?: string;
  readonly json?: boolean;
}

/** The exit status a shell reports for a writer whose reader went away: 128 + SIGPIPE. */
const closedOutputStatus = 141;

/** Runs a command as a supervised session and returns its exit status. */
export async function run(terminal: Terminal, command: readonly string[], options: RunOptions): Promise<number> {
  const request = buildRequest(terminal, command, options);
  const paths = statePaths(terminal.environment);
  const control = await openControl(terminal, paths);
  try {
    const started = await startSession(terminal, control, request);
    const output =
      options.json === true ? jsonOutput(terminal, control, started.session) : plainOutput(terminal, started.session);
    for (const text of started.notices) output.notice(visible(text));
    return await attach(terminal, {
      control,
      paths,
      started,
      output,
      interactive: request.terminal !== undefined,
      ask: request.ask ?? 'app',
    });
  } finally {
    control.close();
  }
}

/**
 * Starts a session. An agent that is new, or not the program that was accepted, is asked about first, where somebody can be asked; then the
 * start is tried once more.
 */
async function startSession(
  terminal: Terminal,
  control: ControlClient,
  request: SessionStart,
): Promise<Result<'session.start'>> {
  try {
    return await control.call('session.start', request);
  } catch (error) {
    const question = errorDataOf(error)?.agent;
    if (question === undefined || request.terminal === undefined || request.ask === 'deny') throw error;
    const { acceptInTerminal } = await import('../prompt/ask-about-agent.ts');
    await acceptInTerminal(terminal, question);
    return control.call('session.start', request);
  }
}

/** Turns options into what `session.start` asks for; throws `UsageError` for what cannot be meant. */
export function buildRequest(terminal: Terminal, command: readonly string[], options: RunOptions): SessionStart {
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
    ...(options.for !== undefined && { forMs: parseDurationMs(options.for) }),
    ...splitCallerEnvironment(terminal.environment),
    environment: parsePassedEnvironment(options.env ?? [], terminal.environment),
    limits: parseLimits(options.limit ?? []),
    ...(options.ask !== undefined && { ask: parseAskMode(options.ask) }),
    ...(interactive && { terminal: terminalSize(terminal) }),
  };
}

const askModes = ['app', 'terminal', 'deny'] as const;

function parseAskMode(text: string): AskMode {
  const mode = askModes.find((each) => each === text);
  if (mode !== undefined) return mode;
  throw new UsageError(`--ask ${text} is not understood.`, 'Say --ask app, --ask terminal or --ask deny.');
}

interface Attachment {
  readonly control: ControlClient;
  readonly paths: StatePaths;
  readonly started: Result<'session.start'>;
  readonly output: RunOutput;
  readonly interactive: boolean;
  readonly ask: AskMode;
}

async function attach(
  terminal: Terminal,
  { control, paths, started, output, interactive, ask }: Attachment,
): Promise<number> {
  const { id } = started.session;
  const stream = await openStream(paths, started.streamToken);
  const target = { control, stream, id, interactive };
  const modes = new TerminalModes();
  let outputClosed = false;
  let asking: TerminalAsking | undefined;
  stream.onOutput(async (name, bytes) => {
    // Once nobody reads, what still comes is dropped, so that the session can end.
    if (outputClosed) return;
    if (asking !== undefined) await asking.mayWrite;
    if (interactive) modes.watch(bytes);
    try {
      await output.bytes(name, bytes);
    } catch (error) {
      if (!(error instanceof ClosedOutput)) throw error;
      outputClosed = true;
      endSession(terminal, { ...target, interactive: true }, 'stop');
    }
  });
  const stopListening = listenToSignals(terminal, target);
  const restore = interactive ? takeTerminal(terminal, () => modes.undo()) : () => {};
  const onResize = () => stream.resize(terminalSize(terminal));
  if (interactive) terminal.stdout.on('resize', onResize);
  if (interactive && ask !== 'deny') {
    const opened = await askInTerminal(terminal, { session: id, stream, modes });
    if ('why' in opened) output.notice(`nothing can be asked in this terminal: ${opened.why}`);
    else asking = opened;
  }
  void pumpInput(terminal, stream, (bytes) => {
    if (asking?.isOpen !== true) return false;
    asking.keys(bytes);
    return true;
  });
  let end: SessionEnd;
  try {
    end = await stream.ended;
  } finally {
    terminal.stdout.off('resize', onResize);
    asking?.close();
    restore();
    stopListening();
  }
  if (outputClosed) return closedOutputStatus;
  await output.ended(end, control);
  return end.exit.status;
}

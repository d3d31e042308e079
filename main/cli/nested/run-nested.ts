import { constants } from 'node:os';
import type { DelegationStart } from '#contract/delegation.ts';
import { operatingError } from '#contract/operating-error.ts';
import { visible } from '#contract/text/visible.ts';
import { startChild } from '../../adapters/control/delegation-client.ts';
import type { SessionEnd, SessionStream } from '../../adapters/control/stream-client.ts';
import { TerminalModes } from '../../core/sessions/terminal-modes.ts';
import { terminalSize } from '../attached-session.ts';
import { parseLimits } from '../parse/limits.ts';
import { endTexts } from '../run-output.ts';
import { pumpInput, takeTerminal } from '../session-input.ts';
import { InterruptLadder } from '../signals.ts';
import { notice, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { ClosedOutput, writeAll } from '../write-all.ts';

/** Options of `gatehouse run` inside a session. */
export interface NestedOptions {
  readonly task?: string;
  readonly workspace?: string;
  readonly grant?: readonly string[];
  readonly env?: readonly string[];
  readonly limit?: readonly string[];
}

/** The exit status a shell reports for a writer whose reader went away: 128 + SIGPIPE. */
const closedOutputStatus = 141;
const forwarded = ['INT', 'TERM', 'HUP', 'QUIT'] as const;

/** Starts a command as a session below this one and returns its exit status. */
export async function runNested(
  terminal: Terminal,
  command: readonly string[],
  options: NestedOptions,
): Promise<number> {
  const socketPath = terminal.environment['GATEHOUSE_DELEGATION'];
  if (socketPath === undefined || socketPath === '') throw tooDeep();
  const wanted = buildStart(terminal, command, options);
  const { session, notices, stream } = await startChild(socketPath, wanted);
  for (const text of notices) notice(terminal, visible(text));
  return carry(terminal, { session, stream, interactive: wanted.terminal !== undefined });
}

function buildStart(terminal: Terminal, command: readonly string[], options: NestedOptions): DelegationStart {
  if (command.length === 0) {
    throw new UsageError('There is no command to run.', 'Write it after --, e.g. gatehouse run -- codex.');
  }
  const withValue = options.env?.find((name) => name.includes('='));
  if (withValue !== undefined) {
    throw new UsageError(
      `--env ${withValue.slice(0, withValue.indexOf('='))}: inside a session only names can be handed on.`,
      'To set a variable, write: -- env NAME=VALUE COMMAND.',
    );
  }
  const interactive = terminal.stdin.isTTY === true && terminal.stdout.isTTY === true;
  return {
    v: 1,
    command: [...command],
    cwd: terminal.cwd,
    ...(options.workspace === undefined ? {} : { workspace: options.workspace }),
    ...(options.task === undefined ? {} : { claim: options.task }),
    grants: [...(options.grant ?? [])],
    variables: [...(options.env ?? [])],
    limits: parseLimits(options.limit ?? []),
    ...(interactive ? { terminal: terminalSize(terminal) } : {}),
  };
}

function tooDeep(): Error {
  return operatingError('too_many', 'This session can start no other one.', {
    why: 'Sessions nest only so deep, and this one is as deep as they go.',
    remedy: 'Run the command itself: it has the same walls.',
  });
}

interface Child {
  readonly session: string;
  readonly stream: SessionStream;
  readonly interactive: boolean;
}

/** Carries bytes, keys, sizes and signals until the child's end. */
async function carry(terminal: Terminal, { session, stream, interactive }: Child): Promise<number> {
  const modes = new TerminalModes();
  const ladder = new InterruptLadder();
  let outputClosed = false;
  stream.onOutput(async (name, bytes) => {
    if (outputClosed) return;
    if (interactive) modes.watch(bytes);
    try {
      await writeAll(terminal[name], bytes);
    } catch (error) {
      if (!(error instanceof ClosedOutput)) throw error;
      outputClosed = true;
      stream.close();
    }
  });
  let leftWith: number | undefined;
  const stopListening = listen((name) => {
    // The first one is the child's; whoever repeats it leaves, and the supervisor ends what is left.
    if (!interactive && ladder.next(terminal.nowMs()) === 'forward') return stream.signal(name);
    leftWith = 128 + constants.signals[`SIG${name}`];
    stream.close();
  });
  const restore = interactive ? takeTerminal(terminal, () => modes.undo()) : () => {};
  const onResize = () => stream.resize(terminalSize(terminal));
  if (interactive) terminal.stdout.on('resize', onResize);
  void pumpInput(terminal, stream).then(() => stream.end());
  let end: SessionEnd;
  try {
    end = await stream.ended;
  } catch (error) {
    if (outputClosed) return closedOutputStatus;
    if (leftWith !== undefined) return leftWith;
    throw error;
  } finally {
    terminal.stdout.off('resize', onResize);
    restore();
    stopListening();
  }
  const ending = endTexts[end.endReason];
  if (ending !== undefined) notice(terminal, `${session} ${ending}.`);
  for (const text of end.notices) notice(terminal, visible(text));
  return end.exit.status;
}

/** Takes signals to this process; returns what gives them back. */
function listen(handle: (name: (typeof forwarded)[number]) => void): () => void {
  const removers = forwarded.map((name) => {
    const handler = () => handle(name);
    process.on(`SIG${name}`, handler);
    return () => process.off(`SIG${name}`, handler);
  });
  return () => {
    for (const remove of removers) remove();
  };
}

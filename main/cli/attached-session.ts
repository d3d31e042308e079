import type { Session } from '#contract/session.ts';
import type { ControlClient } from '../adapters/control/client.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import { openStream, type SessionEnd, type SessionStream, type StreamLeft } from '../adapters/control/stream-client.ts';
import { TerminalModes } from '../core/sessions/terminal-modes.ts';
import { DetachKeys, heldMs, type Key, parseDetachKeys } from './detach-keys.ts';
import { exitStatus } from './failure.ts';
import { HeldOutput } from './held-output.ts';
import { askInTerminal, type TerminalAsking } from './prompt/ask-in-terminal.ts';
import type { RunOutput } from './run-output.ts';
import { pumpInput, takeTerminal } from './session-input.ts';
import { endSession, leaveOnSignals, listenToSignals } from './session-signals.ts';
import { notice, type Terminal } from './terminal.ts';
import { ClosedOutput } from './write-all.ts';

/** The exit status a shell reports for a writer whose reader went away: 128 + SIGPIPE. */
const closedOutputStatus = 141;
/** 128 + SIGHUP. */
const hungUpStatus = 129;

/** A session whose stream this process takes. */
export interface Attachment {
  readonly control: ControlClient;
  readonly paths: StatePaths;
  readonly session: Session;
  /** Opens its stream, once. */
  readonly token: string;
  readonly output: RunOutput;
  /** Its terminal is ours; or our pipes are its pipes; or we only look. */
  readonly role: 'interactive' | 'piped' | 'looking';
  /** Its questions are asked in our terminal. */
  readonly asks: boolean;
  /** A signal to us, and the end of our terminal, leaves the session instead of ending it. */
  readonly signalsLeave: boolean;
  /** It ran before we came: its program has to learn our size. */
  readonly joins?: boolean;
  readonly detachKeys: readonly Key[];
}

/** Is the session's terminal until it ends or we leave. Returns its exit status, or 0 when we left. */
export async function followSession(terminal: Terminal, attachment: Attachment): Promise<number> {
  const { control, session, output, role } = attachment;
  const stream = await openStream(attachment.paths, attachment.token);
  stream.onNotice((text) => output.notice(text));
  const modes = new TerminalModes();
  const held = new HeldOutput(modes, output);
  let isAway = false;
  /** Without a word, so that the supervisor judges: others may be attached, or it was to go on. */
  const goAway = (): void => {
    isAway = true;
    stream.close();
  };
  const reader = readOutput(terminal, { ...attachment, stream, held, modes, goAway });
  const stopListening = attachment.signalsLeave
    ? leaveOnSignals(() => stream.detach(), goAway)
    : listenToSignals(terminal, {
        control,
        stream,
        id: session.id,
        interactive: role === 'interactive',
        hungUp: goAway,
      });
  const raw = role === 'interactive' || (role === 'looking' && isTerminal(terminal));
  const restore = raw ? takeTerminal(terminal, () => modes.undo()) : () => {};
  let asking: TerminalAsking | undefined;
  const onResize = () => {
    stream.resize(terminalSize(terminal));
    asking?.resized();
  };
  if (role === 'interactive') {
    terminal.stdout.on('resize', onResize);
    if (attachment.joins === true) onResize();
    if (attachment.asks) {
      const opened = await askInTerminal(terminal, { session: session.id, stream, modes });
      if ('why' in opened) output.notice(`nothing can be asked in this terminal: ${opened.why}`);
      else asking = opened;
    }
    held.asking = asking;
  }
  if (role !== 'looking' || raw) void typeInto(terminal, stream, { ...attachment, asking, goAway });
  let over: SessionEnd | StreamLeft | undefined;
  try {
    over = await stream.over.catch((error: unknown) => (isAway ? undefined : unlessItRuns(control, session.id, error)));
  } finally {
    terminal.stdout.off('resize', onResize);
    asking?.close();
    await held.release();
    restore();
    stopListening();
  }
  if (reader.closed) return closedOutputStatus;
  if (over === undefined) return hungUpStatus;
  if (!('exit' in over)) return sayLeft(terminal, session, over.why, raw);
  await output.ended(over, control);
  return over.exit.status;
}

/** The size of this terminal, as far as it can be told. */
export function terminalSize(terminal: Terminal): { columns: number; rows: number } {
  const bounded = (value: number | undefined, otherwise: number) => Math.min(Math.max(value || otherwise, 1), 1000);
  return { columns: bounded(terminal.stdout.columns, 80), rows: bounded(terminal.stdout.rows, 24) };
}

/** Whether a person sits at both ends of this process. */
export function isTerminal(terminal: Terminal): boolean {
  return terminal.stdin.isTTY === true && terminal.stdout.isTTY === true;
}

function readOutput(
  terminal: Terminal,
  { control, stream, session, output, role, held, modes, goAway }: Attachment & Reading,
): { readonly closed: boolean } {
  const state = { closed: false };
  stream.onOutput(async (name, bytes) => {
    // Once nobody reads, what still comes is dropped, so that the session can end.
    if (state.closed) return;
    if (await held.holds(bytes)) return;
    if (role !== 'piped') modes.watch(bytes);
    try {
      await output.bytes(name, bytes);
    } catch (error) {
      if (!(error instanceof ClosedOutput)) throw error;
      state.closed = true;
      if (role !== 'piped') goAway();
      else endSession(terminal, { control, stream, id: session.id, interactive: true }, 'stop');
    }
  });
  return state;
}

interface Reading {
  readonly stream: SessionStream;
  readonly held: HeldOutput;
  readonly modes: TerminalModes;
  readonly goAway: () => void;
}

interface Typing {
  readonly asking: TerminalAsking | undefined;
  readonly goAway: () => void;
}

/** What is typed, or written into our pipe, until it ends. */
async function typeInto(
  terminal: Terminal,
  stream: SessionStream,
  { role, asking, detachKeys, signalsLeave, goAway }: Attachment & Typing,
): Promise<void> {
  const keys = new DetachKeys(detachKeys);
  const interrupt = new DetachKeys(parseDetachKeys('ctrl-c'));
  let timer: NodeJS.Timeout | undefined;
  await pumpInput(terminal, stream, (bytes) => {
    if (role === 'piped') return bytes;
    if (asking?.isOpen === true) {
      asking.keys(bytes);
      return new Uint8Array();
    }
    clearTimeout(timer);
    const { pass, complete } = keys.push(bytes);
    if (complete || (role === 'looking' && interrupt.push(bytes).complete)) stream.detach();
    if (role === 'looking') return new Uint8Array();
    // Nothing that a program may bind is swallowed: what is not followed by the rest goes on after a moment.
    if (keys.holds) timer = setTimeout(() => void stream.write(keys.release()), heldMs);
    return pass;
  });
  clearTimeout(timer);
  if (role === 'piped' || (role === 'interactive' && !signalsLeave)) stream.end();
  else goAway();
}

/** A connection that was lost while the session runs is one that was let go. */
async function unlessItRuns(control: ControlClient, id: string, error: unknown): Promise<StreamLeft> {
  const { sessions } = await control.call('session.list', { all: false }).catch(() => ({ sessions: [] }));
  if (sessions.some((session) => session.id === id && session.state !== 'stopping')) return { why: 'behind' };
  throw error;
}

function sayLeft(terminal: Terminal, { id }: Session, why: StreamLeft['why'], raw: boolean): number {
  if (raw) terminal.stderr.write('\x1b[0m\r\n');
  const again = `attach again with: gatehouse attach ${id}`;
  if (why === 'asked') notice(terminal, `left ${id}, which goes on; ${again}`);
  else notice(terminal, `this terminal did not take the output of ${id} any more and was let go. It goes on; ${again}`);
  return why === 'asked' ? exitStatus.ok : exitStatus.failed;
}

/**
 * Guarantee: a start counts as a repetition only when a person started the very same before and it gives nothing besides: what runs then
 * has what the person gave already, and nothing more; limits and breakers that held it then hold it again.
 *
 * Threat: a main window that an agent's output took over, starting another command, in another folder, for a task in words of its own,
 * which later questions would show as the person's.
 *
 * Limits: the same command may do something else today, as every command may that is started again. Commands that were kept without a
 * secret in them are never repetitions.
 */
import type { Limits, Session, SessionStart } from '#contract/session.ts';

/** A start, as far as it was looked into. */
export interface FoundStart {
  readonly start: SessionStart;
  readonly agent: string;
  /** Canonical. */
  readonly workspace: string;
  /** How long its task would live. */
  readonly lifeMs: number;
}

/** A session that was started before. */
export interface EarlierStart {
  readonly session: Pick<Session, 'id' | 'agent' | 'workspace' | 'command' | 'task' | 'actors'>;
  /** How long its task was to live. */
  readonly lifeMs: number;
}

/** Whether a start gives nothing beside what an earlier one was given. Whether it also has its bounds is a matter of `keepsBounds`. */
export function repeats(found: FoundStart, earlier: EarlierStart): boolean {
  return !givesMore(found.start) && isSame(found, earlier);
}

/** What holds a session, whether it was asked for or not. */
export interface Bounds {
  readonly limits: Limits;
  /** Thresholds by the names of the breakers. */
  readonly breakers: Readonly<Record<string, number | 'off'>>;
}

/** Whether bounds hold at least as tightly as those of before: a person who set some gave no more than they let through. */
export function keepsBounds({ limits, breakers }: Bounds, before: Bounds): boolean {
  const isHeld = (name: string, most: number | undefined) => {
    const limit = new Map(Object.entries(limits)).get(name);
    return most === undefined || (limit !== undefined && limit <= most);
  };
  return (
    Object.entries(before.limits).every(([name, most]) => isHeld(name, most)) &&
    Object.entries(before.breakers).every(([name, threshold]) => breakers[name] === threshold)
  );
}

/** Anything beside a command, a folder, a sentence and a length of time. What is new here counts until somebody thought about it. */
function givesMore(start: SessionStart): boolean {
  const {
    command,
    cwd,
    workspace,
    task,
    forMs,
    callerEnvironment,
    presentVariables,
    terminal,
    keep,
    detached,
    ...rest
  } = start;
  return Object.values(rest).some((value) => !isNothing(value));
}

function isNothing(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && Object.values(value).length === 0);
}

function isSame({ start, agent, workspace, lifeMs }: FoundStart, { session, lifeMs: before }: EarlierStart): boolean {
  // What an agent started, no person did.
  if ((session.actors ?? []).length > 0) return false;
  if (session.agent !== agent || session.workspace !== workspace || lifeMs > before) return false;
  if (start.task !== undefined && start.task !== session.task) return false;
  return (
    session.command.length === start.command.length &&
    session.command.every((word, index) => word === start.command[index] && !word.includes('[redacted'))
  );
}

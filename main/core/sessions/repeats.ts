/**
 * Guarantee: a start counts as a repetition only when a person started the very same before and it gives nothing besides: what runs then
 * has what the person gave already, and nothing more.
 *
 * Threat: a main window that an agent's output took over, starting another command, in another folder, for a task in words of its own,
 * which later questions would show as the person's.
 *
 * Limits: the same command may do something else today, as every command may that is started again. Commands that were kept without a
 * secret in them are never repetitions.
 */
import type { Session, SessionStart } from '#contract/session.ts';

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
  readonly session: Pick<Session, 'agent' | 'workspace' | 'command' | 'task' | 'actors'>;
  /** How long its task was to live. */
  readonly lifeMs: number;
}

/** Whether a start gives nothing that was not given before. */
export function repeats(found: FoundStart, earlier: Iterable<EarlierStart>): boolean {
  if (givesMore(found.start)) return false;
  for (const each of earlier) if (isSame(found, each)) return true;
  return false;
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

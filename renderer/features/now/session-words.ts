import { genericPresetId } from '#contract/generic-preset.ts';
import type { Session } from '#contract/session.ts';
import { visible } from '#contract/text/visible.ts';

/** Characters of a name that are shown. */
const nameMax = 40;

const states: Readonly<Record<Session['state'], string>> = {
  starting: 'Starting',
  running: 'Running',
  paused: 'Paused',
  stopping: 'Stopping',
  ended: 'Ended',
};

/** The state of a session in a word or two; without a supervisor nobody knows it. */
export function stateWord({ state }: Pick<Session, 'state'>, isKnown: boolean): string {
  return isKnown || state === 'ended' ? states[state] : 'Not known';
}

const ends: Readonly<Record<NonNullable<Session['endReason']>, string>> = {
  exited: 'It ended by itself',
  stopped: 'You stopped it',
  killed: 'It was killed',
  client_gone: 'Its terminal was closed',
  wall_time: 'Its time was over',
  cpu_time: 'Its processor time was used up',
  output_limit: 'It printed more than it may',
  memory_limit: 'It used more memory than it may',
  breaker: 'A breaker stopped it, and nobody let it go on',
  task_ended: 'Its task ended',
  parent_ended: 'The session that started it ended',
  agent_suspended: 'Its agent was suspended',
  agent_retired: 'Its agent was retired',
  supervisor_stopped: 'Gatehouse was stopped',
  supervisor_died: 'Gatehouse’s supervisor died',
  failed: 'It could not be run',
};

/** What a session is called: its agent, or what it runs when it is nobody's. */
export function nameOf({ agent, command }: Pick<Session, 'agent' | 'command'>): string {
  if (agent !== genericPresetId) return agent;
  const name = (command[0] ?? '').replace(/^.*\//u, '');
  return name === '' ? agent : visible(name).slice(0, nameMax);
}

/** Why a session is over, in a sentence. */
export function endWords({ endReason, exit }: Pick<Session, 'endReason' | 'exit'>): string {
  const why = endReason === undefined ? 'It ended' : ends[endReason];
  if (exit === undefined) return `${why}.`;
  const signal = exit.signal === undefined ? '' : ` (${exit.signal})`;
  return endReason === 'exited' ? `${why}, with exit status ${exit.status}${signal}.` : `${why}.`;
}

/** How long something took or takes so far: `0:42`, `12:05`, `1:02:03`. */
export function elapsedText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** A folder as its owner says it; only what is surely below a home is shortened. */
export function placeText(path: string): string {
  return path.replace(/^(?:\/home\/[^/]+|\/root)(?=\/|$)/u, '~');
}

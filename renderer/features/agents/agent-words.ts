import type { ListedAgent } from '#contract/agent.ts';
import type { ReviewedAgent, ReviewFlag } from '#contract/review.ts';
import type { Session } from '#contract/session.ts';

/** A flag in words, and what to do about it. */
export interface FlagWords {
  readonly word: string;
  readonly advice: string;
}

/** Says what a review found and what to do, in terms of this window. */
export function flagWords(flag: ReviewFlag, { agent, rules, idleDays }: ReviewedAgent): FlagWords {
  const { name, owner } = agent;
  switch (flag) {
    case 'idle':
      return {
        word: 'idle',
        advice: `Not used for ${counted(idleDays, 'day')}. Suspend it, or retire it for good.`,
      };
    case 'ownerless':
      return {
        word: 'ownerless',
        advice: `Nobody answers for it: ${owner} is no user of this machine. Retire it, then bring it in anew with an owner.`,
      };
    case 'changed':
      return {
        word: 'program changed',
        advice: `The program at its place is not the accepted one, so ${name} does not start. Look at what changed, then accept it or leave it.`,
      };
    case 'gone':
      return { word: 'program gone', advice: 'Its program is not there any more. Retire it if it is not needed.' };
    case 'unverified':
      return {
        word: 'unverified preset',
        advice:
          'Nobody ran this kind of agent inside these walls. They stand all the same; look at what its preset gives.',
      };
    case 'unused-rules': {
      const unused = rules.filter(({ uses }) => uses === 0).length;
      return {
        word: 'unused rules',
        advice: `${counted(unused, 'always-rule')} of it never gave anything that was used. Remove what it does not need.`,
      };
    }
  }
}

/** An agent's state in a word. */
export const stateWords: Readonly<Record<ListedAgent['state'], string>> = {
  active: 'Active',
  suspended: 'Suspended',
  retired: 'Retired',
};

/** What stands at the program's place, in words. */
export const programWords: Readonly<Record<ReviewedAgent['program'], string>> = {
  accepted: 'as it was accepted',
  changed: 'not the accepted one',
  gone: 'not there',
};

/** `1 session`, `2 sessions`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `8 KiB`, `1.5 MiB`. */
export function sizeWords(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** An act on an agent's life, and what becomes of everything it has. */
export interface LifecycleAct {
  readonly kind: 'suspend' | 'resume' | 'rotate' | 'retire';
  readonly title: string;
  readonly summary: string;
  /** A sentence each, said before anything happens. */
  readonly consequences: readonly string[];
  readonly confirm: string;
}

/** The acts that are possible now, with their consequences for what this agent has now. */
export function lifecycleActs(
  { name, state }: Pick<ListedAgent, 'name' | 'state'>,
  has: { readonly running: number; readonly rules: number; readonly login: number; readonly homes: number },
): LifecycleAct[] {
  if (state === 'retired') return [];
  const ends =
    has.running === 0
      ? 'None of its sessions runs now.'
      : `${counted(has.running, 'running session')} of it ${has.running === 1 ? 'ends' : 'end'} at once.`;
  const rotate: LifecycleAct = {
    kind: 'rotate',
    title: 'Rotate its key',
    summary: 'Another key in the place of this one.',
    consequences: [
      'It gets a new key, with other words and another fingerprint.',
      'The old key opens nothing any more.',
      has.running === 0
        ? 'None of its sessions runs now.'
        : `${counted(has.running, 'running session')} of it ${has.running === 1 ? 'goes' : 'go'} on, with credentials of the new key.`,
      'The approval window asks you to confirm.',
    ],
    confirm: 'Ask to rotate',
  };
  const retire: LifecycleAct = {
    kind: 'retire',
    title: 'Retire',
    summary: 'For good. There is no way back.',
    consequences: [
      ends,
      'Its key is removed from the keystore.',
      ...(has.rules === 0 ? [] : [`Removed with it: ${counted(has.rules, 'always-rule')}.`]),
      ...(has.login === 0 ? [] : ['The login that was kept for it is removed: it has to sign in again.']),
      ...(has.homes === 0 ? [] : [`What it keeps in ${counted(has.homes, 'workspace')} stays on the disk.`]),
      `The record keeps what it did. A new agent may be called ${name}, with a key of its own.`,
    ],
    confirm: `Retire ${name} for good`,
  };
  if (state === 'suspended') {
    const resume: LifecycleAct = {
      kind: 'resume',
      title: 'Resume',
      summary: 'Lets it start again.',
      consequences: [
        'Its sessions may start again, with the same key and program.',
        ...(has.rules === 0
          ? []
          : [`${counted(has.rules, 'always-rule')} of it ${has.rules === 1 ? 'counts' : 'count'} again.`]),
        'Sessions that ended stay ended.',
        'The approval window asks you to confirm.',
      ],
      confirm: 'Ask to resume',
    };
    return [resume, rotate, retire];
  }
  const suspend: LifecycleAct = {
    kind: 'suspend',
    title: 'Suspend',
    summary: 'Until you resume it.',
    consequences: [
      ends,
      'None of its sessions starts until you resume it.',
      'Its key, its rules, its login and its homes stay.',
    ],
    confirm: `Suspend ${name}`,
  };
  return [suspend, rotate, retire];
}

const endWords: Readonly<Record<NonNullable<Session['endReason']>, string>> = {
  exited: 'ended by itself',
  stopped: 'stopped by you',
  killed: 'killed by you',
  client_gone: 'its terminal went away',
  wall_time: 'its time was over',
  cpu_time: 'its processor time was used up',
  output_limit: 'it printed too much',
  memory_limit: 'it needed too much memory',
  breaker: 'a breaker ended it',
  task_ended: 'its task ended',
  parent_ended: 'the session that started it ended',
  agent_suspended: 'the agent was suspended',
  agent_retired: 'the agent was retired',
  supervisor_stopped: 'the supervisor stopped',
  supervisor_died: 'the supervisor died',
  failed: 'it failed to start',
};

/** How a session stands, or why it ended. */
export function sessionWords({ state, endReason, exit }: Session): string {
  if (state !== 'ended')
    return { starting: 'Starting', running: 'Running', paused: 'Paused', stopping: 'Stopping' }[state];
  const why = endReason === undefined ? 'ended' : endWords[endReason];
  const status = endReason === 'exited' && exit !== undefined && exit.status !== 0 ? `, status ${exit.status}` : '';
  return `Over: ${why}${status}`;
}

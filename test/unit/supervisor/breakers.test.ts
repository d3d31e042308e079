import pino from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import type { NewEvent } from '#contract/audit.ts';
import type { Trip } from '#contract/breaker.ts';
import type { Session } from '#contract/session.ts';
import type { AskedTrip } from '../../../main/supervisor/asked-questions.ts';
import { type BreakerSessions, Breakers } from '../../../main/supervisor/breakers.ts';
import { SessionBreakers } from '../../../main/supervisor/session-breakers.ts';
import { eventually } from '../../helpers/poll.ts';

const id = 'a1c9-calm-otter';
const session: Session = {
  id,
  agent: 'claude-code',
  taskId: 't-00000001',
  task: 'Fix the checkout',
  workspace: '/home/me/shop',
  command: ['claude'],
  state: 'running',
  tty: true,
  startedAt: '2026-11-28T12:00:00.000Z',
};
const principal = {
  sessionId: id,
  agent: session.agent,
  taskId: session.taskId,
  workspace: session.workspace,
  home: '/home/me',
};

/** Everything that was done, in order. */
let done: string[];
let isOnRecord: boolean;
let answersTo: string | undefined;
let mayResume: boolean;
let breakers: Breakers;
let counted: SessionBreakers;

function follow(breakersOfSession: SessionBreakers): void {
  // Only its end is waited for while nothing of processes is counted.
  breakersOfSession.follow({ ended: new Promise(() => {}) } as unknown as Parameters<SessionBreakers['follow']>[0]);
}

beforeEach(() => {
  done = [];
  isOnRecord = true;
  answersTo = 'a-00000001';
  mayResume = true;
  counted = new SessionBreakers({
    settings: { deletions: 3, denials: 2, processes: 'off', starts: 'off' },
    isOff: (name) => breakers.isOff(session.taskId, name),
    onTrip: (trip) => breakers.tripped(id, trip),
  });
  const asked = (trip: Trip): AskedTrip => ({
    trip,
    asks: 1,
    principal,
    policy: 'p1',
    session,
    executable: { path: '/usr/bin/claude', sha256: 'ab' },
    key: undefined,
    mode: 'app',
    waits: true,
  });
  const found = { breakers: counted, principal, askingTrip: asked } as unknown as ReturnType<BreakerSessions['find']>;
  breakers = new Breakers({
    audit: {
      append: (event: NewEvent) => {
        done.push(event.kind);
        return isOnRecord ? Promise.resolve({ seq: 1 }) : Promise.reject(new Error('the disk is full'));
      },
    } as unknown as ConstructorParameters<typeof Breakers>[0]['audit'],
    log: pino({ level: 'silent' }),
    sessions: () => ({
      find: (wanted) => (wanted === id ? found : undefined),
      pause: (_, paused, why) => {
        done.push(`${paused ? 'pause' : 'resume'}: ${why}`);
        if (!paused && mayResume) counted.goOn();
        return Promise.resolve(paused || mayResume ? [session] : []);
      },
      end: (_, how, reason) => {
        done.push(`${how}: ${reason}`);
        return Promise.resolve();
      },
    }),
    approvals: () => ({
      openTrip: () => (done.includes('ask: deletions') ? answersTo : undefined),
      askToGoOn: async ({ trip }) => {
        done.push(`ask: ${trip.breaker}`);
        return answersTo;
      },
    }),
  });
  follow(counted);
});

describe('a trip', () => {
  test('[MON-2] pauses at once, then is recorded, then asked about', async () => {
    counted.deleted(['a', 'b', 'c']);
    expect(done).toEqual(['pause: it deleted 3 files in less than a second']);
    await eventually(() => done.length === 3, { what: 'the question' });
    expect(done.slice(1)).toEqual(['breaker.tripped', 'ask: deletions']);
    counted.deleted(['d', 'e', 'f', 'g']);
    expect(done).toHaveLength(3);
  });

  test('[MON-2] with nobody to ask ends the session at once', async () => {
    answersTo = undefined;
    counted.deleted(['a', 'b', 'c']);
    await eventually(() => done.length === 4, { what: 'the end' });
    expect(done.at(-1)).toBe('kill: breaker');
  });

  test('[MON-2] that cannot be recorded is not asked about, and leaves the session paused', async () => {
    isOnRecord = false;
    counted.deleted(['a', 'b', 'c']);
    await eventually(() => done.includes('breaker.tripped'), { what: 'the attempt to record it' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toHaveLength(2);
    expect(counted.tripped?.breaker).toBe('deletions');
  });

  test('[MON-2] asked about twice at the same time is one question', async () => {
    counted.deleted(['a', 'b', 'c']);
    const ids = await Promise.all([breakers.ask(id, { waits: true }), breakers.ask(id, { waits: true })]);
    expect(ids).toEqual([answersTo, answersTo]);
    expect(done.filter((each) => each === 'ask: deletions')).toHaveLength(1);
  });
});

describe('going on', () => {
  const askedNow = (trip: Trip | undefined): AskedTrip => {
    if (trip === undefined) throw new Error('nothing tripped');
    return { ...({ session } as AskedTrip), trip };
  };

  test('[MON-2] [APR-4] needs the trip that was asked about', async () => {
    counted.deleted(['a', 'b', 'c']);
    const asked = askedNow(counted.tripped);
    await breakers.goOn(asked, false, 'a-1');
    expect(counted.tripped).toBeUndefined();
    await expect(breakers.goOn(asked, false, 'a-1')).rejects.toThrow('not stopped by that');
    counted.deleted(['a', 'b', 'c']);
    expect(counted.tripped?.number).toBe(2);
    await expect(breakers.goOn(asked, true, 'a-1')).rejects.toThrow('not stopped by that');
    expect(counted.tripped?.number).toBe(2);
  });

  test('[MON-2] for the task switches that breaker off for it, and no other, until the task ends', async () => {
    counted.deleted(['a', 'b', 'c']);
    await breakers.goOn(askedNow(counted.tripped), true, 'a-1');
    counted.deleted(['a', 'b', 'c']);
    expect(counted.tripped).toBeUndefined();
    expect(breakers.isOff('t-00000002', 'deletions')).toBe(false);
    counted.denied('approval_needed', 'one');
    counted.denied('forbidden', 'two');
    expect(counted.tripped?.breaker).toBe('denials');
    breakers.endTask(session.taskId);
    expect(breakers.isOff(session.taskId, 'deletions')).toBe(false);
  });

  test('[MON-2] that failed switches nothing off', async () => {
    counted.deleted(['a', 'b', 'c']);
    mayResume = false;
    await expect(breakers.goOn(askedNow(counted.tripped), true, 'a-1')).rejects.toThrow('cannot go on now');
    expect(breakers.isOff(session.taskId, 'deletions')).toBe(false);
  });

  test('[MON-2] stopping what a breaker stopped gives it no time', async () => {
    await breakers.stop(id);
    counted.deleted(['a', 'b', 'c']);
    await breakers.stop(id);
    expect(done.filter((each) => each.endsWith('stopped'))).toEqual(['stop: stopped', 'kill: stopped']);
  });
});

test('[MON-2] nothing counts before the command runs, and no denial that says nothing about it', () => {
  const trips: Trip[] = [];
  const early = new SessionBreakers({
    settings: { denials: 1, 'bytes-out': 100, processes: 'off', starts: 'off' },
    isOff: () => false,
    onTrip: (trip) => trips.push(trip),
  });
  early.denied('forbidden', 'early');
  follow(early);
  for (const reason of ['breaker_tripped', 'audit_unavailable', 'session_invalid', 'timeout'] as const) {
    early.denied(reason, 'not its fault');
  }
  early.sent(60, ['one']);
  early.sent(60, ['one']);
  early.sent(20, ['one']);
  expect(trips).toEqual([]);
  early.sent(100, ['two']);
  expect(trips).toMatchObject([{ breaker: 'bytes-out', count: 100 }]);
});

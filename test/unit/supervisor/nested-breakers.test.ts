import { afterEach, describe, expect, test, vi } from 'vitest';
import { SessionBreakers } from '../../../main/supervisor/session-breakers.ts';

type Followed = Parameters<SessionBreakers['follow']>[0];

/** Breakers that trip at the third denial or deletion, and note whose tripped. */
function breakersOf(name: string, tripped: string[], above?: SessionBreakers): SessionBreakers {
  const breakers = new SessionBreakers({
    settings: { deletions: 3, denials: 3, processes: 'off', starts: 'off' },
    isOff: () => false,
    onTrip: (trip) => tripped.push(`${name} ${trip.breaker}`),
    above,
  });
  // Only its end is waited for while nothing of processes is counted.
  breakers.follow({ ended: new Promise(() => {}) } as unknown as Followed);
  return breakers;
}

afterEach(() => {
  vi.useRealTimers();
});

describe('[MON-2] [IDN-9] the breakers of a session that starts others', () => {
  test('count what each of them is denied, so that a new one is no new beginning', () => {
    const tripped: string[] = [];
    const root = breakersOf('root', tripped);
    const middle = breakersOf('middle', tripped, root);
    const one = breakersOf('one', tripped, middle);
    const two = breakersOf('two', tripped, root);
    one.denied('approval_needed', 'a');
    two.denied('approval_needed', 'b');
    expect(tripped).toEqual([]);
    two.denied('approval_needed', 'c');
    expect(tripped).toEqual(['root denials']);
    expect([root, middle, one, two].map((each) => each.tripped !== undefined)).toEqual([true, false, false, false]);
    one.denied('approval_needed', 'd');
    one.denied('approval_needed', 'e');
    expect(tripped).toEqual(['root denials', 'one denials', 'middle denials']);
  });

  test('see the processes of all below together', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const tripped: string[] = [];
    const over = Promise.withResolvers<void>();
    const counting = (name: string, alive: number, ended: Promise<void>, above?: SessionBreakers) => {
      const breakers = new SessionBreakers({
        settings: { processes: 100 },
        isOff: () => false,
        onTrip: ({ count }) => tripped.push(`${name} ${count}`),
        above,
      });
      breakers.follow({ ended, processes: async () => ({ alive, started: 0 }) } as unknown as Followed);
      return breakers;
    };
    const never = new Promise<void>(() => {});
    const root = counting('root', 10, never);
    const one = counting('one', 40, never, root);
    counting('deep', 49, over.promise, one);
    await vi.advanceTimersByTimeAsync(3000);
    expect(tripped).toEqual([]);
    const two = counting('two', 5, never, root);
    await vi.advanceTimersByTimeAsync(3000);
    expect(tripped).toEqual(['root 104']);
    expect([one.tripped, two.tripped]).toEqual([undefined, undefined]);
    over.resolve();
    await over.promise;
    root.goOn();
    await vi.advanceTimersByTimeAsync(3000);
    expect(tripped).toHaveLength(1);
  });

  test('see the files of the workspace themselves: nothing is counted twice', () => {
    const tripped: string[] = [];
    const root = breakersOf('root', tripped);
    const child = breakersOf('child', tripped, root);
    for (const each of [root, child]) each.deleted(['a', 'b']);
    expect(tripped).toEqual([]);
    child.deleted(['c']);
    expect(tripped).toEqual(['child deletions']);
  });
});

import { describe, expect, test } from 'vitest';
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

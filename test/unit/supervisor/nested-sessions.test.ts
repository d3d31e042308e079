import { describe, expect, test } from 'vitest';
import type { NewEvent } from '#contract/audit.ts';
import type { Session } from '#contract/session.ts';
import { agentInTree, underTheirParents } from '../../../main/cli/render/nested-sessions.ts';
import {
  childrenMax,
  descendantsMax,
  nestedStartsPerMinuteMax,
  nestingDepthMax,
} from '../../../main/core/sessions/nesting.ts';
import { actorsFrom, ancestorsOf, childrenOf, descendantsOf } from '../../../main/supervisor/ancestry.ts';
import { assertMayStart } from '../../../main/supervisor/nested-start.ts';
import { setPaused, toPause, toResume } from '../../../main/supervisor/pausing.ts';
import type { SessionEntry } from '../../../main/supervisor/session-entry.ts';
import type { SessionParts } from '../../../main/supervisor/session-parts.ts';

/** As much of an entry as these functions look at. */
function entry(id: string, parent?: SessionEntry, state: Session['state'] = 'running'): SessionEntry {
  const session = { id, agent: `agent-of-${id}`, state };
  const below = { startedAt: [], workspaces: new Set() };
  return { session, parent, pausedWith: undefined, endWanted: undefined, below } as unknown as SessionEntry;
}
const ids = (entries: readonly SessionEntry[]) => entries.map(({ session }) => session.id);
const pauseAll = (entries: readonly SessionEntry[]) => {
  for (const each of entries) if (each.session.state === 'running') each.session = { ...each.session, state: 'paused' };
};
const resumeAll = (entries: readonly SessionEntry[]) => {
  for (const each of entries) {
    if (each.session.state === 'paused') each.session = { ...each.session, state: 'running' };
    each.pausedWith = undefined;
  }
};

const tree = () => {
  const root = entry('root');
  const one = entry('one', root);
  const two = entry('two', root);
  const deep = entry('deep', one);
  const other = entry('other');
  return { root, one, two, deep, other, all: [root, one, two, deep, other] };
};

describe('[IDN-9] sessions and those that they started', () => {
  test('who stands above and below', () => {
    const { root, deep, all } = tree();
    expect(ids(ancestorsOf(deep))).toEqual(['one', 'root']);
    expect(actorsFrom(deep).map(({ session }) => session)).toEqual(['deep', 'one', 'root']);
    expect(ids(childrenOf(root, all))).toEqual(['one', 'two']);
    expect(ids(descendantsOf(root, all))).toEqual(['one', 'two', 'deep']);
  });

  test('[RUN-3] a pause stops all below, and what was paused by itself stays so when the rest goes on', () => {
    const { root, one, two, deep, other, all } = tree();
    pauseAll(toPause([two], all));
    expect(ids(toPause([root], all))).toEqual(['root', 'one', 'two', 'deep']);
    pauseAll([root, one, deep]);
    // Nothing below goes on by itself while somebody above stands still.
    expect(toResume([one], all)).toEqual([]);
    expect(toResume([deep], all)).toEqual([]);
    expect(toResume([two], all)).toEqual([]);
    const going = toResume([root], all);
    expect(ids(going)).toEqual(['root', 'one', 'deep']);
    resumeAll(going);
    expect([two, other].map(({ session }) => session.state)).toEqual(['paused', 'running']);
    expect(ids(toResume([two], all))).toEqual(['two']);
  });

  test('[RUN-3] pauses one above the other are lifted one after the other', () => {
    const { root, one, deep, all } = tree();
    pauseAll(toPause([one], all));
    pauseAll(toPause([root], all));
    const first = toResume([root], all);
    expect(ids(first)).not.toContain('one');
    resumeAll(first);
    expect(ids(toResume([one], all))).toEqual(['one', 'deep']);
    // Asking changes nothing: what could not be recorded can be tried again.
    expect(ids(toResume([one], all))).toEqual(['one', 'deep']);
    expect(deep.pausedWith).toBe(one);
  });

  test('[RUN-3] [MON-2] one that is paused by itself, or tripped a breaker, while it stands still with its parent does not go on with that', () => {
    const { root, one, two, deep, all } = tree();
    pauseAll(toPause([root], all));
    toPause([one], all);
    expect(ids(toResume([root], all))).toEqual(['root', 'two']);
    expect([one.pausedWith, two.pausedWith, deep.pausedWith]).toEqual([undefined, root, one]);
    expect(ids(toResume([one], all))).toEqual([]);
  });

  test('[RUN-3] [MON-2] what is paused, or trips a breaker, while its going on is put on record, stands still', async () => {
    const told: string[] = [];
    const root = entry('root');
    root.pauses = 0;
    const process = { pause: () => told.push('stands'), resume: () => told.push('goes on') };
    Object.assign(root, { running: { process }, breakers: { goOn: () => told.push('trip lifted') } });
    const recording: PromiseWithResolvers<void>[] = [];
    const append = ({ kind }: NewEvent) => {
      told.push(kind);
      recording.push(Promise.withResolvers());
      return recording.at(-1)?.promise;
    };
    const observe = ({ kind }: NewEvent) => told.push(`${kind} again`);
    const parts = { audit: { append, observe }, state: { saveSession: () => {} } } as unknown as SessionParts;
    const all = new Map([['root', root]]);
    const set = (paused: boolean) => setPaused(parts, all, ['root'], paused, 'a person said so');
    const recorded = () => recording.at(-1)?.resolve();

    const first = set(true);
    recorded();
    await first;
    const going = set(false);
    expect(await set(true)).toEqual([]);
    recorded();
    expect(await going).toEqual([]);
    expect(root.session.state).toBe('paused');
    expect(told.splice(0)).toEqual(['stands', 'session.paused', 'session.resumed', 'session.paused again']);

    const again = set(false);
    recorded();
    expect((await again).map(({ state }) => state)).toEqual(['running']);
    expect(told).toEqual(['session.resumed', 'trip lifted', 'goes on']);
  });

  test('all of them at once', () => {
    const { all } = tree();
    pauseAll(toPause(all, all));
    expect(ids(toResume(all, all)).toSorted()).toEqual(ids(all).toSorted());
  });

  test('[RUN-4] so deep, so many for one, so many below one root', () => {
    const { root, all } = tree();
    expect(() => assertMayStart(root, all, 0)).not.toThrow();
    let deepest = root;
    for (let depth = 0; depth < nestingDepthMax; depth += 1) {
      expect(() => assertMayStart(deepest, all, 0)).not.toThrow();
      deepest = entry(`d${depth}`, deepest);
    }
    expect(() => assertMayStart(deepest, all, 0)).toThrow(/deep/u);
    const full = Array.from({ length: childrenMax }, (_, index) => entry(`c${index}`, root));
    expect(() => assertMayStart(root, full, 0)).toThrow(new RegExp(`${childrenMax}`, 'u'));
    const [first = root, second = root] = full;
    const below = Array.from({ length: descendantsMax - 4 }, (_, index) =>
      entry(`b${index}`, index % 2 ? first : second),
    );
    expect(() => assertMayStart(full[2] ?? root, [...full.slice(0, 4), ...below], 0)).toThrow(/below root/u);
  });

  test('[RUN-4] so many within a minute, over all below one root', () => {
    const { root, one, all } = tree();
    for (let count = 0; count < nestedStartsPerMinuteMax; count += 1)
      assertMayStart(count % 2 ? root : one, all, count);
    expect(() => assertMayStart(one, all, 59_999)).toThrow(/within a minute/u);
    expect(() => assertMayStart(one, all, 60_000)).not.toThrow();
    expect(() => assertMayStart(entry('another'), all, 59_999)).not.toThrow();
  });

  test.each(['starting', 'stopping', 'ended'] as const)('nothing starts in a session that is %s', (state) => {
    expect(() => assertMayStart(entry('x', undefined, state), [], 0)).toThrow(/ends/u);
  });

  test('in lists each stands below the one that started it, if that is listed', () => {
    const listed = (id: string, ...above: string[]) =>
      ({
        id,
        agent: id,
        ...(above.length === 0 ? {} : { actors: above.map((session) => ({ session, agent: 'x' })) }),
      }) as Session;
    const list = [listed('a'), listed('b'), listed('a2', 'a1', 'a'), listed('a1', 'a'), listed('gone-child', 'gone')];
    const sorted = underTheirParents(list);
    expect(sorted.map(({ id }) => id)).toEqual(['a', 'a1', 'a2', 'b', 'gone-child']);
    expect(sorted.map(agentInTree)).toEqual(['a', '└ a1', '  └ a2', 'b', '└ gone-child']);
  });
});

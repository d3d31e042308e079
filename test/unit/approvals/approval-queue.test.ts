import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Answer, answerSchema, isAllow } from '#contract/approval.ts';
import { ApprovalQueue, type Question, type Release } from '../../../main/core/approvals/approval-queue.ts';

const every = answerSchema.options;
const start = 1_000_000;
const later = (ms: number) => start + ms;

function question(over: Partial<Question> = {}): Question {
  return { id: 'a-1', digest: 'd1', session: 's1', task: 't1', answers: every, patienceMs: 45_000, ...over };
}

/** A queue with one held call. */
function asked(over: Partial<Question> = {}): ApprovalQueue {
  const queue = new ApprovalQueue();
  expect(queue.ask(question(over), 'c1', start)).toEqual({ kind: 'held', approval: 'a-1', isNew: true });
  return queue;
}

describe('one question', () => {
  test.each(every)('[APR-1] [APR-3] the answer %s reaches the held call', (answer) => {
    const outcome = isAllow(answer) ? { allowed: answer } : { refused: 'denied' };
    expect(asked().answer('a-1', 'd1', answer, later(10))).toEqual({
      kind: 'done',
      releases: [{ call: 'c1', approval: 'a-1', outcome }],
      leavesPermit: false,
    });
  });

  test('[APR-4] an answer for another digest is refused, and the call goes on waiting', () => {
    const queue = asked();
    expect(queue.answer('a-1', 'd2', 'allow-once', later(1))).toEqual({ kind: 'refused', why: 'other_digest' });
    expect(queue.list()).toEqual([{ id: 'a-1', held: 1 }]);
  });

  test('an answer counts once', () => {
    const queue = asked();
    queue.answer('a-1', 'd1', 'allow-once', later(1));
    expect(queue.answer('a-1', 'd1', 'allow-once', later(2))).toEqual({ kind: 'refused', why: 'unknown' });
    expect(queue.ask(question({ id: 'a-2' }), 'c2', later(3))).toMatchObject({ kind: 'held', isNew: true });
  });

  test('an answer that was not offered is refused', () => {
    const queue = asked({ answers: ['allow-once', 'deny-once'] });
    expect(queue.answer('a-1', 'd1', 'always', later(1))).toEqual({ kind: 'refused', why: 'not_offered' });
  });

  test('[APR-6] identical questions join, others do not', () => {
    const queue = asked();
    expect(queue.ask(question({ id: 'a-2' }), 'c2', later(1))).toEqual({ kind: 'held', approval: 'a-1', isNew: false });
    expect(queue.ask(question({ id: 'a-3', digest: 'd2' }), 'c3', later(1))).toMatchObject({ approval: 'a-3' });
    expect(queue.ask(question({ id: 'a-4', session: 's2' }), 'c4', later(1))).toMatchObject({ approval: 'a-4' });
    const answered = queue.answer('a-1', 'd1', 'allow-once', later(2));
    expect(answered).toMatchObject({ releases: [{ call: 'c1' }, { call: 'c2' }] });
  });
});

describe('nobody answers', () => {
  test('[APR-5] the call is denied as pending when its patience is over', () => {
    const queue = asked();
    expect(queue.expire(later(44_999)).releases).toEqual([]);
    expect(queue.expire(later(45_000)).releases).toEqual([
      { call: 'c1', approval: 'a-1', outcome: { refused: 'pending' } },
    ]);
  });

  test('[APR-5] a clock that is set back gives no more time', () => {
    const queue = asked();
    queue.msUntilNext(later(45_000));
    expect(queue.answer('a-1', 'd1', 'allow-once', later(-1_000_000))).toMatchObject({
      releases: [{ outcome: { refused: 'pending' } }],
    });
  });

  test('a late allow lifts the next try, once', () => {
    const queue = asked();
    queue.expire(later(45_000));
    expect(queue.ask(question({ id: 'a-2' }), 'c2', later(46_000))).toEqual({
      kind: 'refused',
      why: 'pending',
      approval: 'a-1',
    });
    expect(queue.answer('a-1', 'd1', 'allow-once', later(50_000))).toMatchObject({ leavesPermit: true, releases: [] });
    expect(queue.ask(question({ id: 'a-3' }), 'c3', later(60_000))).toEqual({ kind: 'permitted', approval: 'a-1' });
    expect(queue.ask(question({ id: 'a-4' }), 'c4', later(60_001))).toMatchObject({ kind: 'held' });
  });

  test('a permit nobody uses ends', () => {
    const queue = asked();
    queue.expire(later(45_000));
    queue.answer('a-1', 'd1', 'allow-once', later(50_000));
    expect(queue.ask(question({ id: 'a-2' }), 'c2', later(170_000))).toMatchObject({ kind: 'held', approval: 'a-2' });
  });

  test('an answer in the instant after the patience ended allows no held call', () => {
    const answered = asked().answer('a-1', 'd1', 'allow-once', later(45_000));
    expect(answered).toMatchObject({ releases: [{ outcome: { refused: 'pending' } }], leavesPermit: true });
  });

  test('an approval lapses at last', () => {
    const queue = asked();
    expect(queue.expire(later(45_000 + 15 * 60_000)).lapsed).toEqual(['a-1']);
    expect(queue.answer('a-1', 'd1', 'allow-once', later(2_000_000))).toMatchObject({ why: 'unknown' });
  });
});

describe('denials', () => {
  test('a denied action is not asked again at once, and longer each time', () => {
    const queue = asked();
    queue.answer('a-1', 'd1', 'deny-once', later(0));
    expect(queue.ask(question({ id: 'a-2' }), 'c2', later(9_999))).toMatchObject({ why: 'denied' });
    expect(queue.ask(question({ id: 'a-3' }), 'c3', later(10_000))).toMatchObject({ kind: 'held' });
    queue.answer('a-3', 'd1', 'deny-once', later(10_000));
    expect(queue.ask(question({ id: 'a-4' }), 'c4', later(29_999))).toMatchObject({ why: 'denied' });
    expect(queue.ask(question({ id: 'a-5' }), 'c5', later(30_000))).toMatchObject({ kind: 'held' });
  });

  test('a denial for the task holds until the task ends', () => {
    const queue = asked();
    queue.answer('a-1', 'd1', 'deny-task', later(0));
    expect(queue.ask(question({ id: 'a-2' }), 'c2', later(1e9))).toMatchObject({ why: 'denied' });
    queue.endTask('t1');
    expect(queue.ask(question({ id: 'a-3' }), 'c3', later(1e9))).toMatchObject({ kind: 'held' });
  });
});

describe('too much', () => {
  test('[MON-2] [APR-6] no flood of its own questions keeps out what is asked about the session', () => {
    const queue = new ApprovalQueue();
    for (let number = 0; number < 100; number += 1) {
      queue.ask(question({ id: `a-${number}`, digest: `d${number}` }), `c${number}`, start);
    }
    expect(queue.ask(question({ id: 'a-last', digest: 'last' }), 'c-last', start)).toMatchObject({ why: 'flood' });
    const ofSupervisor = question({ id: 'a-trip', digest: 'trip', ofSupervisor: true });
    expect(queue.ask(ofSupervisor, 'c-trip', start)).toMatchObject({ kind: 'held', approval: 'a-trip' });
  });

  test('[APR-6] a flood is refused without a prompt, and other sessions are asked as before', () => {
    const queue = new ApprovalQueue();
    const kinds = Array.from({ length: 40 }, (_, n) =>
      queue.ask(question({ id: `a-${n}`, digest: `d${n}` }), `c${n}`, start),
    );
    expect(kinds.filter(({ kind }) => kind === 'held')).toHaveLength(12);
    expect(kinds.at(-1)).toEqual({ kind: 'refused', why: 'flood' });
    expect(queue.ask(question({ session: 's2', id: 'b' }), 'other', start)).toMatchObject({ kind: 'held' });
  });

  test('the end of a session takes its questions and permits with it', () => {
    const queue = asked();
    expect(queue.endSession('s1').releases).toMatchObject([{ outcome: { refused: 'withdrawn' } }]);
    expect(queue.answer('a-1', 'd1', 'allow-once', later(1))).toMatchObject({ kind: 'refused', why: 'unknown' });
  });
});

const step = fc.oneof(
  fc.record({ kind: fc.constant('ask' as const), session: fc.nat(1), digest: fc.nat(2) }),
  fc.record({
    kind: fc.constant('answer' as const),
    approval: fc.nat(12),
    digest: fc.nat(2),
    answer: fc.constantFrom(...every),
  }),
  fc.record({ kind: fc.constant('expire' as const) }),
  fc.record({ kind: fc.constant('abandon' as const), call: fc.nat(20) }),
  fc.record({ kind: fc.constant('end' as const), session: fc.nat(1) }),
  fc.record({
    kind: fc.constant('time' as const),
    ms: fc.constantFrom(-10_000_000, -1, 0, 1, 500, 45_000, 120_000, 900_000),
  }),
);

describe('any order of events', () => {
  test('[APR-5] [APR-4] no call is allowed but by an answer given to its digest in time, and every call once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new ApprovalQueue({ askedPerWindow: 6, openPerSession: 3, heldPerApproval: 3 });
        let at = start;
        let latest = start;
        let count = 0;
        const digestOf = new Map<string, string>();
        const heldBy = new Map<string, string>();
        const askedAt = new Map<string, number>();
        /** Accepted allows: approval → digest. Each allows the calls it held then, or one later. */
        const allowed = new Map<string, string>();
        const permits = new Set<string>();
        const settle = (releases: readonly Release[], given?: { approval: string; answer: Answer }) => {
          for (const { call, approval, outcome } of releases) {
            expect(heldBy.get(call), 'a call gets one answer, from the approval that held it').toBe(approval);
            heldBy.delete(call);
            if (!('allowed' in outcome)) continue;
            expect(given).toEqual({ approval, answer: outcome.allowed });
            expect(isAllow(outcome.allowed)).toBe(true);
            expect(digestOf.get(call)).toBe(allowed.get(approval));
            expect(latest - (askedAt.get(approval) ?? start)).toBeLessThan(45_000);
          }
        };
        for (const each of steps) {
          // What the queue is told: a clock that is set back before it looks is the clock's to notice.
          if (['ask', 'answer', 'expire'].includes(each.kind)) latest = Math.max(latest, at);
          if (each.kind === 'time') at += each.ms;
          else if (each.kind === 'expire') settle(queue.expire(at).releases);
          else if (each.kind === 'abandon') {
            queue.abandon(`c${each.call}`);
            heldBy.delete(`c${each.call}`);
          } else if (each.kind === 'end') {
            settle(queue.endSession(`s${each.session}`).releases);
            // Nothing that was given before the end may count after it.
            for (const approval of permits)
              if (digestOf.get(approval)?.startsWith(`s${each.session} `)) permits.delete(approval);
          } else if (each.kind === 'ask') {
            const call = `c${count}`;
            const id = `a${count}`;
            count += 1;
            const session = `s${each.session}`;
            const digest = `${session} d${each.digest}`;
            digestOf.set(call, digest);
            const result = queue.ask(question({ id, digest, session }), call, at);
            if (result.kind === 'held') {
              if (result.isNew) {
                askedAt.set(id, latest);
                digestOf.set(id, digest);
              }
              expect(digestOf.get(result.approval)).toBe(digest);
              heldBy.set(call, result.approval);
            } else if (result.kind === 'permitted') {
              expect(permits.delete(result.approval), 'a permit is used once').toBe(true);
              expect(allowed.get(result.approval)).toBe(digest);
            }
          } else {
            const approval = `a${each.approval}`;
            const digest = `s${each.approval % 2} d${each.digest}`;
            const before = digestOf.get(approval);
            if (before === digest && isAllow(each.answer)) allowed.set(approval, digest);
            const result = queue.answer(approval, digest, each.answer, at);
            if (result.kind === 'refused') continue;
            expect(before).toBe(digest);
            if (result.leavesPermit) permits.add(approval);
            settle(result.releases, { approval, answer: each.answer });
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});

import { describe, expect, test } from 'vitest';
import { ApprovalQueue, type Question, queueBounds } from '../../../main/core/approvals/approval-queue.ts';

let count = 0;
/** A question of a session below `root`; the line's digest says what is asked, whoever asks. */
function question(session: string, what: string): Question {
  count += 1;
  return {
    id: `a-${count}`,
    digest: `${session} ${what}`,
    session,
    task: 't-1',
    answers: ['allow-once', 'allow-task', 'deny-once', 'deny-task'],
    patienceMs: 1000,
    line: { session: 'root', digest: `root ${what}` },
  };
}

describe('[IDN-9] [APR-6] a session that another one started is no new beginning', () => {
  test('what was denied for the task stays denied for the next one that is started, until the first one ends', () => {
    const queue = new ApprovalQueue();
    const first = question('child-1', 'x');
    queue.ask(first, 'c1', 0);
    queue.answer(first.id, first.digest, 'deny-task', 1);
    queue.endSession('child-1');
    expect(queue.ask(question('child-2', 'x'), 'c2', 2)).toEqual({ kind: 'refused', why: 'denied' });
    // The first session itself is of the same line.
    const own: Question = { ...question('root', 'x'), digest: 'root x' };
    expect(queue.ask(own, 'c3', 3)).toEqual({ kind: 'refused', why: 'denied' });
    expect(queue.ask(question('child-2', 'y'), 'c4', 4)).toMatchObject({ kind: 'held' });
    queue.endSession('root');
    expect(queue.ask(question('child-3', 'x'), 'c5', 5)).toMatchObject({ kind: 'held' });
  });

  test('a flood over many sessions is a flood', () => {
    const queue = new ApprovalQueue();
    const asked = Array.from({ length: queueBounds.askedPerWindow + 5 }, (_, index) =>
      queue.ask(question(`child-${index}`, `x${index}`), `f${index}`, index),
    );
    expect(asked.filter(({ kind }) => kind === 'held')).toHaveLength(queueBounds.askedPerWindow);
    expect(asked.at(-1)).toEqual({ kind: 'refused', why: 'flood' });
  });

  test('an answer that allows is for the session that asked, and for no other of the line', () => {
    const queue = new ApprovalQueue();
    const first = question('child-1', 'x');
    queue.ask(first, 'c1', 0);
    queue.expire(1000);
    expect(queue.answer(first.id, first.digest, 'allow-once', 1001)).toMatchObject({ leavesPermit: true });
    expect(queue.ask(question('child-2', 'x'), 'c2', 1002)).toMatchObject({ kind: 'held', isNew: true });
    expect(queue.ask(question('child-1', 'x'), 'c3', 1003)).toMatchObject({ kind: 'permitted' });
  });
});

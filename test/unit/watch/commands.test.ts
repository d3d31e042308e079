import { describe, expect, test } from 'vitest';
import { armedAfterMs } from '../../../main/cli/prompt/typed-answer.ts';
import { WatchKeys } from '../../../main/cli/watch/watch-keys.ts';
import { approvalOf, code, eventOf, grantOf, liveState, sessionOf } from './watch-samples.ts';

/** A screen with two sessions and two questions, and what its keys asked for. */
function openKeys() {
  const { state, time } = liveState();
  const done: unknown[] = [];
  const keys = new WatchKeys(
    state,
    {
      act: (how, which) => done.push([how, which]),
      revoke: (id) => done.push(['revoke', id]),
      answer: (question, given) => done.push(['answer', question.asked.id, given.answer]),
      explain: (seq) => done.push(['explain', seq]),
      filter: async (query) => void done.push(['filter', query]),
    },
    (how) => done.push(['leave', how]),
  );
  state.takeSessions([sessionOf(2), sessionOf(1)]);
  state.takeGrants([grantOf(1), grantOf(2)]);
  state.takeAsked(approvalOf(1), code);
  state.takeAsked(approvalOf(2), code);
  const type = (...chunks: string[]) => {
    for (const chunk of chunks) keys.push(Buffer.from(chunk));
  };
  return { state, time, done, type, close: () => keys.close() };
}

const up = '\x1b[A';
const down = '\x1b[B';
const tab = '\t';

describe('keys and what they do', () => {
  test.each([
    ['pause', ['p'], [['pause', { id: '0001-calm-otter' }]]],
    ['resume the second', [down, 'r'], [['resume', { id: '0002-calm-otter' }]]],
    ['stop', ['s'], [['stop', { id: '0001-calm-otter' }]]],
    ['kill needs its word', ['k'], []],
    ['kill with its word', ['k', 'kill\r'], [['kill', { id: '0001-calm-otter' }]]],
    ['another word', ['k', 'kil\r'], []],
    ['Enter alone confirms nothing', ['k', '\r\r\r\r', 'q'], []],
    ['stop everything', ['S', 'stop all\r'], [['stop', { all: true }]]],
    ['kill everything', ['K', 'kill all\r'], [['kill', { all: true }]]],
    ['the word for one is not the word for all', ['K', 'kill\r'], []],
    ['in another pane the letters do nothing', [tab, 's', 'p', 'k', 'S'], []],
    ['a paste is no command', ['spkq'], []],
    ['a key held down is that key', ['ppp'], [['pause', { id: '0001-calm-otter' }]]],
    ['leave', ['q'], [['leave', 'asked']]],
    ['Ctrl-C', ['\x03'], [['leave', 'interrupted']]],
    ['nor is one of several lines', ['s\nk\nkill\n'], []],
    ['search', ['/', 'decision:deny host:a.test\r'], [['filter', 'decision:deny host:a.test']]],
    ['letters of a search are no commands', ['/', 'qsk?'], []],
    ['Ctrl-C leaves from anywhere', ['/', '\x03'], [['leave', 'interrupted']]],
    ['keys of the map are no commands', ['?', 's', 'k'], []],
  ])('[RUN-3] %s', (_, typed, expected) => {
    const { done, type, close } = openKeys();
    type(...typed);
    expect(done).toEqual(expected);
    close();
  });

  test('[GRT-2] a grant is taken back from the session that was opened', () => {
    const { state, done, type, close } = openKeys();
    type('\r');
    expect(state.grants.rows()).toHaveLength(2);
    type(down, 't');
    expect(done).toEqual([['revoke', 'g-2']]);
    state.takeGrants([grantOf(1)]);
    type('t');
    expect(done).toHaveLength(1);
    close();
  });

  test('a session that ended under the cursor gets no command, and its neighbour none either', () => {
    const { state, done, type, close } = openKeys();
    state.takeSessions([sessionOf(2)]);
    type('s', 'p');
    expect(done).toEqual([]);
    type(down, 'p');
    expect(done).toEqual([['pause', { id: '0002-calm-otter' }]]);
    close();
  });

  test('[APR-5] Enter opens the question under the cursor; held down it answers nothing and opens no other', () => {
    const { state, time, done, type, close } = openKeys();
    type(tab, '\r');
    for (let held = 0; held < 200; held += 1) {
      time.steadyMs += 30;
      type('\r');
    }
    time.steadyMs += armedAfterMs;
    type('\r', '\r');
    expect(done).toEqual([]);
    expect(state.question?.asked.id).toBe(approvalOf(1).id);
    time.steadyMs += armedAfterMs;
    type(`once ${code}\r`);
    expect(done).toEqual([['answer', approvalOf(1).id, 'allow-once']]);
    close();
  });

  test('[APR-5] the question that goes while Enter is on its way is not swapped for the next one', () => {
    const { state, time, done, type, close } = openKeys();
    type(tab);
    state.takeChanged(approvalOf(1, { state: 'lapsed', why: 'nobody answered' }));
    type('\r');
    expect(state.question?.asked.id).toBe(approvalOf(1).id);
    time.steadyMs += 2 * armedAfterMs;
    type(`once ${code}\r`);
    expect(done).toEqual([]);
    close();
  });

  test('[APR-5] Escape leaves a question without an answer, and letters for it are no commands', async () => {
    const { state, time, done, type, close } = openKeys();
    type(tab, '\r');
    time.steadyMs += 2 * armedAfterMs;
    type('s', 'q', '?');
    expect(state.question?.text).toBe('sq');
    const back = new Promise<void>((resolve) => {
      const stop = state.subscribe(() => {
        if (state.view.kind !== 'panes') return;
        stop();
        resolve();
      });
    });
    type('\x1b');
    await back;
    expect(done).toEqual([]);
    expect(state.openCount).toBe(2);
    close();
  });

  test('an event is opened where the cursor was put down, whatever comes meanwhile', () => {
    const { state, done, type, close } = openKeys();
    for (let seq = 1; seq <= 30; seq += 1) state.timeline.push(eventOf(seq));
    type(tab, tab, '\r');
    for (let seq = 31; seq <= 60; seq += 1) state.timeline.push(eventOf(seq));
    type(up, '\r');
    expect(done).toEqual([['explain', 29]]);
    close();
  });
});

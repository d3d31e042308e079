import { Writable } from 'node:stream';
import { render } from 'ink';
import { createElement } from 'react';
import { describe, expect, test } from 'vitest';
import { type Screen, screenOf } from '../../../main/cli/render/screen.ts';
import { cellsOf } from '../../../main/cli/render/width.ts';
import { WatchScreen } from '../../../main/cli/watch/watch-screen.tsx';
import type { WatchState } from '../../../main/cli/watch/watch-state.ts';
import { approvalOf, code, eventOf, grantOf, hostileText, liveState, sessionOf } from './watch-samples.ts';

const colourful = screenOf({ isTTY: true, columns: 80 }, {});
const plain: Screen = { terminal: true, columns: 80, paint: (_, text) => text };

/** A terminal that keeps what the renderer writes. In its debug mode that is one whole frame after the other. */
function openStream(state: WatchState, screen: Screen) {
  const frames: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      frames.push(chunk.toString());
      done();
    },
  });
  Object.assign(stream, { isTTY: true, columns: state.columns, rows: state.rows });
  const shown = render(createElement(WatchScreen, { state, screen }), {
    stdout: stream,
    debug: true,
    interactive: true,
    patchConsole: false,
    exitOnCtrlC: false,
  });
  return { frame: () => frames.at(-1) ?? '', frames, close: () => shown.unmount() };
}

/** One frame, without its colours. */
function frameOf(state: WatchState, screen = plain): string {
  const stream = openStream(state, screen);
  const frame = stream.frame();
  stream.close();
  return frame.replaceAll(/\x1b\[[0-9;]*m/gu, '');
}

function full(size: { columns: number; rows: number }, text = 'an ordinary text') {
  const { state, time } = liveState(size);
  state.takeSessions(Array.from({ length: 20 }, (_, number) => sessionOf(number + 1, { task: text, command: [text] })));
  state.takeGrants([grantOf(1, { spec: `file.read:/${text}` })]);
  for (let number = 1; number <= 12; number += 1) {
    state.takeAsked(
      approvalOf(number, {
        agent: 'generic',
        taskText: text,
        executable: { path: `/bin/${text}`, sha256: 'ab'.repeat(32) },
        resource: { kind: 'url', scheme: 'http', method: 'GET', host: 'a.test', port: 80, path: `/${text}` },
      }),
      code,
    );
  }
  for (let seq = 1; seq <= 100; seq += 1) state.timeline.push(eventOf(seq, { summary: text }));
  return { state, time };
}

const smallest = { columns: 60, rows: 16 };
const largest = { columns: 200, rows: 50 };
const sizes = [smallest, { columns: 80, rows: 24 }, largest];
const views: readonly [string, (state: WatchState) => void][] = [
  ['panes', () => {}],
  ['a question', (state) => state.openQuestion(approvalOf(1, { taskText: hostileText, claim: hostileText }))],
  ['a session', (state) => state.openSession(sessionOf(1).id)],
  [
    'an event',
    (state) => {
      const event = eventOf(1, { summary: hostileText, agent: hostileText });
      state.view = { kind: 'event', event, explanation: [hostileText], scroll: 0 };
    },
  ],
  [
    'the keys',
    (state) => {
      state.view = { kind: 'keys', before: state.view };
    },
  ],
];

describe('what the renderer draws', () => {
  // The smallest and the largest: nothing between them is drawn in another way.
  test.each([smallest, largest].flatMap((size) => views.map(([name, open]) => ({ name, size, open }))))(
    '[APR-2] hostile texts move nothing: $name at $size.columns × $size.rows',
    ({ size, open }) => {
      const { state } = full(size, hostileText);
      open(state);
      const stream = openStream(state, colourful);
      const raw = stream.frame();
      stream.close();
      // Colours are the only sequences in a frame; the sixteen of the terminal, never others.
      expect(raw.replaceAll(/\x1b\[(?:[0-9]|[1-4][0-9])m/gu, '')).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
      const lines = raw.replaceAll(/\x1b\[[0-9;]*m/gu, '').split('\n');
      expect(lines).toHaveLength(size.rows);
      for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(size.columns);
    },
  );

  test('a hostile text leaves every title and every other row where it is', () => {
    for (const size of sizes) {
      const places = (text: string) =>
        frameOf(full(size, text).state)
          .split('\n')
          .map((line, row) => (/^[━─]/u.test(line) ? `${row}: ${line.slice(0, 12)}` : `${row}: ${line.slice(0, 2)}`));
      expect(places(hostileText)).toEqual(places('fine'));
    }
  });

  test('empty, connecting, lost, and read only say what they are', () => {
    const { state } = liveState();
    for (const words of ['No session runs.', 'Nothing waits.', 'Nothing is on record yet.']) {
      expect(frameOf(state)).toContain(words);
    }
    state.readOnlyBecause = 'It runs inside a sandbox.';
    expect(frameOf(state)).toContain('Answers cannot be given here: It runs inside a sandbox.');
    state.link = 'connecting';
    expect(frameOf(state)).toContain('Asking the supervisor…');
    state.takeLost();
    expect(frameOf(state)).toContain('no supervisor answers; looking again every second');
    expect(frameOf(state)).toContain('Nothing can be answered until it is back.');
  });

  test('[APR-5] what was open when the connection went is neither shown as open nor kept', () => {
    const { state } = full({ columns: 80, rows: 24 });
    state.focus = 'approvals';
    expect(frameOf(state)).toContain('http://a.test');
    state.takeLost();
    expect(frameOf(state)).not.toContain('http://a.test');
    expect(state.isAnswerableHere(approvalOf(1).id)).toBe(false);
  });

  test('[APR-5] an answered question stays under the cursor as what it was, and cannot be opened for an answer', () => {
    const { state } = full({ columns: 80, rows: 24 });
    state.focus = 'approvals';
    state.takeChanged(approvalOf(1, { state: 'denied', answer: 'deny-once' }));
    expect(frameOf(state)).toMatch(/▸ .* closed/u);
    state.openQuestion(approvalOf(1));
    expect(state.question?.isAnswerable).toBe(false);
  });

  test('without colours the marks are there all the same', () => {
    const { state } = full({ columns: 80, rows: 24 });
    const stream = openStream(state, screenOf({ isTTY: true, columns: 80 }, { NO_COLOR: '1' }));
    expect(stream.frame()).not.toContain('\x1b[');
    for (const mark of ['▸', '━━ Sessions (20)', '◆ Notable', '✗']) expect(stream.frame()).toContain(mark);
    stream.close();
  });

  test('a flood of events is drawn a few times, not each', async () => {
    const { state } = full({ columns: 80, rows: 24 });
    const stream = openStream(state, plain);
    const before = stream.frames.length;
    const drawnLast = new Promise<void>((resolve) => {
      const stop = state.subscribe(() => {
        stop();
        resolve();
      });
    });
    for (let seq = 101; seq <= 20_000; seq += 1) {
      state.timeline.push(eventOf(seq));
      state.changed();
    }
    await drawnLast;
    expect(stream.frames.length - before).toBeLessThanOrEqual(2);
    expect(stream.frame()).toContain('20000');
    stream.close();
    state.close();
  });

  test('a terminal that is too small says so, with what waits', () => {
    const { state } = full({ columns: 40, rows: 10 });
    expect(frameOf(state)).toContain('Make the window');
  });
});

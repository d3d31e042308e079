import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { armedAfterMs } from '#contract/bridge.ts';
import { ShownQuestion } from '../../../main/electron/shown-question.ts';
import { Arming } from '../../../renderer/approval/arming.ts';

const allows = (button: string) => button === 'allow';

/** A question that stands, all of it in view. */
function shown(): Arming {
  const arming = new Arming(allows);
  arming.shown('q1', 0);
  arming.read(0);
  return arming;
}

describe('[APR-2] an answer needs a question that stood still', () => {
  test('a press before it is armed answers nothing, and postpones', () => {
    const arming = shown();
    arming.press('allow', armedAfterMs - 1);
    expect(arming.release('allow')).toBeUndefined();
    expect(arming.isArmed(armedAfterMs + 1)).toBe(false);
    arming.press('allow', 2 * armedAfterMs);
    expect(arming.release('allow')).toBe('allow');
  });

  test('a press answers where it began, and nowhere else', () => {
    const arming = shown();
    arming.press('deny', 1000);
    expect(arming.release('allow')).toBeUndefined();
    expect(arming.release('deny')).toBeUndefined();
  });

  test('the second press of a double click answers nothing', () => {
    const arming = shown();
    arming.press(undefined, 1000);
    arming.release(undefined);
    arming.press('allow', 1100);
    expect(arming.release('allow')).toBeUndefined();
  });

  test('a press on one question does not end on the next', () => {
    const arming = shown();
    arming.press('allow', 1000);
    arming.replace();
    arming.shown('q2', 1010);
    expect(arming.release('allow')).toBeUndefined();
  });

  test('nothing is armed between two questions', () => {
    const arming = shown();
    arming.replace();
    arming.press('allow', 10_000);
    expect(arming.release('allow')).toBeUndefined();
    expect(arming.act(false, 20_000)).toBe(false);
  });

  test('Enter works on a button that Tab reached, once it is armed, pressed once', () => {
    const arming = shown();
    arming.keyDown('Tab', undefined, false, 1000);
    arming.buttonFocused('allow');
    arming.keyDown('Enter', 'allow', false, 1100);
    expect(arming.keyUp('Enter', 'allow')).toBeUndefined();
    arming.keyDown('Enter', 'allow', false, 1100 + armedAfterMs);
    expect(arming.keyUp('Enter', 'allow')).toBe('allow');
  });

  test('Enter that is held answers nothing', () => {
    const arming = shown();
    arming.keyDown('Tab', undefined, false, 0);
    arming.buttonFocused('allow');
    for (let ms = 30; ms < 3000; ms += 30) arming.keyDown('Enter', 'allow', true, ms);
    expect(arming.keyUp('Enter', 'allow')).toBeUndefined();
  });

  test('Enter does nothing on a button that has the focus for another reason', () => {
    const arming = shown();
    arming.buttonFocused('allow');
    arming.keyDown('Enter', 'allow', false, 1000);
    expect(arming.keyUp('Enter', 'allow')).toBeUndefined();
  });

  test('the window getting the keys postpones, except for the click that brought it up', () => {
    const arming = shown();
    arming.focusChanged(2000);
    expect(arming.isArmed(2001)).toBe(false);
    arming.press('allow', 2020);
    expect(arming.release('allow')).toBe('allow');
    arming.focusChanged(5000);
    arming.press('allow', 5000 + armedAfterMs - 1);
    expect(arming.release('allow')).toBeUndefined();
  });

  test('a press that a busy machine comes to late counts by when the hand pressed', () => {
    const arming = shown();
    arming.focusChanged(2000);
    arming.press('allow', 1990);
    expect(arming.release('allow')).toBe('allow');
    const early = shown();
    early.focusChanged(2000);
    early.press('allow', armedAfterMs - 1);
    expect(early.release('allow')).toBeUndefined();
    const next = shown();
    next.focusChanged(2000);
    next.replace();
    next.shown('q2', 2010);
    next.read(2010);
    next.press('allow', 1990);
    expect(next.release('allow')).toBeUndefined();
  });

  test('Escape counts like a press', () => {
    const arming = shown();
    expect(arming.act(false, armedAfterMs - 1)).toBe(false);
    expect(arming.act(true, 5000)).toBe(false);
    expect(arming.act(false, 10_000)).toBe(true);
  });
});

describe('[APR-2] what lets something happen waits for the end of the question to be in view', () => {
  test('until then it answers nothing, and denying needs no reading', () => {
    const arming = new Arming(allows);
    arming.shown('q1', 0);
    expect(arming.isArmed(5000, 'deny')).toBe(true);
    expect(arming.msUntilArmed(5000, 'allow')).toBe(Number.POSITIVE_INFINITY);
    arming.press('allow', 5000);
    expect(arming.release('allow')).toBeUndefined();
    expect(arming.act(false, 10_000, 'allow')).toBe(false);
    arming.press('deny', 20_000);
    expect(arming.release('deny')).toBe('deny');
  });

  test('it arms from then on, as long as everything else', () => {
    const arming = new Arming(allows);
    arming.shown('q1', 0);
    arming.read(10_000);
    expect(arming.isArmed(10_000 + armedAfterMs - 1, 'allow')).toBe(false);
    expect(arming.isArmed(10_000 + armedAfterMs, 'allow')).toBe(true);
    // Its end stays seen while it is scrolled, brought forward, or typed at.
    arming.shown('q1', 20_000);
    arming.read(20_000);
    expect(arming.isArmed(20_000 + armedAfterMs, 'allow')).toBe(true);
  });

  test('another question is unread, also for the click that brings the window up', () => {
    const arming = shown();
    arming.replace();
    arming.shown('q2', 1000);
    expect(arming.isArmed(9000, 'allow')).toBe(false);
    arming.focusChanged(9000);
    arming.press('allow', 9020);
    expect(arming.release('allow')).toBeUndefined();
  });
});

const buttons = ['allow', 'deny', undefined] as const;
const act = fc.record({
  what: fc.constantFrom('press', 'release', 'tab', 'keyDown', 'keyUp', 'focus', 'escape', 'replace', 'read'),
  button: fc.constantFrom(...buttons),
  key: fc.constantFrom('Enter', ' ', 'a', 'Tab'),
  isRepeat: fc.boolean(),
  afterMs: fc.integer({ min: 0, max: 900 }),
});

test('[APR-2] no order of keys, presses and exchanged questions answers faster than the arming, whatever comes', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const arming = new Arming(allows);
      let now = 0;
      let question = 0;
      let shownAt = 0;
      let readAt = Number.POSITIVE_INFINITY;
      let quietSince = 0;
      let began:
        | { readonly question: number; readonly at: number; readonly quietMs: number; readonly readMs: number }
        | undefined;
      arming.shown('q0', 0);
      for (const { what, button, key, isRepeat, afterMs } of acts) {
        now += afterMs;
        const quietMs = now - Math.max(quietSince, shownAt);
        let answered: string | undefined;
        if (what === 'press') arming.press(button, now);
        if (what === 'tab') {
          arming.keyDown('Tab', undefined, false, now);
          arming.buttonFocused(button);
        }
        if (what === 'keyDown') arming.keyDown(key, button, isRepeat, now);
        if (what === 'release') answered = arming.release(button);
        if (what === 'keyUp') answered = arming.keyUp(key, button);
        if (what === 'focus') arming.focusChanged(now);
        if (what === 'escape' && arming.act(isRepeat, now)) expect(quietMs).toBeGreaterThanOrEqual(armedAfterMs);
        if (what === 'replace') {
          question += 1;
          shownAt = now;
          readAt = Number.POSITIVE_INFINITY;
          arming.replace();
          arming.shown(`q${question}`, now);
        }
        if (what === 'read') {
          arming.read(now);
          readAt = Math.min(readAt, now);
        }
        if (answered !== undefined) {
          if (allows(answered)) expect(began?.readMs).toBeGreaterThanOrEqual(armedAfterMs);
          // Its press began on this question, after everything had been still for long enough, and nothing came between.
          expect(began?.question).toBe(question);
          expect(began?.quietMs).toBeGreaterThanOrEqual(armedAfterMs);
        }
        if (what === 'press' || what === 'keyDown') began = { question, at: now, quietMs, readMs: now - readAt };
        if (['press', 'tab', 'keyDown', 'escape'].includes(what)) quietSince = now;
      }
    }),
    { numRuns: 2000 },
  );
});

test('[APR-4] the shell takes an answer only for what stands on the screen, and has for a while', () => {
  const shownQuestion = new ShownQuestion();
  expect(shownQuestion.mayDeny('a', 10_000)).toBe(false);
  shownQuestion.show('a', 0);
  expect(shownQuestion.mayDeny('a', armedAfterMs - 1)).toBe(false);
  expect(shownQuestion.mayDeny('b', 10_000)).toBe(false);
  expect(shownQuestion.mayDeny('a', armedAfterMs)).toBe(true);
  shownQuestion.leave();
  expect(shownQuestion.mayDeny('a', 20_000)).toBe(false);
});

test('[APR-2] the shell lets nothing happen before the page said that all of it was in view, and a while longer', () => {
  const shownQuestion = new ShownQuestion();
  shownQuestion.show('a', 0);
  expect(shownQuestion.mayAllow('a', 10_000)).toBe(false);
  shownQuestion.read('b', 10_000);
  expect(shownQuestion.mayAllow('a', 20_000)).toBe(false);
  shownQuestion.read('a', 20_000);
  expect(shownQuestion.mayAllow('a', 20_000 + armedAfterMs - 1)).toBe(false);
  shownQuestion.read('a', 30_000);
  expect(shownQuestion.mayAllow('a', 20_000 + armedAfterMs)).toBe(true);
  // Brought forward it stands anew, and was read before.
  shownQuestion.show('a', 40_000);
  expect(shownQuestion.mayAllow('a', 40_000 + armedAfterMs - 1)).toBe(false);
  expect(shownQuestion.mayAllow('a', 40_000 + armedAfterMs)).toBe(true);
  shownQuestion.show('b', 50_000);
  expect(shownQuestion.mayAllow('b', 60_000)).toBe(false);
});

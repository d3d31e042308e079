import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { atTime, SteadyClock } from '../../../main/supervisor/clock.ts';

/** A machine whose two clocks are set by the test. */
function machine() {
  const time = { wall: 1_000_000, boot: 50_000 };
  const setBack: number[] = [];
  const clock = new SteadyClock({ wall: () => time.wall, boot: () => time.boot });
  clock.onSetBack((byMs) => setBack.push(byMs));
  return {
    clock,
    setBack,
    now: (wall: number, boot: number) => {
      time.wall = wall;
      time.boot = boot;
      return clock.now();
    },
  };
}

describe('[GRT-4] the clock that grants end by', () => {
  test('follows the wall clock while that goes forward, also over a suspend', () => {
    const { now, setBack } = machine();
    expect(now(1_000_500, 50_500)).toBe(1_000_500);
    expect(now(9_000_000, 8_050_000)).toBe(9_000_000);
    expect(setBack).toEqual([]);
  });

  test('goes on by the time since boot when the wall clock was set back, and says so once', () => {
    const { clock, now, setBack } = machine();
    expect(now(400_000, 50_000)).toBe(1_000_000);
    expect(now(410_000, 60_000)).toBe(1_009_980);
    expect(now(420_000, 70_000)).toBe(1_019_980);
    expect(setBack).toEqual([600_000]);
    expect(clock.behindMs()).toBe(600_000);
  });

  test('never goes back: what was over when the clock was set forward stays over', () => {
    const { now } = machine();
    expect(now(5_000_000, 50_000)).toBe(5_000_000);
    expect(now(1_000_100, 50_100)).toBeGreaterThanOrEqual(5_000_000);
  });

  test('small corrections back give no time either, however many there are', () => {
    const { now, setBack } = machine();
    for (let step = 1; step <= 1000; step += 1) now(1_000_000 - step, 50_000 + step * 100);
    expect(now(999_000, 150_000)).toBeGreaterThanOrEqual(1_099_980);
    expect(setBack.length).toBeLessThanOrEqual(1);
  });
});

describe('[GRT-4] a deadline', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('comes soon after the machine wakes, although timers stood still', () => {
    let now = 0;
    const action = vi.fn();
    atTime({ now: () => now }, 3_600_000, action);
    vi.advanceTimersByTime(10_000);
    expect(action).not.toHaveBeenCalled();
    now = 4_000_000;
    vi.advanceTimersByTime(10_000);
    expect(action).toHaveBeenCalledOnce();
  });

  test('never comes once it was cancelled', () => {
    let now = 0;
    const action = vi.fn();
    const cancel = atTime({ now: () => now }, 1000, action);
    cancel();
    now = 5000;
    vi.advanceTimersByTime(60_000);
    expect(action).not.toHaveBeenCalled();
  });
});

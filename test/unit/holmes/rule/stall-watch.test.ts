import { describe, expect, test } from 'vitest';
import { StallWatch } from '../../../../holmes/rule/stall-watch.ts';
import { ManualClock } from '../manual-clock.ts';

describe('StallWatch', () => {
  test('counts silence from the last look at which the beats had moved', () => {
    const watch = new StallWatch();
    expect([0, 100, 200, 300].map((nowMs) => watch.look(7, nowMs))).toEqual([0, 100, 200, 300]);
    expect(watch.look(8, 400)).toBe(0);
    expect(watch.look(8, 500)).toBe(100);
    expect(watch.silentMs).toBe(100);
  });

  test('does not take the time before the first look for silence', () => {
    expect(new StallWatch().look(0, 1_000_000)).toBe(0);
  });

  test('does not hold it against a thread when nobody looked', () => {
    const watch = new StallWatch();
    watch.look(7, 0);
    watch.look(7, 100);
    // The whole process was stopped for an hour; the watcher gets its turn before the watched.
    expect(watch.look(7, 3_600_100)).toBe(300);
    expect(watch.look(8, 3_600_150)).toBe(0);
  });

  test('notices within 500 ms that the beats of a clock stopped, after one that was late, and not before', () => {
    const clock = new ManualClock();
    const watch = new StallWatch();
    let beats = 0;
    let silentSinceMs = Number.NaN;
    let isBeating = true;
    clock.every(100, () => {
      if (isBeating) beats++;
    });
    clock.advance(50);
    clock.every(100, () => {
      if (watch.look(beats, clock.now()) >= 350 && Number.isNaN(silentSinceMs)) silentSinceMs = clock.now();
    });
    clock.freeze(5000);
    clock.advance(10_000);
    expect(silentSinceMs).toBeNaN();
    const stoppedMs = clock.now();
    isBeating = false;
    clock.advance(5000);
    expect(silentSinceMs - stoppedMs).toBeGreaterThan(200);
    expect(silentSinceMs - stoppedMs).toBeLessThanOrEqual(500);
  });

  test('takes a counter that went back for a new thread', () => {
    const watch = new StallWatch();
    watch.look(500, 0);
    watch.look(500, 100);
    expect(watch.look(0, 200)).toBe(0);
  });

  test('does not go back when its clock does', () => {
    const watch = new StallWatch();
    watch.look(1, 1000);
    expect(watch.look(1, 1100)).toBe(100);
    expect(watch.look(1, 900)).toBe(100);
    expect(watch.look(1, 1000)).toBe(200);
  });

  test.each([0, -1, Number.NaN])('refuses a step of %s ms', (maxStepMs) => {
    expect(() => new StallWatch(maxStepMs)).toThrow(RangeError);
  });
});

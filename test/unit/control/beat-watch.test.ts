import { describe, expect, test } from 'vitest';
import { BeatWatch } from '../../../src/control/beat-watch.ts';

describe('beat watch', () => {
  test('adds up the time in which the beat does not move', () => {
    const watch = new BeatWatch({ beat: 5, nowMs: 0, maxStepMs: 500 });
    expect(watch.look(6, 250)).toBe(0);
    expect(watch.look(6, 500)).toBe(250);
    expect(watch.look(6, 750)).toBe(500);
    expect(watch.silentMs).toBe(500);
    expect(watch.look(7, 1000)).toBe(0);
    expect(watch.silentMs).toBe(0);
  });

  test('does not hold against the watched what the watcher itself slept through', () => {
    const watch = new BeatWatch({ beat: 5, nowMs: 0, maxStepMs: 500 });
    watch.look(6, 250);
    expect(watch.look(6, 60_250)).toBe(500);
    expect(watch.look(7, 60_500)).toBe(0);
  });
});

import { describe, expect, test } from 'vitest';
import { RestartBackoff } from '../../../src/control/restart-backoff.ts';

describe('restart backoff', () => {
  test('replaces at once, then waits twice as long each time, up to ten seconds', () => {
    const backoff = new RestartBackoff();
    const waits = Array.from({ length: 11 }, () => backoff.next(10));
    expect(waits).toEqual([0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
  });

  test('never gives up and never overflows', () => {
    const backoff = new RestartBackoff();
    for (let i = 0; i < 5000; i++) backoff.next(10);
    expect(backoff.next(10)).toBe(10_000);
  });

  test('starts anew after a thread that lived for a minute', () => {
    const backoff = new RestartBackoff();
    backoff.next(10);
    backoff.next(10);
    expect(backoff.next(59_999)).toBe(200);
    expect(backoff.next(60_000)).toBe(0);
    expect(backoff.next(10)).toBe(100);
  });
});

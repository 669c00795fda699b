import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/index.ts';

describe('ManualClock', () => {
  test('stands still until it is advanced, and moves both its times together', () => {
    const clock = new ManualClock(1_000_000);
    expect([clock.now(), clock.wall()]).toEqual([0, 1_000_000]);
    clock.advance(1.5);
    expect([clock.now(), clock.wall()]).toEqual([1.5, 1_000_001.5]);
  });

  test('runs timers in the order of their due time, each at its own time', () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    clock.after(30, () => ran.push(`c at ${clock.now()}`));
    clock.after(10, () => ran.push(`a at ${clock.now()}`));
    clock.after(20, () => ran.push(`b at ${clock.now()}`));
    clock.advance(25);
    expect(ran).toEqual(['a at 10', 'b at 20']);
    expect(clock.now()).toBe(25);
    clock.advance(5);
    expect(ran).toEqual(['a at 10', 'b at 20', 'c at 30']);
    expect(clock.pendingTimers).toBe(0);
  });

  test('runs timers of one due time in the order in which they were set', () => {
    const clock = new ManualClock();
    const ran: number[] = [];
    for (const n of [1, 2, 3]) clock.after(10, () => ran.push(n));
    clock.advance(10);
    expect(ran).toEqual([1, 2, 3]);
  });

  test('repeats a period without drift, however far it is advanced at once', () => {
    const clock = new ManualClock();
    const ran: number[] = [];
    const timer = clock.every(10, () => ran.push(clock.now()));
    clock.advance(35);
    expect(ran).toEqual([10, 20, 30]);
    clock.advance(5);
    expect(ran).toEqual([10, 20, 30, 40]);
    timer.cancel();
    clock.advance(100);
    expect(ran).toHaveLength(4);
  });

  test('runs what a timer sets, if it falls due on the way', () => {
    const clock = new ManualClock();
    const ran: number[] = [];
    clock.after(10, () => {
      clock.after(5, () => ran.push(clock.now()));
      clock.after(500, () => ran.push(clock.now()));
    });
    clock.advance(100);
    expect(ran).toEqual([15]);
    expect(clock.pendingTimers).toBe(1);
  });

  test('does not run a cancelled timer, also when another timer cancels it at its own time', () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    const second = clock.after(10, () => ran.push('second'));
    const first = clock.after(5, () => {
      ran.push('first');
      second.cancel();
      first.cancel();
    });
    clock.advance(100);
    expect(ran).toEqual(['first']);
  });

  test('lets a period cancel itself', () => {
    const clock = new ManualClock();
    let count = 0;
    const timer = clock.every(10, () => {
      if (++count === 2) timer.cancel();
    });
    clock.advance(1000);
    expect(count).toBe(2);
  });

  test('treats a negative delay as none', () => {
    const clock = new ManualClock();
    let ran = false;
    clock.after(-5, () => (ran = true));
    clock.advance(0);
    expect([ran, clock.now()]).toEqual([true, 0]);
  });
});

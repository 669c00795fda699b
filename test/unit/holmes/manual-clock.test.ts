import { describe, expect, test } from 'vitest';
import { ManualClock } from './manual-clock.ts';

describe('the manual clock of these tests', () => {
  test('runs timers in order at their own time', () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    clock.after(30, () => ran.push(`after ${clock.now()}`));
    clock.every(20, () => ran.push(`every ${clock.now()}`));
    clock.advance(45);
    expect(ran).toEqual(['every 20', 'after 30', 'every 40']);
    expect(clock.now()).toBe(45);
    expect(clock.timers).toBe(1);
  });

  test('runs a late timer once after a freeze', () => {
    const clock = new ManualClock();
    const ran: number[] = [];
    clock.every(20, () => ran.push(clock.now()));
    clock.freeze(1000);
    clock.advance(20);
    expect(ran).toEqual([1000, 1020]);
  });

  test('lets the wall clock jump without the monotonic one', () => {
    const clock = new ManualClock(5000);
    clock.jumpWall(-4000);
    clock.advance(10);
    expect([clock.now(), clock.wall()]).toEqual([10, 1010]);
  });

  test('gives promises their turn while time passes', async () => {
    const clock = new ManualClock();
    const ran: number[] = [];
    clock.after(10, () => {
      void Promise.resolve().then(() => clock.after(50, () => ran.push(clock.now())));
    });
    await clock.pass(200);
    expect(ran).toEqual([100]);
  });

  test('forgets what is cancelled, also by a timer of the same time', () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    clock.after(10, () => {
      ran.push('first');
      second.cancel();
    });
    const second = clock.after(10, () => ran.push('second'));
    clock.freeze(10);
    expect(ran).toEqual(['first']);
    expect(clock.timers).toBe(0);
  });
});

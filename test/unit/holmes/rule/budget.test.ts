import { describe, expect, test } from 'vitest';
import { CaptureBudget } from '../../../../holmes/rule/budget.ts';

describe('CaptureBudget', () => {
  test('allows so many in a minute and no more', () => {
    const budget = new CaptureBudget(3);
    expect([0, 1, 2, 3].map((nowMs) => budget.take(nowMs))).toEqual([true, true, true, false]);
    expect(budget.used(4)).toBe(3);
  });

  test('gives each one back a minute after it was taken', () => {
    const budget = new CaptureBudget(2);
    budget.take(0);
    budget.take(30_000);
    expect(budget.take(59_999)).toBe(false);
    expect(budget.take(60_000)).toBe(true);
    expect(budget.take(60_001)).toBe(false);
    expect(budget.take(90_000)).toBe(true);
  });

  test('never lets more through in any minute, asked ten thousand times in one', () => {
    const budget = new CaptureBudget(12);
    const taken: number[] = [];
    for (let nowMs = 0; nowMs < 180_000; nowMs += 6) if (budget.take(nowMs)) taken.push(nowMs);
    const most = Math.max(
      ...taken.map((at) => taken.filter((other) => other > at - 60_000 && other <= at).length),
    );
    expect(most).toBe(12);
    expect(taken).toHaveLength(36);
  });

  test('allows none when there are none', () => {
    expect(new CaptureBudget(0).take(0)).toBe(false);
  });

  test('keeps count when the limit is changed', () => {
    const budget = new CaptureBudget(5);
    for (let n = 0; n < 3; n++) budget.take(n);
    budget.configure(2);
    expect(budget.perMinute).toBe(2);
    expect(budget.take(10)).toBe(false);
    budget.configure(4);
    expect([11, 12].map((nowMs) => budget.take(nowMs))).toEqual([true, false]);
  });
});

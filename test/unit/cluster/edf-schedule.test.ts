import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/index.ts';
import { EdfSchedule } from '../../../src/cluster/balancer/edf-schedule.ts';

/** The next `count` turns; `weights` may change between them. */
function turns(schedule: EdfSchedule, weights: readonly number[], count: number): number[] {
  return Array.from({ length: count }, () => {
    const index = schedule.next();
    schedule.requeue(weights[index]!);
    return index;
  });
}

describe('an EDF schedule', () => {
  test('serves equal deadlines in the order in which they were put back', () => {
    const weights = [1, 1, 1, 1];
    const schedule = new EdfSchedule(weights, { next: () => 0 });
    expect(turns(schedule, weights, 12)).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
    // After the third turn both are due at 1; the lighter one was put back earlier.
    const uneven = new EdfSchedule([2, 1], { next: () => 0 });
    expect(turns(uneven, [2, 1], 4)).toEqual([0, 1, 0, 1]);
  });

  test('gives everyone its share of every window of turns, give or take one', () => {
    const weights = [7, 3, 2, 1, 1];
    const served = turns(new EdfSchedule(weights, seededRandom(4)), weights, 14 * 50);
    for (let start = 0; start < served.length - 14; start++) {
      const window = served.slice(start, start + 14);
      weights.forEach((weight, index) => {
        const count = window.filter((one) => one === index).length;
        expect(Math.abs(count - weight)).toBeLessThanOrEqual(1);
      });
    }
  });

  test('takes a changed weight over with the next turn', () => {
    const schedule = new EdfSchedule([1, 1], seededRandom(1));
    turns(schedule, [1, 1], 10);
    const served = turns(schedule, [1, 3], 4001);
    expect(served.filter((one) => one === 1).length / 4001).toBeCloseTo(0.75, 2);
  });
});

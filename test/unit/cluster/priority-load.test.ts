import { describe, expect, test } from 'vitest';
import { type PriorityLoad, priorityLoads } from '../../../src/cluster/index.ts';

/** Levels as "usable/total". */
function loads(levels: string, panicThreshold: number = 0.5): PriorityLoad[] {
  const parsed = levels.split(' ').map((level) => {
    const [usable, total] = level.split('/').map(Number);
    return { usable: usable!, total: total! };
  });
  return priorityLoads(parsed, panicThreshold);
}

function percents(result: readonly PriorityLoad[]): number[] {
  return result.map(({ share }) => Math.round(share * 100));
}

describe('the load of priorities', () => {
  // The tables of Envoy's documentation of priority levels, which rounds down.
  test.each([
    ['100/100 100/100', [100, 0]],
    ['72/100 72/100', [100, 0]],
    ['71/100 71/100', [99, 1]],
    ['50/100 50/100', [70, 30]],
    ['25/100 100/100', [35, 65]],
    ['0/100 100/100', [0, 100]],
    ['25/100 25/100', [50, 50]],
    ['5/100 0/100 0/100', [100, 0, 0]],
    ['100/100 100/100 100/100', [100, 0, 0]],
    ['50/100 60/100 100/100', [70, 30, 0]],
    ['20/100 20/100 20/100', [33, 33, 33]],
    ['20/100 20/100 100/100', [28, 28, 44]],
  ])('of %s is %j without panic', (levels, expected) => {
    expect(percents(loads(levels, 0))).toEqual(expected);
  });

  test('adds up to one whatever the health', () => {
    for (let a = 0; a <= 10; a++) {
      for (let b = 0; b <= 10; b++) {
        for (const threshold of [0, 0.5, 1]) {
          const sum = loads(`${a}/10 ${b}/10 3/7`, threshold).reduce((total, { share }) => total + share, 0);
          expect(sum).toBeCloseTo(1, 10);
        }
      }
    }
  });

  test('knows no panic while the priorities together carry everything', () => {
    expect(loads('10/100 100/100').map(({ panic }) => panic)).toEqual([false, false]);
  });

  test('panics only where a priority is below the threshold', () => {
    // 14 % + 84 % < 100 %.
    const result = loads('10/100 60/100');
    expect(result.map(({ panic }) => panic)).toEqual([true, false]);
    expect(percents(result)).toEqual([14, 86]);
  });

  test('follows the number of endpoints when all priorities are in panic', () => {
    const result = loads('1/10 1/30');
    expect(result.map(({ panic }) => panic)).toEqual([true, true]);
    expect(percents(result)).toEqual([25, 75]);
  });

  test('panics in a cluster of one priority below half', () => {
    expect(loads('4/10')).toEqual([{ share: 1, panic: true }]);
    expect(loads('5/10')).toEqual([{ share: 1, panic: false }]);
    expect(loads('0/3')).toEqual([{ share: 1, panic: true }]);
  });

  test('with panic off gives everything to the first priority when nothing is usable', () => {
    expect(loads('0/3 0/3', 0)).toEqual([
      { share: 1, panic: false },
      { share: 0, panic: false },
    ]);
  });

  test('skips a priority without endpoints', () => {
    expect(percents(loads('0/0 5/5'))).toEqual([0, 100]);
  });

  test('of no priorities is nothing', () => {
    expect(priorityLoads([], 0.5)).toEqual([]);
  });
});

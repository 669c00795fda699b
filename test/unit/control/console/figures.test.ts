/** What the page computes before it draws. */
import { describe, expect, test } from 'vitest';

// Not TypeScript: these are the types that its comments tell.
const folder = '../../../../src/control/console/assets';
const { age, amount, bytes, dayTime } = (await import(`${folder}/amount.js`)) as {
  age(ms: number): string;
  amount(value: number | null, unit: string): string;
  bytes(value: number): string;
  dayTime(at: number, now: number): string;
};
const { averagesBefore, RingHistory } = (await import(`${folder}/history.js`)) as {
  averagesBefore(values: readonly (number | null)[], begins?: readonly boolean[]): readonly (number | null)[];
  RingHistory: new () => {
    readonly times: readonly number[];
    readonly values: Readonly<Record<string, readonly (number | null)[]>>;
    readonly begins: readonly boolean[];
    add(ring: object): void;
  };
};
// chart.js makes elements only when it draws.
const { roundAbove, topOf } = (await import(`${folder}/chart.js`)) as {
  roundAbove(value: number, unit: string): number;
  topOf(values: readonly (number | null)[], limits: readonly (number | null)[], unit: string): number;
};

describe('an amount', () => {
  test.each([
    [0.824, 'share', '82 %'],
    [0.0312, 'share', '3.1 %'],
    [0.0024, 'share', '0.24 %'],
    [0, 'share', '0 %'],
    [1.02, 'share', '102 %'],
    [0, 'bytes', '0 B'],
    [1023, 'bytes', '1023 B'],
    [1536, 'bytes', '1.5 KiB'],
    [67_108_864, 'bytes', '64 MiB'],
    [412, 'ms', '412 ms'],
    [4700, 'ms', '4.7 s'],
    [1204, 'count', '1,204'],
    [null, 'share', '–'],
    [Number.NaN, 'ms', '–'],
    [Number.POSITIVE_INFINITY, 'bytes', '–'],
  ])('%s in %s is %s', (value, unit, expected) => {
    expect(amount(value, unit)).toBe(expected);
  });

  test('of bytes stays within the units that there are', () => {
    expect(bytes(2 ** 60)).toBe('1,048,576 TiB');
  });
});

describe('an age', () => {
  test.each([
    [0, 'just now'],
    [-5000, 'just now'],
    [21_400, '21 s ago'],
    [119_000, '119 s ago'],
    [240_000, '4 min ago'],
    [5 * 3_600_000, '5 h ago'],
    [4 * 86_400_000, '4 days ago'],
  ])('of %d ms is %s', (ms, expected) => {
    expect(age(ms)).toBe(expected);
  });

  test('of another day names the day', () => {
    const now = new Date(2026, 10, 20, 3, 0, 0).getTime();
    expect(dayTime(new Date(2026, 10, 20, 2, 59, 1).getTime(), now)).toBe('02:59:01');
    expect(dayTime(new Date(2026, 10, 19, 23, 0, 0).getTime(), now)).toBe('19 Nov, 23:00:00');
  });
});

describe('the average before', () => {
  test('is that of the ten good readings before each, and before the next', () => {
    const values = [1, 2, 3, null, 4, 5, 6, 7, 8, 9, 10, 100];
    const averages = averagesBefore(values);
    expect(averages).toHaveLength(13);
    expect(averages.slice(0, 11)).toEqual(Array.from({ length: 11 }, () => null));
    expect(averages.slice(11)).toEqual([5.5, 15.4]);
  });

  test('of nothing is nothing', () => {
    expect(averagesBefore([])).toEqual([null]);
  });
});

describe('the history of a ring', () => {
  const ring = (times: readonly number[], values: object): object => ({ subject: 'data-1', times, values });

  test('takes over each sample once', () => {
    const history = new RingHistory();
    history.add(ring([1, 2], { cpu: [0.1, 0.2] }));
    history.add(ring([2, 3], { cpu: [0.2, 0.3] }));
    expect(history.times).toEqual([1, 2, 3]);
    expect(history.values).toEqual({ cpu: [0.1, 0.2, 0.3] });
  });

  test('has a gap where a reading came or went', () => {
    const history = new RingHistory();
    history.add(ring([1], { cpu: [0.1] }));
    history.add(ring([1, 2], { handles: [7, 8] }));
    expect(history.values).toEqual({ cpu: [0.1, null], handles: [null, 8] });
  });

  test('starts again when the clock went back', () => {
    const history = new RingHistory();
    history.add(ring([100, 200], { cpu: [0.1, 0.2] }));
    history.add(ring([50], { cpu: [0.5] }));
    expect(history.times).toEqual([50]);
    expect(history.values).toEqual({ cpu: [0.5] });
  });

  test('compares what a replaced thread reads with none of what the one before read', () => {
    const history = new RingHistory();
    const times = Array.from({ length: 10 }, (_, i) => i);
    history.add(ring(times, { cpu: times.map(() => 0.9) }));
    history.add(ring([], {}));
    history.add(ring([20], { cpu: [0.1] }));
    history.add(ring([20, 21], { cpu: [0.1, 0.1] }));
    expect(history.begins.indexOf(true)).toBe(10);
    const averages = averagesBefore(history.values['cpu']!, history.begins);
    expect(averages[10]).toBe(null);
    expect(averages[12]).toBe(null);
    for (let at = 22; at < 30; at++) history.add(ring([20, at], { cpu: [0.1, 0.1] }));
    expect(averagesBefore(history.values['cpu']!, history.begins).at(-1)).toBeCloseTo(0.1, 9);
  });

  test('stays as it is for a ring without samples', () => {
    const history = new RingHistory();
    history.add(ring([], {}));
    expect(history.times).toEqual([]);
  });

  test('has a bound', () => {
    const history = new RingHistory();
    for (let at = 0; at < 1000; at++) history.add(ring([at], { cpu: [at] }));
    expect(history.times).toHaveLength(240);
    expect(history.begins).toHaveLength(240);
    expect(history.values['cpu']).toHaveLength(240);
    expect(history.values['cpu']!.at(-1)).toBe(999);
  });
});

describe('the scale of a chart', () => {
  test.each([
    [0.3, 'share', 0.4],
    [7, 'ms', 8],
    [412, 'ms', 500],
    [1001, 'count', 2000],
    [100_000, 'bytes', 128 * 1024],
    [0, 'count', 1],
    [0, 'share', 0.1],
  ])('above %d in %s ends at %d', (value, unit, expected) => {
    expect(roundAbove(value, unit)).toBeCloseTo(expected, 9);
  });

  test('shows a limit that is near, not one that would flatten the line', () => {
    const limits = [50, null, 1000];
    expect(topOf([10, null, 20], limits, 'ms')).toBe(60);
  });

  test('ends at all there is', () => {
    expect(topOf([0.99], [0.7], 'share')).toBe(1);
    expect(topOf([1.3], [], 'share')).toBe(2);
  });

  test('has a height when there is no reading', () => {
    expect(topOf([null], [0.1], 'share')).toBe(0.1);
  });
});

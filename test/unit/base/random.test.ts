import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/index.ts';

describe('seededRandom', () => {
  test('repeats itself for the same seed and differs for another', () => {
    const take = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 20 }, () => random.next());
    };
    expect(take(42)).toEqual(take(42));
    expect(take(42)).not.toEqual(take(43));
  });

  test('stays in the range from 0 to below 1 and is spread over it', () => {
    const random = seededRandom(7);
    const tenths = Array<number>(10).fill(0);
    let outside = 0;
    for (let i = 0; i < 100_000; i++) {
      const n = random.next();
      if (!(n >= 0 && n < 1)) outside++;
      tenths[Math.floor(n * 10)]!++;
    }
    expect(outside).toBe(0);
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

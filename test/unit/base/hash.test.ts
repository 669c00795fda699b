import { describe, expect, test } from 'vitest';
import { hash32 } from '../../../src/base/index.ts';

/** Pearson's statistic of `counts` against an even spread, in standard deviations of its distribution. */
function unevenness(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const expected = total / counts.length;
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const degrees = counts.length - 1;
  return (statistic - degrees) / Math.sqrt(2 * degrees);
}

/** Names as balancers hash them: they differ in their last characters only. */
const families: Readonly<Record<string, (i: number) => string>> = {
  endpoints: (i) => `10.0.${i >> 8}.${i & 255}:8080`,
  'virtual nodes': (i) => `10.0.0.1:8080_${i}`,
  'user names': (i) => `user-${i}`,
  'single code units': (i) => String.fromCharCode(i),
};

describe('hash32', () => {
  test('answers an unsigned integer of 32 bits, the same every time', () => {
    for (const text of ['', 'a', 'meshlock', '\u{1f512}', 'x'.repeat(10_000)]) {
      const hash = hash32(text);
      expect(Number.isInteger(hash) && hash >= 0 && hash <= 0xffff_ffff).toBe(true);
      expect(hash32(text)).toBe(hash);
    }
  });

  test('keeps its values, on which every process of a fleet must agree', () => {
    expect([hash32(''), hash32('a'), hash32('10.0.0.1:8080'), hash32('a', 7)]).toMatchInlineSnapshot(`
      [
        2872998923,
        444641715,
        3150401971,
        3736780160,
      ]
    `);
  });

  test.each(Object.keys(families))('spreads %s evenly over the high and the low bits', (name) => {
    const make = families[name]!;
    const high = Array<number>(256).fill(0);
    const low = Array<number>(256).fill(0);
    for (let i = 0; i < 20_000; i++) {
      const hash = hash32(make(i));
      high[hash >>> 24]!++;
      low[hash & 255]!++;
    }
    expect(Math.abs(unevenness(high))).toBeLessThan(4);
    expect(Math.abs(unevenness(low))).toBeLessThan(4);
  });

  test.each(Object.keys(families))('collides on %s no more than chance would', (name) => {
    const make = families[name]!;
    const count = 50_000;
    const distinct = new Set(Array.from({ length: count }, (_, i) => hash32(make(i)))).size;
    // Chance makes 0.3 collisions per 50,000 values of 32 bits.
    expect(count - distinct).toBeLessThanOrEqual(3);
  });

  test('changes about half of its bits when one character changes by one bit', () => {
    let changed = 0;
    const trials = 2000;
    for (let i = 0; i < trials; i++) {
      let bits = hash32(`key-${i}-a`) ^ hash32(`key-${i}-c`);
      for (; bits !== 0; bits &= bits - 1) changed++;
    }
    expect(changed / trials).toBeGreaterThan(15);
    expect(changed / trials).toBeLessThan(17);
  });

  test('gives another order for another seed', () => {
    const names = Array.from({ length: 100 }, (_, i) => `endpoint-${i}`);
    const order = (seed: number): string[] => [...names].sort((a, b) => hash32(a, seed) - hash32(b, seed));
    expect(order(1)).not.toEqual(order(2));
    const sameHalf = names.filter((name) => hash32(name, 1) >>> 31 === hash32(name, 2) >>> 31).length;
    expect(sameHalf).toBeGreaterThan(30);
    expect(sameHalf).toBeLessThan(70);
  });
});

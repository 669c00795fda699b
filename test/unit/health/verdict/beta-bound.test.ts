import { describe, expect, test } from 'vitest';
import {
  betaCumulative,
  betaQuantile,
  chanceBelow,
  failureBound,
  needRequests,
} from '../../../../health/verdict/beta-bound.ts';
import { binomial, randomOf } from './canary-run.ts';

describe('the beta distribution', () => {
  test('agrees with its closed forms', () => {
    for (const x of [0.001, 0.2, 0.5, 0.77, 0.999]) {
      expect(betaCumulative(x, 1, 1)).toBeCloseTo(x, 12);
      expect(betaCumulative(x, 5, 1)).toBeCloseTo(x ** 5, 12);
      expect(betaCumulative(x, 1, 7)).toBeCloseTo(1 - (1 - x) ** 7, 12);
      expect(betaCumulative(x, 0.5, 0.5)).toBeCloseTo((2 / Math.PI) * Math.asin(Math.sqrt(x)), 12);
      expect(betaCumulative(x, 2, 3)).toBeCloseTo(x ** 2 * (6 - 8 * x + 3 * x ** 2), 12);
    }
  });

  test('is symmetric, also with the large numbers of a busy service', () => {
    for (const [x, a, b] of [
      [0.0101, 10_000.5, 990_000.5],
      [0.5, 1e6, 1e6],
      [0.3, 3.5, 8],
    ] as const) {
      expect(betaCumulative(x, a, b) + betaCumulative(1 - x, b, a)).toBeCloseTo(1, 8);
    }
    expect(betaCumulative(0.5, 1e6, 1e6)).toBeCloseTo(0.5, 8);
  });

  test('has an inverse', () => {
    for (const chance of [0.001, 0.05, 0.5, 0.95, 0.9999]) {
      for (const [a, b] of [
        [0.5, 200.5],
        [3.5, 17],
        [400.5, 60_000.5],
      ] as const) {
        expect(betaCumulative(betaQuantile(chance, a, b), a, b)).toBeCloseTo(chance, 9);
      }
    }
    expect([betaQuantile(0, 1, 2), betaQuantile(1, 1, 2)]).toEqual([0, 1]);
  });
});

describe('the calls that a pass needs', () => {
  test.each([
    [0.05, [38, 77, 109]],
    [0.01, [191, 390, 552]],
    [0.001, [1920, 3906, 5534]],
  ] as const)('for a margin of %d are %j at 0, 1 and 2 failures', (margin, table) => {
    const needed = [0, 1, 2].map((failures) => {
      const already = { calls: failures, failures, dispersion: 1 };
      return failures + needRequests(already, margin, 0.95);
    });
    expect(needed).toEqual(table);
  });

  test('are none as soon as the bound is below the margin, and one just before', () => {
    expect(needRequests({ calls: 191, failures: 0, dispersion: 1 }, 0.01, 0.95)).toBe(0);
    expect(failureBound({ calls: 191, failures: 0, dispersion: 1 }, 0.95)).toBeLessThan(0.01);
    expect(needRequests({ calls: 190, failures: 0, dispersion: 1 }, 0.01, 0.95)).toBe(1);
    expect(failureBound({ calls: 190, failures: 0, dispersion: 1 }, 0.95)).toBeGreaterThan(0.01);
  });

  test('are more when failures come together, and finite for a hopeless release', () => {
    expect(needRequests({ calls: 0, failures: 0, dispersion: 3 }, 0.01, 0.95)).toBeGreaterThan(500);
    expect(needRequests({ calls: 1e6, failures: 9e5, dispersion: 1 }, 1e-6, 0.95)).toBe(1e9);
  });

  test('let a release just at the margin pass about as seldom as promised', () => {
    const random = randomOf(5);
    let passed = 0;
    for (let run = 0; run < 2000; run += 1) {
      const failures = binomial(1000, 0.01, random);
      if (chanceBelow({ calls: 1000, failures, dispersion: 1 }, 0.01) > 0.95) passed += 1;
    }
    // 6.7 %, since failures come in whole numbers: 5 of 1,000 pass and 6 do not.
    expect(passed / 2000).toBeLessThan(0.08);
    expect(passed / 2000).toBeGreaterThan(0.01);
  });
});

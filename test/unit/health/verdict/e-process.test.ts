import { describe, expect, test } from 'vitest';
import { EProcess, logGains, oddsRatios } from '../../../../health/verdict/e-process.ts';
import { binomial, randomOf, repeat } from './canary-run.ts';

const healthyDay = { canaryCalls: 10, canaryFailures: 0, baselineCalls: 90, baselineFailures: 0 };

function processOf(
  ...counts: readonly (readonly [stratum: string, x: number, n: number, y: number, m: number])[]
): EProcess {
  const process = new EProcess();
  for (const [stratum, canaryFailures, canaryCalls, baselineFailures, baselineCalls] of counts) {
    process.add(stratum, { canaryCalls, canaryFailures, baselineCalls, baselineFailures });
  }
  return process;
}

describe('the evidence against a release', () => {
  test('is what the formula says for one window', () => {
    // A tenth of the calls, both failures: for an odds ratio of 10 the canary's part is 1 / 1.9.
    const gains = logGains({ canaryCalls: 10, canaryFailures: 2, baselineCalls: 90, baselineFailures: 1 });
    const p = (10 * 0.1) / (10 * 0.1 + 0.9);
    expect(gains?.[oddsRatios.indexOf(10)]).toBeCloseTo(2 * Math.log(p / 0.1) + Math.log((1 - p) / 0.9), 12);
    const process = processOf(['a', 2, 10, 1, 90]);
    const mean = (gains ?? []).reduce((sum, gain) => sum + Math.exp(gain), 0) / oddsRatios.length;
    expect(process.evidence(1)).toBeCloseTo(mean, 10);
  });

  test('is worth one on average when the arms fail alike, whatever their shares', () => {
    const random = randomOf(11);
    let sum = 0;
    const runs = 20_000;
    for (let run = 0; run < runs; run += 1) {
      const process = new EProcess();
      for (const canaryCalls of [10, 50]) {
        const canaryFailures = binomial(canaryCalls, 0.01, random);
        const baselineFailures = binomial(100 - canaryCalls, 0.01, random);
        process.add('a', { canaryCalls, canaryFailures, baselineCalls: 100 - canaryCalls, baselineFailures });
      }
      sum += process.evidence(1);
    }
    expect(sum / runs).toBeGreaterThan(0.9);
    expect(sum / runs).toBeLessThan(1.1);
  });

  test('learns nothing from an arm without calls or from calls without failures', () => {
    expect(logGains({ ...healthyDay, canaryCalls: 0 })).toBeNull();
    expect(logGains({ ...healthyDay, baselineCalls: 0, canaryFailures: 5 })).toBeNull();
    expect(processOf(['a', 0, 10, 0, 90], ['a', 9, 10, 0, 0]).evidence(1)).toBe(1);
  });

  test('is not raised by an outage that hits both arms alike', () => {
    expect(processOf(['a', 10, 10, 90, 90]).evidence(1)).toBeLessThan(1);
  });

  test('does not mistake a mix of traffic for a bad version', () => {
    // Caller a fails 10 %, caller b never; the canary is called mostly by a, the baseline mostly by b.
    const mixed = processOf(['all', 90, 1000, 10, 1000]);
    const apart = processOf(['a', 90, 900, 10, 100], ['b', 0, 100, 0, 900]);
    expect(mixed.evidence(1)).toBeGreaterThan(1e6);
    expect(apart.evidence(1)).toBeLessThan(1.5);
  });

  test('multiplies over callers that see the same', () => {
    const one = processOf(['a', 4, 50, 2, 450]);
    const two = processOf(['a', 4, 50, 2, 450], ['b', 4, 50, 2, 450]);
    expect(two.evidence(1)).toBeGreaterThan(3 * one.evidence(1));
  });

  test('is not outvoted by callers who do not meet the fault', () => {
    const healthy = ['b', 'c', 'd', 'e'].map((name) => [name, 20, 500, 180, 4500] as const);
    expect(processOf(['a', 12, 100, 3, 900], ...healthy).evidence(1)).toBeGreaterThan(100);
  });

  test('stays a finite number', () => {
    const process = processOf(['a', 100_000, 100_000, 0, 100_000]);
    expect(process.evidence(1)).toBeGreaterThan(1e290);
    expect(Number.isFinite(process.evidence(1))).toBe(true);
    expect(processOf(['a', 0, 1e6, 1e6, 1e6]).evidence(1)).toBeGreaterThanOrEqual(0);
  });

  test('says how much worse at least, and never more than it is', () => {
    expect(processOf(['a', 3, 100, 3, 100]).oddsRatioAtLeast(1, 0.01)).toBe(1);
    expect(processOf(['a', 300, 1000, 50, 1000]).oddsRatioAtLeast(1, 0.01)).toBe(3);
    expect(processOf(['a', 300, 1000, 50, 1000]).oddsRatioAtLeast(50, 0.01)).toBe(1);
    const random = randomOf(3);
    let over = 0;
    for (let run = 0; run < 300; run += 1) {
      const process = new EProcess();
      let claimed = 1;
      for (let window = 0; window < 60; window += 1) {
        const canaryFailures = binomial(50, 5 / 95 / (1 + 5 / 95), random);
        process.add('a', {
          canaryCalls: 50,
          canaryFailures,
          baselineCalls: 50,
          baselineFailures: binomial(50, 0.01, random),
        });
        claimed = Math.max(claimed, process.oddsRatioAtLeast(1, 0.01));
      }
      // The true odds ratio is (5/95) / (1/99): a little over 5.
      if (claimed > 5.2) over += 1;
    }
    expect(over / 300).toBeLessThanOrEqual(0.01);
  });
});

describe('the evidence, looked at every ten seconds for half an hour', () => {
  test.each([
    { callsPerSecond: 0.2, runs: 400 },
    { callsPerSecond: 1, runs: 400 },
    { callsPerSecond: 10, runs: 200 },
  ])(
    'raises a false alarm in at most 1 % of good releases at $callsPerSecond calls per second',
    ({ callsPerSecond, runs }) => {
      expect(repeat({ callsPerSecond }, { runs, seed: 1 }).alarmed).toBeLessThanOrEqual(0.01);
    },
  );

  test('raises none for an outage that both versions share', () => {
    expect(repeat({ callsPerSecond: 1, outage: true }, { runs: 400, seed: 2 }).alarmed).toBeLessThanOrEqual(
      0.01,
    );
  });

  test('catches 2 % after about 190 calls and 10 % after about 35', () => {
    const two = repeat({ callsPerSecond: 1, canaryRate: 0.02, history: 90 }, { runs: 400, seed: 3 });
    expect(two.alarmed).toBe(1);
    expect(two.median).toBeLessThanOrEqual(210);
    const ten = repeat({ callsPerSecond: 1, canaryRate: 0.1, history: 90 }, { runs: 400, seed: 4 });
    expect(ten.alarmed).toBe(1);
    expect(ten.median).toBeLessThanOrEqual(40);
  });

  test('is fooled by bursts as they are, and not when it knows how failures cluster', () => {
    const bursts = { callsPerSecond: 1, burst: 3, history: 180 };
    expect(repeat({ ...bursts, corrected: false }, { runs: 300, seed: 5 }).alarmed).toBeGreaterThan(0.05);
    expect(repeat(bursts, { runs: 300, seed: 5 }).alarmed).toBeLessThanOrEqual(0.01);
    expect(repeat({ ...bursts, canaryRate: 0.02 }, { runs: 150, seed: 6 }).alarmed).toBeGreaterThanOrEqual(
      0.8,
    );
  });

  test('is hardly fooled by bursts of which it has not seen one before', () => {
    expect(repeat({ callsPerSecond: 1, burst: 3 }, { runs: 400, seed: 7 }).alarmed).toBeLessThanOrEqual(
      0.015,
    );
  });
});

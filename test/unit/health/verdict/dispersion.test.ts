import { describe, expect, test } from 'vitest';
import { Dispersion } from '../../../../health/verdict/dispersion.ts';
import { binomial, randomOf } from './canary-run.ts';

function dispersionOf(windows: number, failuresAt: (epoch: number) => number, calls = 90): number {
  const dispersion = new Dispersion();
  for (let epoch = 0; epoch < windows; epoch += 1)
    dispersion.add('a', { epoch, calls, failures: failuresAt(epoch) });
  return dispersion.value;
}

describe('the dispersion', () => {
  test('is about 1 for failures that have nothing to do with each other', () => {
    const random = randomOf(1);
    expect(dispersionOf(5000, () => binomial(90, 0.02, random))).toBeLessThan(1.1);
  });

  test('is 2 B - 1 for bursts of mean length B', () => {
    const random = randomOf(2);
    const burst = (): number => {
      let failures = 0;
      for (let bursts = binomial(30, 0.01, random); bursts > 0; bursts -= 1) {
        failures += 1;
        while (random() < 2 / 3) failures += 1;
      }
      return failures;
    };
    const value = dispersionOf(20_000, burst);
    expect(value).toBeGreaterThan(4.4);
    expect(value).toBeLessThan(5.6);
  });

  test('does not take an outage of minutes for a burst', () => {
    const random = randomOf(3);
    const value = dispersionOf(180, (epoch) => binomial(90, epoch >= 60 && epoch < 90 ? 0.3 : 0.001, random));
    expect(value).toBeLessThan(2.5);
  });

  test('is 1 while nothing is known, and bounded after a freak window', () => {
    expect(dispersionOf(100, () => 0)).toBe(1);
    expect(dispersionOf(100, () => 90)).toBe(1);
    expect(dispersionOf(2, (epoch) => epoch * 9000, 10_000)).toBe(50);
  });

  test('does not compare windows that are far apart or without calls', () => {
    const dispersion = new Dispersion();
    dispersion.add('a', { epoch: 0, calls: 100, failures: 0 });
    dispersion.add('a', { epoch: 1, calls: 0, failures: 0 });
    dispersion.add('a', { epoch: 9, calls: 100, failures: 50 });
    dispersion.add('b', { epoch: 10, calls: 100, failures: 0 });
    expect(dispersion.value).toBe(1);
  });
});

import { describe, expect, test } from 'vitest';
import { nearestName } from '../../../holmes/nearest-name.ts';

describe('nearestName', () => {
  const names = ['intervalMs', 'rules', 'maxCpu', 'stall', 'limits'];

  test.each([
    ['interval_ms', 'intervalMs'],
    ['intervallMs', 'intervalMs'],
    ['rule', 'rules'],
    ['MAX-CPU', 'maxCpu'],
    ['limit', 'limits'],
  ])('takes %s for %s', (name, expected) => {
    expect(nearestName(name, names)).toBe(expected);
  });

  test.each(['recorder', '', 'x', 'r'.repeat(100_000)])('guesses nothing far away (case %#)', (name) => {
    expect(nearestName(name, names)).toBeNull();
  });
});

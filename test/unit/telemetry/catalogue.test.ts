import { expect, test } from 'vitest';
import { durationBucketOf, durationBuckets } from '../../../src/telemetry/index.ts';

test('a duration belongs to the first bucket whose bound it does not exceed', () => {
  for (const [index, bound] of durationBuckets.entries()) {
    expect(durationBucketOf(bound)).toBe(index);
    expect(durationBucketOf(bound * 1.01)).toBe(index + 1);
  }
  expect(durationBucketOf(0)).toBe(0);
});

import { describe, expect, test } from 'vitest';
import { didYouMean, editDistance, nearestName } from '../../../src/base/nearest.ts';

describe('the nearest name', () => {
  const keys = ['listeners', 'clusters', 'max_pending_requests', 'admin', 'warn', 'max_requests'];

  test.each([
    ['listner', 'listeners'],
    ['clutsers', 'clusters'],
    ['maxPendingRequests', 'max_pending_requests'],
    ['max-requests', 'max_requests'],
    ['max_pending', 'max_pending_requests'],
    ['warning', 'warn'],
    ['ADMIN', 'admin'],
  ])('for %s is %s', (wrong, right) => {
    expect(nearestName(wrong, keys)).toBe(right);
  });

  test.each(['tracing', 'x', '', 'max', 'a'.repeat(300)])('for %s is none', (wrong) => {
    expect(nearestName(wrong, keys)).toBeUndefined();
  });
});

describe('the edit distance', () => {
  test.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', 'ab', 1],
    ['abc', 'abcd', 1],
    ['abc', 'axc', 1],
    ['abc', 'acb', 1],
    ['kitten', 'sitting', 3],
  ])('of %s and %s is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe('a hint', () => {
  test('names what was meant, behind a prefix', () => {
    expect(didYouMean('filer', ['filter', 'type'])).toEqual({ hint: 'did you mean filter?' });
    expect(didYouMean('lisen', ['listen'], { prefix: '--' })).toEqual({ hint: 'did you mean --listen?' });
  });

  test('is left out, or another, when nothing is near', () => {
    expect(didYouMean('loud', ['trace', 'off'])).toEqual({});
    expect(didYouMean('loud', ['trace', 'off'], { otherwise: 'see --help' })).toEqual({ hint: 'see --help' });
  });
});

import { describe, expect, test } from 'vitest';
import { editDistance, nearestName } from '../../../src/config/nearest.ts';

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

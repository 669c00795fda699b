import { describe, expect, test } from 'vitest';
import { capturesToEvict } from '../../../../holmes/store/eviction.ts';

const limits = { maxBytes: 100, maxCount: 3, maxAgeMs: 1000 };

function captures(...list: readonly [id: string, bytes: number, ageMs: number][]): {
  id: string;
  bytes: number;
  ageMs: number;
}[] {
  return list.map(([id, bytes, ageMs]) => ({ id, bytes, ageMs }));
}

describe('the choice of captures that go', () => {
  test('is empty within the limits, also exactly at them', () => {
    expect(capturesToEvict([], limits)).toEqual([]);
    expect(capturesToEvict(captures(['a', 40, 1000], ['b', 40, 5], ['c', 20, 0]), limits)).toEqual([]);
  });

  test('falls on the oldest by count and by bytes', () => {
    const four = captures(['a', 1, 4], ['b', 1, 3], ['c', 1, 2], ['d', 1, 1]);
    expect(capturesToEvict(four, limits)).toEqual(['a']);
    expect(capturesToEvict(captures(['a', 60, 4], ['b', 30, 3], ['c', 90, 2]), limits)).toEqual(['a', 'b']);
  });

  test('falls on what is too old wherever it stands', () => {
    expect(capturesToEvict(captures(['a', 1, 5], ['b', 1, 1001], ['c', 1, 2]), limits)).toEqual(['b']);
  });

  test('counts what is about to come', () => {
    const three = captures(['a', 30, 4], ['b', 30, 3], ['c', 30, 2]);
    expect(capturesToEvict(three, limits, { count: 1, bytes: 5 })).toEqual(['a']);
    expect(capturesToEvict(three, limits, { count: 1, bytes: 60 })).toEqual(['a', 'b']);
  });

  test('falls on all when nothing may be kept', () => {
    const two = captures(['a', 1, 1], ['b', 1, 1]);
    expect(capturesToEvict(two, { ...limits, maxCount: 0 })).toEqual(['a', 'b']);
  });
});

import { describe, expect, test } from 'vitest';
import { heapPlaces } from '../../../../holmes/profile/heap-places.ts';
import { heapNode } from './example-heap-profile.ts';

describe('places of a heap profile', () => {
  const head = heapNode('(root)', 0, [
    heapNode('handle file:///app/server.ts:10', 1000, [
      heapNode('remember file:///app/cache.ts:12', 5000, [heapNode('set', 4000)]),
    ]),
    heapNode('readFile node:fs:400', 300),
  ]);

  test('are charged with what the functions of V8 and Node allocated for them', () => {
    const { places } = heapPlaces({ head });
    expect(places.map(({ functionName, bytes }) => [functionName, bytes])).toEqual([
      ['remember', 9000],
      ['handle', 1000],
    ]);
    expect(places[0]).toMatchObject({ url: 'file:///app/cache.ts', line: 12 });
    expect([...places[0]!.through]).toEqual([['set', 4000]]);
  });

  test('know the chain of callers', () => {
    const [remember] = heapPlaces({ head }).places;
    expect(remember!.callers).toEqual([{ functionName: 'handle', url: 'file:///app/server.ts', line: 10 }]);
  });

  test('and the sum, which has also what belongs to nobody', () => {
    expect(heapPlaces({ head }).totalBytes).toBe(10_300);
  });
});

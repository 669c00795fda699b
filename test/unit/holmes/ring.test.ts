import { describe, expect, test } from 'vitest';
import { Ring } from '../../../holmes/ring.ts';

describe('Ring', () => {
  test('is empty at first', () => {
    const ring = new Ring(3);
    expect(ring.length).toBe(0);
    expect(ring.view('main')).toEqual({ subject: 'main', times: [], values: {} });
    expect(ring.valuesOf('cpu')).toEqual([]);
  });

  test('gives what was pushed, oldest first, and forgets the oldest when it is full', () => {
    const ring = new Ring(3);
    const seen = [];
    for (let at = 1; at <= 7; at++) {
      ring.push(at, { cpu: at / 10 });
      seen.push(ring.view('main').times);
    }
    expect(seen).toEqual([[1], [1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6], [5, 6, 7]]);
    expect(ring.valuesOf('cpu')).toEqual([0.5, 0.6, 0.7]);
    expect(ring.length).toBe(3);
  });

  test('marks a reading that could not be had as NaN in the view and leaves it out of the values', () => {
    const ring = new Ring(4);
    ring.push(1, { cpu: 0.1 });
    ring.push(2, { heap: 0.5 });
    ring.push(3, { cpu: 0.3, heap: Number.NaN });
    ring.push(4, { cpu: Number.POSITIVE_INFINITY });
    expect(ring.view('x').values).toEqual({
      cpu: [0.1, Number.NaN, 0.3, Number.NaN],
      heap: [Number.NaN, 0.5, Number.NaN, Number.NaN],
    });
    expect(ring.valuesOf('cpu')).toEqual([0.1, 0.3]);
    expect(ring.valuesOf('heap')).toEqual([0.5]);
    expect(ring.valuesOf('rss')).toEqual([]);
  });

  test('does not show an old value where a reading went missing after the ring was full', () => {
    const ring = new Ring(2);
    ring.push(1, { cpu: 0.1 });
    ring.push(2, { cpu: 0.2 });
    ring.push(3, {});
    expect(ring.view('x').values.cpu).toEqual([0.2, Number.NaN]);
  });

  test('hands out copies', () => {
    const ring = new Ring(2);
    ring.push(1, { cpu: 0.1 });
    const before = ring.view('x');
    ring.push(2, { cpu: 0.2 });
    expect(before).toEqual({ subject: 'x', times: [1], values: { cpu: [0.1] } });
  });

  test('holds one sample when made for one', () => {
    const ring = new Ring(1);
    ring.push(1, { cpu: 0.1 });
    ring.push(2, { cpu: 0.2 });
    expect(ring.view('x')).toEqual({ subject: 'x', times: [2], values: { cpu: [0.2] } });
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e9])(
    'refuses a capacity of %s',
    (capacity) => {
      expect(() => new Ring(capacity)).toThrow(RangeError);
    },
  );
});

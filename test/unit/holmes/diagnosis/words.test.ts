import { describe, expect, test } from 'vitest';
import { bytes, count, duration, percent } from '../../../../holmes/diagnosis/words.ts';

describe('numbers for people', () => {
  test.each([
    [0.94, '94 %'],
    [0.0999, '10 %'],
    [0.099, '9.9 %'],
    [0.002, '0.2 %'],
    [0.0001, 'below 0.1 %'],
    [0, '0 %'],
    [1, '100 %'],
    [0.05, '5 %'],
  ])('share %f', (share, text) => {
    expect(percent(share)).toBe(text);
  });

  test.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1500, '1.5 kB'],
    [212e6, '212 MB'],
    [999_600, '1 MB'],
    [1.55e9, '1.6 GB'],
    [3e15, '3000 TB'],
  ])('%f bytes', (value, text) => {
    expect(bytes(value)).toBe(text);
  });

  test.each([
    [0, '0 ms'],
    [400, '400 ms'],
    [957, '1 s'],
    [1500, '1.5 s'],
    [5000, '5 s'],
    [42_400, '42 s'],
    [180_000, '3 min'],
    [7_200_000, '2 h'],
  ])('%f ms', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  test('counts in thousands', () => {
    expect(count(4279)).toBe('4,279');
  });
});

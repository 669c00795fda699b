import { describe, expect, test } from 'vitest';
import { readDuration, readRatio, readSize } from '../../../src/config/quantity.ts';

describe('a duration', () => {
  test.each([
    ['250ms', 250],
    ['15s', 15_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1.5s', 1500],
    ['1.1s', 1100],
    ['0.250s', 250],
    [0, 0],
    ['0', 0],
    ['576h', 576 * 3_600_000],
  ])('%s is %d ms', (text, ms) => {
    expect(readDuration(text)).toEqual({ ok: true, value: ms });
  });

  test.each([15, '15'])('needs a unit: %s', (value) => {
    expect(readDuration(value)).toMatchObject({ ok: false, hint: 'write the unit: 15s or 15ms' });
  });

  test.each(['1d', '', 's', '-1s', '1e3s', ' 1s', '1s ', '1.s', '0x1s', '1h30m'])('refuses %j', (text) => {
    expect(readDuration(text).ok).toBe(false);
  });

  test('refuses less than a millisecond and more than a timer holds', () => {
    expect(readDuration('0.5ms')).toMatchObject({ ok: false, expected: 'a whole number of milliseconds' });
    expect(readDuration('577h')).toMatchObject({
      ok: false,
      expected: 'a duration of at most 576h (24 days)',
    });
  });
});

describe('a size', () => {
  test.each([
    ['64KiB', 65_536],
    ['1MB', 1_000_000],
    ['1kB', 1000],
    ['1KB', 1000],
    ['2GiB', 2 * 1024 ** 3],
    ['1.5MiB', 1_572_864],
    ['12B', 12],
    [4096, 4096],
    ['4096', 4096],
    [0, 0],
  ])('%s is %d bytes', (text, bytes) => {
    expect(readSize(text)).toEqual({ ok: true, value: bytes });
  });

  test.each(['64K', '64k', '64kb', '64 kib'])('asks which kilo is meant by %s', (text) => {
    const hint = 'write 64KiB (powers of 1024) or 64KB (1000)';
    expect(readSize(text)).toMatchObject({ ok: false, hint });
  });

  test.each([-1, 1.5, '1TB', '', '1.3B', '99999999999999999999'])('refuses %s', (value) => {
    expect(readSize(value).ok).toBe(false);
  });
});

describe('a ratio', () => {
  test.each([
    ['20%', 0.2],
    ['0.5%', 0.005],
    ['100%', 1],
    [0.2, 0.2],
    [0, 0],
    [1, 1],
  ])('%s is %d', (text, ratio) => {
    expect(readRatio(text)).toEqual({ ok: true, value: ratio });
  });

  test('refuses a number that was meant as a percentage', () => {
    expect(readRatio(20)).toMatchObject({ ok: false, hint: 'write 20%' });
    expect(readRatio('20')).toMatchObject({ ok: false, hint: 'write the unit: 20%' });
  });

  test.each(['101%', '-1%', 1.01, -0.1, '', '%', 'half'])('refuses %s', (value) => {
    expect(readRatio(value).ok).toBe(false);
  });
});

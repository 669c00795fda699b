import { describe, expect, test } from 'vitest';
import { amountText, bytesText, readingText } from '../../../../holmes/rule/reading-text.ts';

const mebibyte = 1024 * 1024;

describe('the text of a reading', () => {
  test.each([
    ['cpu', 0.82, '82 %'],
    ['cpu', 0.042, '4.2 %'],
    ['cpu', 0.002, '0.2 %'],
    ['cpu', 0, '0 %'],
    ['cpu', 0.0996, '10 %'],
    ['cpu', 12.5, '1,250 %'],
    ['rss_bytes', 512 * mebibyte, '512 MiB'],
    ['rss_bytes', 1536, '1.5 KiB'],
    ['rss_bytes', 1023.7 * 1024, '1 MiB'],
    ['rss_bytes', 999, '999 B'],
    ['rss_bytes', 5000 * 1024 ** 4, '5,000 TiB'],
    ['event_loop_delay_p99', 40, '40 ms'],
    ['event_loop_delay_p99', 1.26, '1.3 ms'],
    ['handles', 1204, '1,204'],
    ['handles', 1_234_567, '1,234,567'],
    ['handles', 123, '123'],
    ['handles', Number.NaN, 'unknown'],
    ['heap', Number.POSITIVE_INFINITY, 'no limit'],
  ] as const)('%s %s is %s', (name, value, text) => {
    expect(readingText(name, value)).toBe(text);
  });

  test('has a sign for what went down', () => {
    expect(bytesText(-3 * mebibyte)).toBe('-3 MiB');
    expect(amountText('count', -1500)).toBe('-1,500');
  });
});

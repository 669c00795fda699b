import { describe, expect, test } from 'vitest';
import { freeCaptureId, isCaptureId } from '../../../../holmes/store/capture-id.ts';

describe('an id of a capture', () => {
  test.each(['20261120T095155.123Z-data-1-cpu', 'a1', 'x_y-2'])('may be %s', (id) => {
    expect(isCaptureId(id)).toBe(true);
  });

  test.each(
    [
      [
        '',
        '.',
        '..',
        '../x',
        'a/../b',
        'a/b',
        'a\\b',
        '/etc',
        '.tmp-1',
        '-rf',
        'a..b',
        'a\0b',
        'a\nb',
        'a%2fb',
      ],
      ['a b', 'ä1', 'a.', 'x'.repeat(129)],
    ].flat(),
  )('may not be %j', (id) => {
    expect(isCaptureId(id)).toBe(false);
  });

  test('gets a number when it is taken', () => {
    const taken = new Set(['a', 'a-2']);
    expect(freeCaptureId('b', (id) => taken.has(id))).toBe('b');
    expect(freeCaptureId('a', (id) => taken.has(id))).toBe('a-3');
  });
});

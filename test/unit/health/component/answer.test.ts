import { describe, expect, test } from 'vitest';
import { answerOf, maxItems, oneLine, reasonOf } from '../../../../health/component/answer.ts';
import type { ItemReport } from '../../../../health/component/component.ts';

function items(count: number, status: ItemReport['status'], prefix: string): ItemReport[] {
  return Array.from({ length: count }, (_, index) => ({ name: `${prefix}${index}`, status, detail: '' }));
}

describe('an answer', () => {
  test('keeps 100 items, the worst first and else in their order, and says how many there were', () => {
    const all = [
      ...items(90, 'healthy', 'h'),
      ...items(60, 'unhealthy', 'u'),
      ...items(5, 'degraded', 'd'),
      ...items(2, 'stopped', 'x'),
    ];
    const answer = answerOf({ status: 'degraded', detail: '', items: all, itemCount: 157 });
    expect(answer.itemCount).toBe(157);
    expect(answer.items).toHaveLength(maxItems);
    expect(answer.items?.map(({ name }) => name)).toEqual(
      [
        ...items(2, 'stopped', 'x'),
        ...items(60, 'unhealthy', 'u'),
        ...items(5, 'degraded', 'd'),
        ...items(33, 'healthy', 'h'),
      ].map(({ name }) => name),
    );
  });

  test.each([
    ['a larger count, as of a component that lists only its worst', 5000, 5000],
    ['a count that is smaller than the list', 1, 3],
    ['a count that is none', Number.NaN, 3],
  ])('takes %s', (_, itemCount, expected) => {
    expect(
      answerOf({ status: 'healthy', detail: '', items: items(3, 'healthy', 'h'), itemCount }).itemCount,
    ).toBe(expected);
  });

  test.each([
    [undefined, 'the check answered without a report'],
    [null, 'the check answered without a report'],
    ['healthy', 'the check answered without a report'],
    [{}, 'the check answered with an unknown status: '],
    [{ status: 'fine\n[+]all ok' }, 'the check answered with an unknown status: fine [+]all ok'],
    [{ status: 'toString' }, 'the check answered with an unknown status: toString'],
    [
      { status: Object.create(null) },
      'the check answered with an unknown status: something that has no text',
    ],
  ])('counts %j as unhealthy and says why', (report, detail) => {
    expect(answerOf(report)).toEqual({
      status: 'unhealthy',
      detail: detail.trim(),
      items: null,
      itemCount: 0,
    });
  });

  test('keeps an item that is none as an unhealthy one', () => {
    const answer = answerOf({
      status: 'healthy',
      detail: '',
      items: [7, { name: 'a\r\nb', status: 'great', detail: 3 }, null],
      itemCount: 3,
    });
    expect(answer.items).toEqual([
      { name: '', status: 'unhealthy', detail: 'not an item' },
      { name: 'a b', status: 'unhealthy', detail: '3' },
      { name: '', status: 'unhealthy', detail: 'not an item' },
    ]);
  });

  test('is one line of at most 500 characters', () => {
    const { detail } = answerOf({
      status: 'healthy',
      detail: `a\u0000\n\u2028b\t${'x'.repeat(10_000)}`,
      items: [],
      itemCount: 0,
    });
    expect(detail).toHaveLength(500);
    expect(detail.startsWith('a b xxx')).toBe(true);
    expect(detail.endsWith('x...')).toBe(true);
    expect(oneLine('\uD83D\uDE00'.repeat(400), 500).isWellFormed()).toBe(true);
  });

  test('gives a reason for whatever was thrown', () => {
    expect(reasonOf(new Error('connection\nrefused'))).toBe('connection refused');
    expect(reasonOf(new RangeError(''))).toBe('RangeError');
    expect(reasonOf('plain')).toBe('plain');
    expect(reasonOf(undefined)).toBe('');
  });
});

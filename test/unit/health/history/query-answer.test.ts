import { describe, expect, test } from 'vitest';
import { HistoryError } from '../../../../health/history/history-error.ts';
import { parseAnswer } from '../../../../health/history/query-answer.ts';
import { matrix, vector } from './scripted-engine.ts';

const limits = { maxSeries: 3, maxPoints: 5 };

describe('an answer of the query API', () => {
  test('has numbers that JSON has no word for', () => {
    const answer = parseAnswer(
      matrix({
        metric: { a: 'b' },
        values: [
          [1, 'NaN'],
          [2, '+Inf'],
          [3, '-Inf'],
          [4.001, '1e-7'],
        ],
      }),
      limits,
    );
    expect(answer).toEqual([
      {
        labels: { a: 'b' },
        points: [
          [1000, Number.NaN],
          [2000, Infinity],
          [3000, -Infinity],
          [4001, 1e-7],
        ],
      },
    ]);
  });

  test('may be a scalar, or nothing', () => {
    const scalar = JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [7, '2'] } });
    expect(parseAnswer(scalar, limits)).toEqual([{ labels: {}, points: [[7000, 2]] }]);
    expect(parseAnswer(vector(), limits)).toEqual([]);
  });

  test('keeps a label that is called like a part of every object', () => {
    const [series] = parseAnswer(
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__proto__":"x"},"value":[1,"1"]}]}}',
      limits,
    );
    expect(series?.labels['__proto__']).toBe('x');
    expect(Object.getPrototypeOf(series?.labels)).toBeNull();
  });

  test('is refused with the words of the engine', () => {
    const refused = JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'unknown\nfunction' });
    expect(() => parseAnswer(refused, limits)).toThrow(
      expect.objectContaining({ problem: 'query', message: 'the query was refused: unknown function' }),
    );
  });

  const one = { metric: {}, value: [1, '1'] };
  test.each([
    ['series', vector(one, one, one, one), '4 series, of which 3 are taken'],
    [
      'points',
      matrix(
        {
          metric: {},
          values: [
            [1, '1'],
            [2, '1'],
            [3, '1'],
          ],
        },
        {
          metric: {},
          values: [
            [1, '1'],
            [2, '1'],
            [3, '1'],
          ],
        },
      ),
      'more than 5 points',
    ],
  ])('is refused when it has too many %s', (_what, text, message) => {
    expect(() => parseAnswer(text, limits)).toThrow(
      expect.objectContaining({ problem: 'too_large', message: expect.stringContaining(message) }),
    );
  });

  test.each([
    ['', 'is no JSON'],
    ['<html>', 'is no JSON'],
    ['null', 'has no status'],
    ['[]', 'has no status'],
    ['{"status":"up"}', 'has no status'],
    ['{"status":"success"}', 'has no data'],
    ['{"status":"success","data":{"resultType":"string","result":[1,"a"]}}', 'the result type string'],
    ['{"status":"success","data":{"resultType":"vector","result":{}}}', 'no list of results'],
    [vector(1), 'a result that is no object'],
    [vector({ metric: {} }), 'a result without values'],
    [vector({ value: [1, '1'] }), 'a result without labels'],
    [vector({ metric: { a: 1 }, value: [1, '1'] }), 'a label a that is no text'],
    [vector({ metric: {}, value: [1] }), 'a point that is no pair'],
    [vector({ metric: {}, value: ['1', '1'] }), 'a point of wrong types'],
    [vector({ metric: {}, value: [1, 1] }), 'a point of wrong types'],
    [vector({ metric: {}, value: [1, ''] }), 'has the value'],
    [vector({ metric: {}, value: [1, 'x'] }), 'has the value x'],
  ])('is none: %j', (text, message) => {
    expect(() => parseAnswer(text, limits)).toThrow(
      expect.objectContaining({ problem: 'malformed', message: expect.stringContaining(message) }),
    );
  });

  test('fails with nothing but a HistoryError when it is cut off anywhere', () => {
    const whole = matrix({
      metric: { a: 'b' },
      values: [
        [1, '1'],
        [2, '2'],
      ],
    });
    for (let end = 0; end < whole.length; end++)
      expect(() => parseAnswer(whole.slice(0, end), limits)).toThrow(HistoryError);
  });
});

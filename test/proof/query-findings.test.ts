/** The judgement over answered queries, with each thing that it has to find: a proof that cannot fail proves nothing. */
import { describe, expect, test } from 'vitest';
import { type QueryOutcome, type QuietQuery, queryFindings } from './query-findings.ts';

function outcome(expr: string, found: number, error = ''): QueryOutcome {
  const query = { dashboard: 'meshlock-node', panel: 'Retries', kind: 'panel', expr } as const;
  return { query, asked: expr, found, error };
}

function quiet(part: string, reason = 'nothing of this mesh is ever retried'): QuietQuery {
  return { dashboard: 'meshlock-node', panel: 'Retries', part, reason };
}

describe('the findings of queries', () => {
  test('are none when each has data or a reason', () => {
    expect(queryFindings([outcome('rate(a[1m])', 3), outcome('rate(b[1m])', 0)], [quiet('rate(b')])).toEqual(
      [],
    );
  });

  test.each([
    ['a query without data', [outcome('a', 0)], [], /^no data: .*Retries: a$/],
    ['a query that is refused', [outcome('a(', 0, 'parse error')], [], /^refused: .*: parse error$/],
    ['a refused query that is said to be quiet', [outcome('a(', 0, 'no')], [quiet('a')], /^refused: /],
    ['data where none was expected', [outcome('a', 2)], [quiet('a')], /^has data \(2\) and stands on/],
    [
      'one query with data among those that should have none',
      [outcome('a1', 0), outcome('a2', 1)],
      [quiet('a')],
      /a2$/,
    ],
    ['a reason for a query that is gone', [outcome('a', 1)], [quiet('b')], /b is no query any more$/],
    ['an entry without a reason', [outcome('a', 0)], [quiet('a', 'why not')], /gives no reason$/],
    ['that nothing was asked', [], [], /examined nothing/],
  ])('have %s', (_, outcomes, list, said) => {
    expect(queryFindings(outcomes, list)).toEqual([expect.stringMatching(said)]);
  });

  test('go by dashboard and panel too', () => {
    const other = { ...quiet('a'), panel: 'Overflows' };
    expect(queryFindings([outcome('a', 0)], [other])).toHaveLength(2);
  });
});

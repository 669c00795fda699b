import { describe, expect, test } from 'vitest';
import { segmentsOf } from '../../../../health/infer/segments.ts';
import { row } from './edge-counts.ts';

/** In short: `x3 10 outbound_upstream link inbound_downstream`. */
function segments(failures: readonly number[], local?: readonly number[]): readonly string[] {
  const one = local === undefined ? { failures } : { failures, local };
  return segmentsOf(row('a', 'b', one), 0.2).map(
    ({ from, excess, causes }) => `x${from + 1} ${excess} ${causes.join(' ')}`,
  );
}

describe('segments of a call', () => {
  test.each([
    [[10, 0, 0, 0, 0, 0], 'x1 10 outbound_downstream'],
    [[10, 10, 0, 0, 0, 0], 'x2 10 outbound_downstream outbound_upstream'],
    [[10, 10, 10, 0, 0, 0], 'x3 10 outbound_upstream link inbound_downstream'],
    [[10, 10, 10, 10, 0, 0], 'x4 10 inbound_downstream inbound_upstream'],
    [[10, 10, 10, 10, 10, 0], 'x5 10 inbound_upstream application'],
    [[10, 10, 10, 10, 10, 10], 'x6 10 application'],
  ])('failures %j lie between the last viewpoint that saw them and the next', (failures, expected) => {
    expect(segments(failures)).toEqual([expected]);
  });

  test('a viewpoint that calls failures its own leaves nobody else to blame for them', () => {
    expect(segments([10, 10, 0, 0, 0, 0], [0, 10, 0, 0, 0, 0])).toEqual(['x2 10 outbound_downstream']);
    expect(segments([10, 10, 10, 0, 0, 0], [0, 0, 6, 0, 0, 0])).toEqual([
      'x3 6 outbound_upstream',
      'x3 4 outbound_upstream link inbound_downstream',
    ]);
    expect(segments([5, 5, 5, 5, 5, 0], [0, 0, 0, 0, 5, 0])).toEqual(['x5 5 inbound_upstream']);
  });

  test('what the calling application did itself is no module of the mesh', () => {
    expect(segments([10, 0, 0, 0, 0, 0], [10, 0, 0, 0, 0, 0])).toEqual([]);
  });

  test('a silent viewpoint joins its neighbours and their candidates', () => {
    expect(segments([10, -1, 0, 0, 0, 0])).toEqual(['x1 10 outbound_downstream outbound_upstream']);
    expect(segments([10, 10, 10, -1, 0, 0])).toEqual([
      'x3 10 outbound_upstream link inbound_downstream inbound_upstream',
    ]);
    expect(segments([-1, -1, -1, 7, 0, 0])).toEqual(['x4 7 inbound_downstream inbound_upstream']);
    expect(segments([7, 7, 7, -1, -1, -1])).toEqual([
      'x3 7 outbound_upstream link inbound_downstream inbound_upstream application',
    ]);
  });

  test('a proxy that says that its application failed is believed where the application is silent', () => {
    expect(segments([9, 9, 9, 9, 9, -1])).toEqual(['x5 9 application']);
    expect(segments([9, 9, 9, 9, 9, -1], [0, 0, 0, 0, 9, -1])).toEqual(['x5 9 inbound_upstream']);
  });

  test('a counter that is deaf to failures that pass through it is not their cause', () => {
    expect(segments([10, 0, 10, 10, 10, 10])).toEqual(['x6 10 application']);
    expect(segments([10, 10, 10, 0, 10, 10])).toEqual(['x6 10 application']);
  });

  test('clocks of two nodes may put a fifth of what passes between them into another window', () => {
    expect(segments([110, 110, 110, 100, 100, 100])).toEqual(['x6 100 application']);
    expect(segments([150, 150, 150, 100, 100, 100])).toEqual([
      'x3 30 outbound_upstream link inbound_downstream',
      'x6 100 application',
    ]);
    expect(segments([100, 100, 100, 100, 90, 90])).toEqual([
      'x4 10 inbound_downstream inbound_upstream',
      'x6 90 application',
    ]);
  });

  test('nobody is blamed for what an unknown node may have done', () => {
    expect(segmentsOf(row('a', '', { failures: [9, 9, 9, -1, -1, -1] }), 0.2)).toEqual([]);
    expect(segmentsOf(row('', 'b', { failures: [-1, -1, -1, 9, 0, 0] }), 0.2)).toHaveLength(1);
    const own = row('a', '', { failures: [9, 9, 9, -1, -1, -1], local: [0, 0, 9, -1, -1, -1] });
    expect(segmentsOf(own, 0.2).map(({ causes }) => causes)).toEqual([['outbound_upstream']]);
  });
});

import { describe, expect, test } from 'vitest';
import { type Evidence, moduleKey } from '../../../../health/infer/evidence.ts';
import { joinEpochs, mergeEvidence } from '../../../../health/infer/join.ts';
import type { EpochReport } from '../../../../health/observe/epoch-report.ts';
import { edge, peer, report, row, total } from './edge-counts.ts';

const a = peer('web-1');
const b = peer('cart-1');
const proxy = ['outbound_downstream', 'outbound_upstream', 'inbound_downstream', 'inbound_upstream'] as const;

function join(reports: readonly EpochReport[], epochs = 1, expected: readonly string[] = []): Evidence {
  return joinEpochs(reports, { from: 1, to: epochs, expected: new Set(expected) });
}

describe('joined epochs', () => {
  test('what both ends say of an edge is one row, and a reported viewpoint without failures is 0', () => {
    const { rows } = join([
      report(a, { edges: [edge('outbound_upstream', b, { calls: 50, failures: 5 })] }),
      report(b, { edges: [edge('inbound_downstream', a, { calls: 45, failures: 2, origin: 'local' })] }),
    ]);
    expect(rows).toEqual([
      {
        caller: 'web-1',
        callee: 'cart-1',
        calls: 50,
        failures: [0, 0, 5, 2, 0, 0],
        local: [0, 0, 0, 2, 0, 0],
        squares: [0, 0, 25, 4, 0, 0],
      },
    ]);
  });

  test('tells what came in one epoch from what came in several', () => {
    const said = (epoch: number, failures: number) =>
      report(a, { epoch, edges: [edge('outbound_upstream', b, { calls: 10, failures })] });
    expect(join([said(1, 6)], 3).rows[0]).toMatchObject({ squares: [0, 0, 36, -1, -1, -1] });
    expect(join([said(1, 2), said(2, 2), said(3, 2)], 3).rows[0]).toMatchObject({
      failures: [0, 0, 6, -1, -1, -1],
      squares: [0, 0, 12, -1, -1, -1],
    });
  });

  test('viewpoints that nobody reports are silent, not healthy', () => {
    const said = [edge('outbound_upstream', b, { calls: 50, failures: 5 })];
    expect(join([report(a, { edges: said, viewpoints: proxy })]).rows[0]?.failures).toEqual([
      -1, 0, 5, -1, -1, -1,
    ]);
    const both = [
      report(a, { edges: said, viewpoints: proxy }),
      report(b, { viewpoints: ['callee'], edges: [] }),
    ];
    expect(join(both).rows[0]?.failures).toEqual([-1, 0, 5, -1, -1, 0]);
  });

  test('the epochs in which an end is silent are kept apart from the others', () => {
    const said = [edge('outbound_upstream', b, { calls: 10, failures: 1 })];
    const { rows } = join(
      [report(a, { edges: said }), report(a, { epoch: 2, edges: said }), report(b, { epoch: 2 })],
      2,
    );
    expect(rows.map(({ failures }) => failures)).toEqual([
      [0, 0, 1, 0, 0, 0],
      [0, 0, 1, -1, -1, -1],
    ]);
  });

  test('a call that two clocks put into two epochs cancels out over the window', () => {
    const { rows } = join(
      [
        report(a, { edges: [edge('outbound_upstream', b, { calls: 10, failures: 3 })] }),
        report(b),
        report(a, { epoch: 2 }),
        report(b, { epoch: 2, edges: [edge('inbound_downstream', a, { calls: 10, failures: 3 })] }),
      ],
      2,
    );
    expect(rows).toEqual([
      row('web-1', 'cart-1', {
        calls: 20,
        failures: [0, 0, 3, 3, 0, 0],
        squares: [0, 0, 9, 9, 0, 0],
      }),
    ]);
  });

  test('a row covers also the epochs in which its edge was healthy', () => {
    const failing = [edge('outbound_upstream', b, { calls: 10, failures: 1 })];
    const reports = [1, 2, 3, 4].flatMap((epoch) => [
      report(a, { epoch, edges: epoch === 2 ? failing : [] }),
      report(b, { epoch }),
    ]);
    expect(join(reports, 4).rows[0]?.calls).toBe(40);
  });

  test("failures that the client caused are nobody's", () => {
    const said = [edge('inbound_downstream', a, { calls: 10, failures: 4, origin: 'client' })];
    expect(join([report(a), report(b, { edges: said })]).rows).toEqual([]);
  });

  test('a caller that gives up first is told from one that loses calls by those who were still waiting', () => {
    const gaveUp = { calls: 50, failures: 5, reason: 'UT' };
    const left = { calls: 50, failures: 4, origin: 'client', reason: 'DC' } as const;
    const told = (...viewpoints: readonly ('inbound_downstream' | 'inbound_upstream' | 'callee')[]) =>
      join([
        report(a, { edges: [edge('outbound_upstream', b, gaveUp)] }),
        report(b, { edges: viewpoints.map((viewpoint) => edge(viewpoint, a, left)) }),
      ]).rows.map(({ failures }) => failures);
    expect(told()).toEqual([[0, 0, 5, 0, 0, 0]]);
    // The called node was waiting for its application, which may have counted it as well.
    expect(told('inbound_downstream', 'inbound_upstream')).toEqual([[0, 0, 5, 4, 4, 0]]);
    expect(told('inbound_downstream', 'inbound_upstream', 'callee')).toEqual([[0, 0, 5, 4, 4, 4]]);
    // It had not passed the calls on.
    expect(told('inbound_downstream')).toEqual([[0, 0, 5, 4, 0, 0]]);
    expect(told('inbound_upstream')).toEqual([[0, 0, 5, 0, 0, 0]]);
  });

  test('a caller that breaks connections itself has not waited', () => {
    const left = { calls: 50, failures: 5, origin: 'client', reason: 'DC' } as const;
    const { rows } = join([
      report(a, { edges: [edge('outbound_upstream', b, { calls: 50, failures: 5, reason: 'UC' })] }),
      report(b, { edges: [edge('inbound_downstream', a, left), edge('inbound_upstream', a, left)] }),
    ]);
    expect(rows.map(({ failures }) => failures)).toEqual([[0, 0, 5, 0, 0, 0]]);
  });

  test('the same report twice counts once', () => {
    const said = report(a, {
      edges: [edge('caller', b, { calls: 10, failures: 4 })],
      totals: [total('caller', 'cart', 10)],
    });
    expect(join([said, said])).toEqual(join([said]));
  });

  test('reports of another window are left out', () => {
    const said = report(a, { epoch: 9, edges: [edge('caller', b, { calls: 10, failures: 4 })] });
    expect(join([said]).rows).toEqual([]);
  });

  test('an application that knows only a name joins the edge that its proxy names', () => {
    const { rows } = join([
      report(a, {
        edges: [
          edge('caller', peer('', 'cart'), { calls: 90, failures: 7 }),
          edge('outbound_downstream', b, { calls: 50, failures: 5 }),
        ],
      }),
      report(b),
    ]);
    // Two more than the proxy saw: they are nobody's edge, but still this application's.
    expect(rows.map(({ callee, failures }) => [callee, failures])).toEqual([
      ['', [2, 0, 0, -1, -1, -1]],
      ['cart-1', [5, 5, 0, 0, 0, 0]],
    ]);
  });

  test('an application that calls its own node by address says nothing of whom it calls', () => {
    const { rows } = join([
      report(a, {
        edges: [
          edge('caller', peer('', '127.0.0.1:4711'), { calls: 50, failures: 5 }),
          edge('outbound_downstream', b, { calls: 50, failures: 5 }),
        ],
      }),
      report(b),
    ]);
    expect(rows.map(({ callee, failures }) => [callee, failures])).toEqual([['cart-1', [5, 5, 0, 0, 0, 0]]]);
  });

  test('a called node that does not know its callers joins the edges on which they failed, of the right service', () => {
    const { rows } = join([
      report(a, { edges: [edge('outbound_upstream', b, { calls: 50, failures: 5 })] }),
      report(peer('batch-1'), { edges: [edge('outbound_upstream', b, { calls: 50, failures: 5 })] }),
      report(b, { edges: [edge('inbound_downstream', peer('', 'web'), { calls: 50, failures: 4 })] }),
    ]);
    expect(rows.map(({ caller, failures }) => [caller, failures])).toEqual([
      ['batch-1', [0, 0, 5, 0, 0, 0]],
      ['web-1', [0, 0, 5, 4, 0, 0]],
    ]);
  });

  test('calls of a module are the totals, and those of a silent node its share of what its callers say', () => {
    const quiet = peer('cart-2');
    const { calls } = join([
      report(a, {
        totals: [total('outbound_downstream', 'cart', 300), total('outbound_upstream', 'cart', 290)],
        edges: [edge('outbound_upstream', quiet, { calls: 10, failures: 1 })],
        viewpoints: proxy,
      }),
      report(b, { totals: [total('inbound_downstream', 'web', 90)], viewpoints: ['inbound_downstream'] }),
    ]);
    expect(calls.get(moduleKey('web-1', 'outbound_downstream'))).toBe(300);
    expect(calls.get(moduleKey('web-1', 'outbound_upstream'))).toBe(290);
    expect(calls.get(moduleKey('cart-1', 'inbound_upstream'))).toBe(90);
    expect(calls.get(moduleKey('cart-2', 'inbound_downstream'))).toBe(200);
  });

  test('nodes that were expected are missing by the epoch', () => {
    const { missing } = join([report(a), report(a, { epoch: 2 }), report(b)], 2, [
      'web-1',
      'cart-1',
      'cart-2',
    ]);
    expect([...missing]).toEqual([
      ['cart-1', 1],
      ['cart-2', 2],
    ]);
  });

  test('the order of the reports makes no difference', () => {
    const reports = [
      report(a, { edges: [edge('caller', peer('', 'cart'), { calls: 9, failures: 3 })] }),
      report(b, { edges: [edge('callee', a, { calls: 9, failures: 2, origin: 'local' })] }),
      report(peer('cart-2'), { edges: [edge('callee', a, { calls: 9, failures: 2 })] }),
    ];
    expect(join([...reports].reverse()).rows).toEqual(join(reports).rows);
  });

  test('more failures than calls divide nothing by zero', () => {
    const { rows } = join([report(a, { edges: [edge('caller', b, { calls: 0, failures: 4 })] }), report(b)]);
    expect(rows[0]?.calls).toBe(4);
  });
});

describe('merged evidence', () => {
  const some = (from: number, failures: readonly number[], callee = 'cart-1'): Evidence => ({
    from,
    to: from,
    rows: [row('web-1', callee, { calls: 10 * from, failures })],
    calls: new Map([[moduleKey('web-1', 'outbound_upstream'), 100 * from]]),
    missing: new Map([[callee, from]]),
  });
  const one = some(1, [1, 1, 1, 0, 0, 0]);
  const two = some(2, [2, 2, 2, -1, -1, -1]);
  const three = some(3, [4, 4, 4, 4, 0, 0]);
  const other = some(4, [4, 4, 4, 4, 0, 0], 'cart-2');

  test('adds rows of the same edge and the same silence, calls and missing epochs', () => {
    expect(mergeEvidence(one, three)).toEqual({
      from: 1,
      to: 3,
      rows: [row('web-1', 'cart-1', { calls: 40, failures: [5, 5, 5, 4, 0, 0] })],
      calls: new Map([[moduleKey('web-1', 'outbound_upstream'), 400]]),
      missing: new Map([['cart-1', 4]]),
    });
    expect(mergeEvidence(one, two).rows).toHaveLength(2);
  });

  test('is commutative and associative', () => {
    const left = mergeEvidence(mergeEvidence(mergeEvidence(one, two), three), other);
    expect(mergeEvidence(other, mergeEvidence(three, mergeEvidence(two, one)))).toEqual(left);
    expect(mergeEvidence(mergeEvidence(one, two), mergeEvidence(three, other))).toEqual(left);
  });
});

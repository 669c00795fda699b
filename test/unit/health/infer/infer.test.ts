import { describe, expect, test } from 'vitest';
import { type EdgeRow, type Evidence, moduleKey, ModuleKind } from '../../../../health/infer/evidence.ts';
import { infer } from '../../../../health/infer/infer.ts';
import { mergeEvidence } from '../../../../health/infer/join.ts';
import { row } from './edge-counts.ts';

const callers = Array.from({ length: 9 }, (_, index) => `web-${index}`);

/** Rows beside a fleet of which each module passes 1,000 calls. */
function fleet(rows: readonly EdgeRow[], missing: ReadonlyMap<string, number> = new Map()): Evidence {
  const nodes = new Set(['cart-2', ...callers, ...rows.flatMap(({ caller, callee }) => [caller, callee])]);
  const calls = new Map(
    [...nodes].flatMap((node) => ModuleKind.map((kind) => [moduleKey(node, kind), 1000] as const)),
  );
  return { from: 1, to: 6, rows, calls, missing };
}

/** Each caller loses 6 of its 110 calls to cart-1 so that the viewpoints see `failures` of them. */
function toCart(failures: readonly number[], local?: readonly number[]): readonly EdgeRow[] {
  return callers.map((caller) =>
    row(caller, 'cart-1', { calls: 110, failures, ...(local === undefined ? {} : { local }) }),
  );
}
const inboundLost = toCart([6, 6, 6, 0, 0, 0]);

describe('infer', () => {
  test('no failures, no suspects', () => {
    expect(infer(fleet([]))).toEqual([]);
    expect(infer(fleet([row('a', 'b', { failures: [0, 0, 0, 0, 0, 0] })]))).toEqual([]);
  });

  test('names the module that all failing edges have in common', () => {
    const beside = row('web-0', 'cart-2', { calls: 120, failures: [1, 1, 1, 1, 1, 1] });
    const suspects = infer(fleet([...inboundLost, beside]), {
      peerOf: (node) => ({ node, service: 'cart', version: '1.4.2', release: 'order-3' }),
    });
    expect(suspects).toHaveLength(1);
    const [found] = suspects;
    expect(found).toMatchObject({
      node: 'cart-1',
      kind: 'inbound_downstream',
      service: 'cart',
      version: '1.4.2',
      release: 'order-3',
    });
    expect(found?.ambiguity).toHaveLength(1);
    expect(found?.theta).toBeCloseTo(0.054, 2);
    expect(found?.gain).toBeGreaterThan(found?.threshold ?? Infinity);
    expect(found?.edges).toHaveLength(9);
    expect(found?.edges[0]).toMatchObject({ callee: 'cart-1', calls: 110, excess: 6 });
    expect(found?.contrast).toEqual([{ caller: 'web-0', callee: 'cart-2', calls: 120 }]);
    expect(found?.sentence).toBe(
      'node cart-1 loses 5.4 % of the calls that it receives before they reach its application ' +
        '(inbound, towards the caller): 54 of 1,000 calls from 9 callers; its neighbours are clean',
    );
  });

  test('what was over within one epoch on one edge proves little, what goes on proves much', () => {
    const failures = [12, 12, 12, 12, 12, 12];
    const twelve = (squares: number) =>
      infer(fleet([row('web-0', 'cart-1', { failures, squares: failures.map(() => squares) })]));
    // All twelve in one of six epochs, and two in each.
    expect(twelve(144)).toEqual([]);
    expect(twelve(24)).toMatchObject([{ node: 'cart-1', kind: 'application' }]);
  });

  test('a failing application blames no proxy, whichever viewpoints there are', () => {
    const sights = [
      [40, 40, 40, 40, 40, 40],
      [-1, 40, 40, 40, 40, -1],
      [40, -1, -1, 40, 40, 40],
      [-1, -1, -1, 40, 40, 40],
    ];
    for (const failures of sights) {
      const suspects = infer(fleet(toCart(failures)));
      expect(suspects.map(({ node, kind }) => [node, kind])).toEqual([['cart-1', 'application']]);
      expect(suspects[0]?.ambiguity).toHaveLength(1);
    }
  });

  test('an application that hangs and does not count it is not told apart from its proxy', () => {
    const [found] = infer(fleet(toCart([9, 9, 9, 9, 9, 0])));
    expect(found?.kind).toBe('application');
    expect(found?.ambiguity.map(({ kind }) => kind).sort()).toEqual(['application', 'inbound_upstream']);
    expect(found?.sentence).toContain('not decided: as likely inbound_upstream of node cart-1');
  });

  test('modules that explain the same are told together, first the one for which the word of the others speaks', () => {
    const rows = callers.map((callee) => row('web', callee, { failures: [6, 6, 0, 0, 0, 0] }));
    const [found] = infer(fleet(rows));
    expect(found?.ambiguity.map(({ kind }) => kind).sort()).toEqual([
      'outbound_downstream',
      'outbound_upstream',
    ]);
    expect(found?.kind).toBe('outbound_upstream');
  });

  test('its own word decides where the differences do not', () => {
    const rows = callers.map((callee) =>
      row('web', callee, { failures: [6, 6, 0, 0, 0, 0], local: [0, 6, 0, 0, 0, 0] }),
    );
    const suspects = infer(fleet(rows));
    expect(suspects.map(({ kind, ambiguity }) => [kind, ambiguity.length])).toEqual([
      ['outbound_downstream', 1],
    ]);
  });

  test('one edge that fails among healthy ones is the way between its ends, and names neither', () => {
    const [found, ...others] = infer(
      fleet([row('web-1', 'cart-1', { calls: 100, failures: [60, 60, 60, 0, 0, 0] })]),
    );
    expect(others).toEqual([]);
    expect(found?.link).toEqual({ caller: 'web-1', callee: 'cart-1' });
    expect(found?.ambiguity.map(({ node }) => node)).toEqual(['web-1', 'cart-1']);
    expect(found?.sentence).toContain('on the way between them');
  });

  test('what one called node loses is not an ordinary day of its only two callers', () => {
    // Between the two nodes, on the called node's side: it sees nothing of it. As real nodes counted it in a minute.
    const rows = [26, 23].map((lost, index) =>
      row(`web-${index + 1}`, 'cart-3', {
        calls: 280,
        failures: [lost, lost, lost, 0, 0, 0],
        squares: [lost, lost, lost, 0, 0, 0].map((count) => (count * count) / 6),
      }),
    );
    const calls = new Map<string, number>();
    for (const kind of ModuleKind) {
      const isOutbound = kind.startsWith('outbound');
      const nodes = isOutbound ? ['web-1', 'web-2'] : ['cart-1', 'cart-2', 'cart-3', 'cart-4'];
      for (const node of nodes) calls.set(moduleKey(node, kind), isOutbound ? 1120 : 560);
    }
    const [found, ...others] = infer({ from: 1, to: 6, rows, calls, missing: new Map() });
    expect(others).toEqual([]);
    expect(found).toMatchObject({ node: 'cart-3', kind: 'inbound_downstream' });
  });

  test('the way between two nodes is not laid on the called one while it shows on one of its edges only', () => {
    // As real nodes counted it, half a minute and a minute after the network began to reset connections.
    const after = (lost: number, calls: number, squares: number) =>
      infer({
        from: 1,
        to: 6,
        rows: [
          row('web-1', 'cart-2', {
            calls,
            failures: [lost, lost, lost, 0, 0, 0],
            squares: [squares, squares, squares, 0, 0, 0],
          }),
        ],
        calls: new Map(
          ModuleKind.flatMap((kind) => {
            const isOutbound = kind.startsWith('outbound');
            const nodes = isOutbound ? ['web-1', 'web-2'] : ['cart-1', 'cart-2', 'cart-3', 'cart-4'];
            return nodes.map((node) => [moduleKey(node, kind), isOutbound ? 4 * calls : 2 * calls] as const);
          }),
        ),
        missing: new Map(),
      });
    expect(after(24, 195, 296)).toEqual([]);
    const [found, ...others] = after(37, 236, 385);
    expect(others).toEqual([]);
    expect(found?.link).toEqual({ caller: 'web-1', callee: 'cart-2' });
    expect(found?.ambiguity.map(({ node }) => node)).toEqual(['web-1', 'cart-2']);
  });

  test('half of a small fleet is found, and the other half is not blamed', () => {
    const nodes = ['cart-1', 'cart-2', 'cart-3', 'cart-4'];
    const rows = ['web-0', 'web-1'].flatMap((caller) =>
      nodes.slice(2).map((callee, index) => {
        const lost = 95 + 7 * index + (caller === 'web-0' ? 3 : 0);
        return row(caller, callee, {
          calls: 500,
          failures: [lost, lost, lost, lost, 0, 0],
          local: [0, 0, 0, lost, 0, 0],
        });
      }),
    );
    const calls = new Map(
      [...nodes, 'web-0', 'web-1'].flatMap((node) =>
        ModuleKind.map((kind) => [moduleKey(node, kind), 1000] as const),
      ),
    );
    const suspects = infer({ from: 1, to: 6, rows, calls, missing: new Map() });
    expect(suspects.map(({ node }) => node).sort()).toEqual(['cart-3', 'cart-4']);
  });

  test('two culprits are both found', () => {
    const second = callers.map((callee) => row('web', callee, { failures: [5, 0, 0, 0, 0, 0] }));
    const found = infer(fleet([...inboundLost, ...second])).map(({ node, kind }) => `${node} ${kind}`);
    expect(found.sort()).toEqual(['cart-1 inbound_downstream', 'web outbound_downstream']);
  });

  test('asks for five failures, for 0.3 % of the calls, and for more than chance', () => {
    expect(infer(fleet([row('a', 'b', { failures: [4, 0, 0, 0, 0, 0] })]))).toEqual([]);
    const calls = new Map(callers.map((node) => [moduleKey(node, 'outbound_downstream'), 50_000]));
    const spread = callers.map((callee) => row('web', callee, { failures: [11, 0, 0, 0, 0, 0] }));
    const busy = {
      ...fleet(spread),
      calls: new Map(calls).set(moduleKey('web', 'outbound_downstream'), 50_000),
    };
    expect(infer(busy)).toEqual([]);
    expect(infer(busy, { minTheta: 0.001 })).toHaveLength(1);
    expect(infer(fleet(inboundLost), { alpha: 1e-300 })).toEqual([]);
  });

  test('a burst on one edge does not blame a module that has others', () => {
    const rows = callers.map((callee, index) =>
      row('web', callee, { failures: index === 0 ? [9, 9, 9, 9, 0, 0] : [1, 1, 1, 1, 1, 1] }),
    );
    expect(infer(fleet(rows))).toEqual([]);
  });

  test('a node that did not report is said to be so', () => {
    const [found] = infer(fleet(toCart([6, 6, 6, -1, -1, -1]), new Map([['cart-1', 6]])));
    expect(found?.node).toBe('cart-1');
    expect(found?.ambiguity.map(({ kind }) => kind)).toContain('application');
    expect(found?.sentence).toContain('it did not report in 6 of 6 epochs');
  });

  test('the order of the rows and the way of merging make no difference', () => {
    const rows = [
      ...inboundLost,
      ...toCart([1, 1, 1, 1, 0, 0]).slice(3),
      row('web-3', 'cart-2', { failures: [3, 2, 1, 0, 0, 0] }),
    ];
    const whole = infer(fleet(rows));
    expect(infer(fleet([...rows].reverse()))).toEqual(whole);
    const none = { from: 1, to: 6, calls: new Map(), missing: new Map() };
    const one = { ...fleet(rows), rows: rows.slice(0, 5) };
    const other: Evidence = { ...none, rows: rows.slice(5) };
    expect(infer(mergeEvidence(one, other))).toEqual(infer(mergeEvidence(other, one)));
  });

  test('hostile numbers give finite answers', () => {
    const rows = [
      row('a', 'b', { calls: 0, failures: [1e9, 1e9, 1e9, 0, 0, 0], local: [0, 0, 2e9, 0, 0, 0] }),
      row('a', 'c', { calls: 1, failures: [0, 5, 0, 9, 0, 7] }),
      row('', '', { calls: 5, failures: [5, 5, 5, 5, 5, 5] }),
      row('c', 'c', { calls: 10, failures: [-1, -1, -1, -1, -1, -1] }),
      row('d', 'e', { calls: 10, failures: [10], local: [] }),
    ];
    for (const suspect of infer({ from: 1, to: 1, rows, calls: new Map(), missing: new Map() })) {
      for (const figure of [suspect.theta, suspect.explained, suspect.gain])
        expect(figure).toSatisfy(Number.isFinite);
      expect(suspect.theta).toBeLessThanOrEqual(1);
    }
  });
});

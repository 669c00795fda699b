import { describe, expect, test } from 'vitest';
import { ViewpointTotals } from '../../../../health/aggregate/viewpoint-totals.ts';
import { calleeReport, callerReport, peer } from './fleet.ts';

const web = peer('web-1', 'web');
const cart = peer('cart-1', 'cart');

describe('ViewpointTotals', () => {
  test('adds up what each node counted at each of its viewpoints', () => {
    const totals = new ViewpointTotals(10);
    for (const epoch of [7, 8]) {
      totals.add(callerReport(web, epoch, [{ callee: cart, calls: 100, failures: 3 }]));
      totals.add(calleeReport(cart, epoch, { callers: [web], calls: 100, failedHere: 2 }));
    }
    const of = (node: string, service: string, viewpoint: string, calls: number, failures: number) => ({
      ...{ node, service, version: '1', viewpoint, calls, failures },
    });
    expect([...totals.all()]).toEqual([
      of('web-1', 'web', 'outbound_downstream', 200, 6),
      of('web-1', 'web', 'outbound_upstream', 200, 6),
      of('cart-1', 'cart', 'inbound_downstream', 200, 4),
      of('cart-1', 'cart', 'inbound_upstream', 200, 0),
    ]);
  });

  test('tells a viewpoint that saw nothing from one that nobody watches', () => {
    const totals = new ViewpointTotals(10);
    totals.add({ ...callerReport(web, 7, []), viewpoints: ['caller'] });
    expect([...totals.all()]).toMatchObject([{ viewpoint: 'caller', calls: 0, failures: 0 }]);
  });

  test('counts nodes beyond the bound as one, until there is room', () => {
    const totals = new ViewpointTotals(2);
    const report = (node: string, epoch: number) =>
      callerReport(peer(node, 'web'), epoch, [{ callee: cart, calls: 10, failures: 1 }]);
    for (const node of ['a', 'b', 'c', 'd']) totals.add(report(node, 7));
    const sums = () =>
      [...totals.all()]
        .filter(({ viewpoint }) => viewpoint === 'outbound_upstream')
        .map(({ node, calls, failures }) => [node, calls, failures]);
    expect(sums()).toEqual([
      ['a', 10, 1],
      ['b', 10, 1],
      ['_other', 20, 2],
    ]);
    totals.add(report('b', 9));
    totals.tidy(8);
    totals.add(report('c', 9));
    expect(sums()).toEqual([
      ['b', 20, 2],
      ['c', 10, 1],
      ['_other', 20, 2],
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import {
  type LedgerRow,
  ledgerRows,
  pickViewpoint,
  ReleaseLedger,
} from '../../../../health/aggregate/release-ledger.ts';
import { Viewpoint } from '../../../../health/observe/viewpoint.ts';
import { calleeReport, callerReport, peer } from './fleet.ts';

const upstream = Viewpoint.indexOf('outbound_upstream');

function row(version: string, calls: number, failures = 0): LedgerRow {
  return [
    'web',
    'cart',
    version,
    upstream,
    calls,
    failures,
    failures === 0 ? [] : [[`cart-${version}`, failures]],
  ];
}

describe('ReleaseLedger', () => {
  test('adds up what is of the same epoch, pair of services, version and viewpoint', () => {
    const ledger = new ReleaseLedger({ keepEpochs: 100, fineEpochs: 50, maxRows: 100 });
    for (const one of [row('1', 10, 1), row('1', 20, 2), row('2', 5)]) ledger.add(7, one);
    expect(ledger.rows).toBe(2);
    expect(ledger.ofService('cart', 0)).toMatchObject([
      { epoch: 7, version: '1', calls: 30, failures: 3, failing: new Map([['cart-1', 3]]) },
      { epoch: 7, version: '2', calls: 5, failures: 0 },
    ]);
    expect(ledger.ofService('cart', 8)).toEqual([]);
    expect(ledger.ofService('web', 0)).toEqual([]);
  });

  test('puts older epochs into minutes without losing a call, and forgets the oldest', () => {
    const ledger = new ReleaseLedger({ keepEpochs: 60, fineEpochs: 12, maxRows: 1000 });
    for (let epoch = 0; epoch < 120; epoch++) ledger.add(epoch, row('1', 1));
    ledger.tidy(120);
    const counts = ledger.ofService('cart', 0);
    expect(counts.slice(0, 2)).toMatchObject([
      { epoch: 60, calls: 6 },
      { epoch: 66, calls: 6 },
    ]);
    expect(counts.slice(-2)).toMatchObject([
      { epoch: 118, calls: 1 },
      { epoch: 119, calls: 1 },
    ]);
    expect(counts.reduce((sum, { calls }) => sum + calls, 0)).toBe(60);
    expect(ledger.rows).toBe(8 + 12);
  });

  test('drops the oldest rows beyond its bound, and cuts off a flood between two tidyings', () => {
    const ledger = new ReleaseLedger({ keepEpochs: 100, fineEpochs: 50, maxRows: 10 });
    for (let n = 0; n < 50; n++) ledger.add(n % 2, row(`v${n}`, 1));
    expect(ledger.rows).toBe(20);
    expect(ledger.dropped).toBe(30);
    ledger.tidy(2);
    expect(ledger.rows).toBe(10);
    expect(new Set(ledger.ofService('cart', 0).map(({ epoch }) => epoch))).toEqual(new Set([1]));
  });

  test('knows caller and callee of a report from either side, and the node that failed', () => {
    const web = peer('web-1', 'web', '9');
    const cart = peer('cart-1', 'cart', '2', 'r');
    const outbound = ledgerRows(callerReport(web, 1, [{ callee: cart, calls: 10, failures: 4 }]));
    expect(outbound).toEqual(
      [1, 2].map((viewpoint) => ['web', 'cart', '2', viewpoint, 10, 4, [['cart-1', 4]]]),
    );
    const inbound = ledgerRows(calleeReport(cart, 1, { callers: [web], calls: 10, failedHere: 4 }));
    expect(inbound).toEqual([
      ['web', 'cart', '2', 3, 10, 4, [['cart-1', 4]]],
      ['web', 'cart', '2', 4, 10, 0, []],
    ]);
  });

  test('takes each call from one viewpoint, the same for both versions', () => {
    const at = (viewpoint: Viewpoint, calls: number, callerService = 'web') => ({
      viewpoint,
      calls,
      callerService,
    });
    expect([
      ...pickViewpoint([at('inbound_upstream', 100), at('outbound_upstream', 60), at('callee', 90)]),
    ]).toEqual([['web', 'outbound_upstream']]);
    // Half of the callers have no proxy that reports.
    expect([...pickViewpoint([at('inbound_downstream', 100), at('outbound_upstream', 40)])]).toEqual([
      ['web', 'inbound_downstream'],
    ]);
  });

  test('does not count calls a second time that the called application saw without knowing their caller', () => {
    const at = (viewpoint: Viewpoint, calls: number, callerService = 'web') => ({
      viewpoint,
      calls,
      callerService,
    });
    expect([...pickViewpoint([at('outbound_upstream', 100), at('callee', 100, '')])]).toEqual([
      ['web', 'outbound_upstream'],
    ]);
    // Most of its calls pass no proxy that reports.
    expect([...pickViewpoint([at('outbound_upstream', 40), at('callee', 100, '')])]).toEqual([
      ['web', 'outbound_upstream'],
      ['', 'callee'],
    ]);
  });
});

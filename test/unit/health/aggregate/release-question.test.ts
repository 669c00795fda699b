import { describe, expect, test } from 'vitest';
import {
  type KnownVersion,
  ReleaseCatalog,
  releaseParts,
} from '../../../../health/aggregate/release-catalog.ts';
import { ReleaseLedger } from '../../../../health/aggregate/release-ledger.ts';
import { baselineOf, releaseInput } from '../../../../health/aggregate/release-question.ts';
import { calleeReport, peer } from './fleet.ts';

function known(version: string, firstEpoch: number, lastEpoch = 2000): KnownVersion {
  return { service: 'cart', version, release: '', firstEpoch, lastEpoch, nodes: new Map() };
}

describe('releaseInput', () => {
  test('shares the calls of a version among the nodes that ran it then, and tells which of them failed', () => {
    const catalog = new ReleaseCatalog();
    const ledger = new ReleaseLedger({ keepEpochs: 1000, fineEpochs: 1000, maxRows: 1000 });
    const web = [peer('web-1', 'web')];
    const nodes = [
      peer('a', 'cart', '1', 'r.1'),
      peer('b', 'cart', '1', 'r.1'),
      peer('c', 'cart', '2', 'r.2'),
    ];
    for (const [index, node] of nodes.entries())
      for (const epoch of [100 + index * 20, 150])
        catalog.learn(calleeReport(node, epoch, { callers: web, calls: 1, failedHere: 0 }));
    ledger.add(150, [
      'web',
      'cart',
      '1',
      2,
      90,
      6,
      [
        ['b', 5],
        ['gone', 1],
      ],
    ]);
    ledger.add(150, ['web', 'cart', '2', 2, 10, 0, []]);
    ledger.add(151, ['web', 'cart', '2', 2, 99, 0, []]);
    const canary = catalog.find('r.2', undefined)[0]!;
    const question = {
      id: 'r.2',
      canary,
      sinceEpoch: null,
      lastEpoch: 150,
      asOf: 1,
      suspects: [],
      touched: 0,
      forgetEpochs: 30,
    };
    expect(releaseInput(question, { ledger, catalog, past: [] })).toEqual({
      release: { id: 'r.2', service: 'cart', version: '2', order: 'r', iteration: '2' },
      baselineVersion: '1',
      windows: [
        {
          epoch: 150,
          strata: [
            {
              callerService: 'web',
              calleeService: 'cart',
              version: '1',
              calls: 90,
              failures: 6,
              nodes: [
                { node: 'b', calls: 30, failures: 5 },
                { node: 'gone', calls: 30, failures: 1 },
                { node: 'a', calls: 30, failures: 0 },
              ],
              applicationOnly: false,
            },
            {
              callerService: 'web',
              calleeService: 'cart',
              version: '2',
              calls: 10,
              failures: 0,
              nodes: [{ node: 'c', calls: 10, failures: 0 }],
              applicationOnly: false,
            },
          ],
        },
      ],
      stepEnds: null,
      fleet: { nodes: 3, canaryNodes: 1, touched: 0 },
      suspects: [],
      asOf: 1,
      lastEpoch: 150,
    });
  });
});

describe('baselineOf', () => {
  const counts = [
    { epoch: 900, version: 'quiet', calls: 1 },
    { epoch: 900, version: 'busy', calls: 100 },
    { epoch: 900, version: 'later', calls: 1000 },
    { epoch: 900, version: 'canary', calls: 5000 },
  ];

  test('is the version with the most calls of those that were there when the canary came', () => {
    const versions = [known('quiet', 1), known('busy', 5), known('canary', 100), known('later', 200)];
    expect(baselineOf(versions[2]!, versions, counts)).toBe('busy');
  });

  test('is none where all others came later or were gone long before', () => {
    const versions = [known('busy', 1, 10), known('canary', 1000), known('later', 1200)];
    expect(baselineOf(versions[1]!, versions, counts)).toBe('');
  });
});

describe('releaseParts', () => {
  test('takes a number behind the last point for the iteration', () => {
    expect(releaseParts('2026-11-20.3')).toEqual({ order: '2026-11-20', iteration: '3' });
    expect(releaseParts('order-7')).toEqual({ order: 'order-7', iteration: '' });
    expect(releaseParts('')).toEqual({ order: '', iteration: '' });
  });
});

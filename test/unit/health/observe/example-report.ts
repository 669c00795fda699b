/** A small report that is right in every field. */
import type { EpochReport } from '../../../../health/observe/epoch-report.ts';

export function exampleReport(change: Partial<EpochReport> = {}): EpochReport {
  return {
    format: 1,
    node: { node: 'web-1', service: 'web', version: '2.0', release: 'r2' },
    incarnation: 1_795_000_000_000,
    epoch: 179_516_000,
    viewpoints: ['caller', 'callee'],
    edges: [
      {
        viewpoint: 'caller',
        peer: { node: 'cart-1', service: 'cart', version: '1.0', release: 'r1' },
        calls: 10,
        failures: [
          { origin: 'upstream', reason: '5xx', count: 2 },
          { origin: 'local', reason: 'reset', count: 1 },
        ],
      },
    ],
    totals: [
      {
        viewpoint: 'caller',
        peerService: 'cart',
        peerVersion: '1.0',
        peerRelease: 'r1',
        calls: 40,
        failures: 3,
      },
    ],
    overflowed: 0,
    ...change,
  };
}

import { describe, expect, test } from 'vitest';
import { EpochCounter } from '../../../../health/observe/epoch-counter.ts';
import type { EpochReport } from '../../../../health/observe/epoch-report.ts';
import { ManualClock } from '../../../../src/base/index.ts';
import type { EdgeCount, MeshEpoch } from '../../../../src/control/mesh/edge-counts.ts';
import { viewpointCounts } from '../../../../src/control/mesh/viewpoint-counts.ts';

const peer = { node: 'b', service: 's', version: '1', release: '' };
const origin = Date.UTC(2026, 0, 1);
const sums: Pick<EdgeCount, 'calls' | 'upstreamCalls' | 'downstreamFailed' | 'upstreamFailed'> = {
  calls: 0,
  upstreamCalls: 0,
  downstreamFailed: 0,
  upstreamFailed: 0,
};

const rows: readonly EdgeCount[] = [
  { role: 'outbound', peer, ...sums, calls: 7, upstreamCalls: 7, origin: 'upstream', reason: '' },
  {
    role: 'outbound',
    peer,
    calls: 3,
    upstreamCalls: 3,
    downstreamFailed: 1,
    upstreamFailed: 3,
    origin: 'upstream',
    reason: '5xx',
  },
  { role: 'inbound', peer, ...sums, calls: 2, downstreamFailed: 2, origin: 'local', reason: 'UO' },
];

function epoch(number: number): MeshEpoch {
  return { epoch: number, rows, overflowed: 0, lost: 0, missing: 0 };
}

describe('the viewpoints of a proxy', () => {
  test('see what passes them: a call that went nowhere has no upstream side', () => {
    const seen = viewpointCounts(epoch(5)).map(({ viewpoint, calls, failures, reason }) =>
      `${viewpoint} ${calls} ${failures} ${reason}`.trim(),
    );
    expect(seen).toEqual([
      'outbound_downstream 7 0',
      'outbound_upstream 7 0',
      'outbound_downstream 3 1 5xx',
      'outbound_upstream 3 3 5xx',
      'inbound_downstream 2 2 UO',
    ]);
    expect(viewpointCounts(epoch(5))[0]!.at).toBe(59_999);
  });

  test('are what the counter of health takes, and it reports them in the same epoch', () => {
    const clock = new ManualClock(origin);
    const reports: EpochReport[] = [];
    const counter = new EpochCounter({
      node: peer,
      incarnation: 1,
      clock,
      viewpoints: ['outbound_downstream', 'outbound_upstream', 'inbound_downstream', 'inbound_upstream'],
      onClosed: (report) => reports.push(report),
    });
    // As the control thread hands them on: at the latest 0.7 s after the epoch's end.
    clock.advance(10_700);
    for (const count of viewpointCounts(epoch(origin / 10_000))) counter.count(count);
    clock.advance(300);
    const [report] = reports;
    expect(report?.epoch).toBe(origin / 10_000);
    expect(report?.edges.map(({ viewpoint, calls, failures }) => [viewpoint, calls, failures])).toEqual([
      ['outbound_downstream', 10, [{ origin: 'upstream', reason: '5xx', count: 1 }]],
      ['outbound_upstream', 10, [{ origin: 'upstream', reason: '5xx', count: 3 }]],
      ['inbound_downstream', 2, [{ origin: 'local', reason: 'UO', count: 2 }]],
    ]);
    counter.close();
  });
});

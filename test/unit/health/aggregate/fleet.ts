/** Reports of a small fleet: `web` calls `cart`, which runs in two versions. */
import type { EpochReport } from '../../../../health/observe/epoch-report.ts';
import { epochMs, type Peer } from '../../../../health/observe/viewpoint.ts';
import { ManualClock } from '../../holmes/manual-clock.ts';

export function peer(node: string, service: string, version = '1', release = ''): Peer {
  return { node, service, version, release };
}

/** A clock that stands five seconds and a bit after the beginning of an epoch. */
export function clockAfterEpoch(): ManualClock {
  const clock = new ManualClock();
  clock.advance(epochMs - (clock.wall() % epochMs) + 5500);
  return clock;
}

export interface CallerCounts {
  readonly calls: number;
  readonly failures: number;
  readonly callee: Peer;
}

/** What a caller's proxy says of calls to one callee node; both sides of it see the same. */
export function callerReport(node: Peer, epoch: number, counts: readonly CallerCounts[]): EpochReport {
  const viewpoints = ['outbound_downstream', 'outbound_upstream'] as const;
  const sums = new Map<string, { peer: Peer; calls: number; failures: number }>();
  for (const { callee, calls, failures } of counts) {
    const sum = sums.get(callee.version) ?? { peer: callee, calls: 0, failures: 0 };
    sums.set(callee.version, { ...sum, calls: sum.calls + calls, failures: sum.failures + failures });
  }
  return {
    format: 1,
    node,
    incarnation: 1,
    epoch,
    viewpoints,
    edges: viewpoints.flatMap((viewpoint) =>
      counts
        .filter(({ failures }) => failures > 0)
        .map(({ callee, calls, failures }) => ({
          viewpoint,
          peer: callee,
          calls,
          failures: [{ origin: 'upstream' as const, reason: '5xx', count: failures }],
        })),
    ),
    totals: viewpoints.flatMap((viewpoint) =>
      [...sums.values()].map((sum) => ({
        viewpoint,
        peerService: sum.peer.service,
        peerVersion: sum.peer.version,
        peerRelease: sum.peer.release,
        calls: sum.calls,
        failures: sum.failures,
      })),
    ),
    overflowed: 0,
  };
}

export interface CalleeCounts {
  /** Nodes of one service and version. */
  readonly callers: readonly Peer[];
  /** From each of them, and how many of these it counts as failed towards the caller, but not towards its application. */
  readonly calls: number;
  readonly failedHere: number;
}

/** What a called node's proxy says. */
export function calleeReport(node: Peer, epoch: number, counts: CalleeCounts): EpochReport {
  const { callers, calls, failedHere } = counts;
  const [{ service, version, release } = peer('', '')] = callers;
  const total = (viewpoint: 'inbound_downstream' | 'inbound_upstream', failures: number) => ({
    viewpoint,
    peerService: service,
    peerVersion: version,
    peerRelease: release,
    calls: calls * callers.length,
    failures: failures * callers.length,
  });
  return {
    format: 1,
    node,
    incarnation: 1,
    epoch,
    viewpoints: ['inbound_downstream', 'inbound_upstream'],
    edges:
      failedHere === 0
        ? []
        : callers.map((caller) => ({
            viewpoint: 'inbound_downstream' as const,
            peer: caller,
            calls,
            failures: [{ origin: 'local' as const, reason: 'reset', count: failedHere }],
          })),
    totals: [total('inbound_downstream', failedHere), total('inbound_upstream', 0)],
    overflowed: 0,
  };
}

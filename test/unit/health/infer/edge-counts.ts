/** Reports and rows in a few words. */
import type { EdgeRow } from '../../../../health/infer/evidence.ts';
import type { EdgeCount, EpochReport, TotalCount } from '../../../../health/observe/epoch-report.ts';
import { type FailureOrigin, type Peer, Viewpoint } from '../../../../health/observe/viewpoint.ts';

export function peer(node: string, service: string = node.split('-')[0] ?? ''): Peer {
  return { node, service, version: '1', release: 'r1' };
}

export function edge(
  viewpoint: Viewpoint,
  other: Peer,
  count: {
    readonly calls: number;
    readonly failures: number;
    readonly origin?: FailureOrigin;
    readonly reason?: string;
  },
): EdgeCount {
  const { calls, failures, origin = 'upstream', reason = 'UF' } = count;
  return { viewpoint, peer: other, calls, failures: [{ origin, reason, count: failures }] };
}

export function total(viewpoint: Viewpoint, service: string, calls: number): TotalCount {
  return { viewpoint, peerService: service, peerVersion: '1', peerRelease: 'r1', calls, failures: 0 };
}

export function report(
  node: Peer,
  said: Partial<Pick<EpochReport, 'epoch' | 'incarnation' | 'viewpoints' | 'edges' | 'totals'>> = {},
): EpochReport {
  const { epoch = 1, incarnation = 1, viewpoints = Viewpoint, edges = [], totals = [] } = said;
  return { format: 1, node, incarnation, epoch, viewpoints, edges, totals, overflowed: 0 };
}

interface Said {
  readonly calls?: number;
  /** By viewpoint; -1: silent. */
  readonly failures: readonly number[];
  readonly local?: readonly number[];
  /** One failure in an epoch unless told. */
  readonly squares?: readonly number[];
}

export function row(caller: string, callee: string, said: Said): EdgeRow {
  const { calls = 100, failures, squares = failures } = said;
  const { local = failures.map((count) => Math.min(count, 0)) } = said;
  return { caller, callee, calls, failures, local, squares };
}

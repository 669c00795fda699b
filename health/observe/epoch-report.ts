/**
 * What a node says of one closed epoch: plain JSON, sent once or more often (the receiver goes by node, incarnation and
 * epoch). Edges with failures are told exactly; healthy ones only as totals, so a healthy fleet says little.
 */
import type { FailureOrigin, Peer, Viewpoint } from './viewpoint.ts';

export interface FailureCount {
  readonly origin: FailureOrigin;
  /** A response flag or short word: `UF`, `UT`, `5xx`, `reset`. */
  readonly reason: string;
  readonly count: number;
}

/** Calls with one peer as seen from one viewpoint, of which some failed. */
export interface EdgeCount {
  readonly viewpoint: Viewpoint;
  /** The other end of the call: the callee for outbound viewpoints, the caller for inbound ones. */
  readonly peer: Peer;
  readonly calls: number;
  /** Sum of the counts is at most `calls`. */
  readonly failures: readonly FailureCount[];
}

/** All calls of one viewpoint with one version of a service, failed ones included: the healthy edges in one sum. */
export interface TotalCount {
  readonly viewpoint: Viewpoint;
  readonly peerService: string;
  readonly peerVersion: string;
  readonly peerRelease: string;
  readonly calls: number;
  /** Without those of the client. */
  readonly failures: number;
}

export interface EpochReport {
  readonly format: 1;
  readonly node: Peer;
  /** Unix milliseconds of the process's start: counts of another incarnation are other counts. */
  readonly incarnation: number;
  readonly epoch: number;
  /** Viewpoints that this node reports in this epoch, also when nothing was counted: the others are silent, not healthy. */
  readonly viewpoints: readonly Viewpoint[];
  readonly edges: readonly EdgeCount[];
  readonly totals: readonly TotalCount[];
  /** Calls that were counted under the peer `_other` because there were too many peers. */
  readonly overflowed: number;
}

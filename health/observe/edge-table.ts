/**
 * What is counted in one epoch: calls per viewpoint and peer, with the failures by origin and reason. Bounded in peers
 * and in reasons; what is beyond goes to `_other`, so that the sums stay right.
 */
import type { EdgeCount, FailureCount, TotalCount } from './epoch-report.ts';
import { otherPeer, peerField, peerKey } from './peer-field.ts';
import type { FailureOrigin, Peer, Viewpoint } from './viewpoint.ts';

/** Of UTF-8; response flags have three. */
export const maxReasonBytes = 64;
/** Per edge; a mesh has some dozens of flags, and an edge fails in few ways at a time. */
export const maxReasons = 32;
const otherReason = '_other';
const otherKey = peerKey(otherPeer);

export interface Count {
  readonly viewpoint: Viewpoint;
  readonly peer: Peer;
  /** Whole numbers. */
  readonly calls: number;
  readonly failures: number;
  readonly origin: FailureOrigin;
  readonly reason: string;
}

interface Edge {
  readonly peer: Peer;
  calls: number;
  /** Without those of the client; and with them. */
  failed: number;
  told: number;
  readonly failures: Map<string, { readonly origin: FailureOrigin; readonly reason: string; count: number }>;
}

export class EdgeTable {
  readonly #maxPeers: number;
  readonly #edges: Map<Viewpoint, Map<string, Edge>> = new Map();
  #overflowed = 0;

  /** `maxPeers`: per viewpoint. */
  constructor(maxPeers: number) {
    this.#maxPeers = maxPeers;
  }

  add({ viewpoint, peer, calls, failures, origin, reason }: Count): void {
    const edge = this.#edge(viewpoint, peer);
    edge.calls += calls;
    edge.told += failures;
    if (origin !== 'client') edge.failed += failures;
    if (edge.peer === otherPeer) this.#overflowed += calls;
    if (failures > 0) addFailures(edge, origin, reason, failures);
  }

  get overflowed(): number {
    return this.#overflowed;
  }

  /** Those with failures, also with such that only the client is to blame for. */
  edges(): EdgeCount[] {
    const edges: EdgeCount[] = [];
    for (const [viewpoint, byPeer] of this.#edges) {
      for (const edge of byPeer.values()) {
        if (edge.failures.size === 0) continue;
        const failures: FailureCount[] = [...edge.failures.values()].map((failure) => ({ ...failure }));
        edges.push({ viewpoint, peer: edge.peer, calls: callsOf(edge), failures });
      }
    }
    return edges;
  }

  totals(): TotalCount[] {
    const totals: TotalCount[] = [];
    for (const [viewpoint, byPeer] of this.#edges) {
      const sums = new Map<string, { peer: Peer; calls: number; failures: number }>();
      for (const edge of byPeer.values()) {
        const key = peerKey({ ...edge.peer, node: '' });
        const sum = sums.get(key) ?? { peer: edge.peer, calls: 0, failures: 0 };
        sum.calls += callsOf(edge);
        sum.failures += edge.failed;
        sums.set(key, sum);
      }
      for (const { peer, calls, failures } of sums.values()) {
        const { service: peerService, version: peerVersion, release: peerRelease } = peer;
        totals.push({ viewpoint, peerService, peerVersion, peerRelease, calls, failures });
      }
    }
    return totals;
  }

  #edge(viewpoint: Viewpoint, peer: Peer): Edge {
    const byPeer = this.#edges.get(viewpoint) ?? new Map<string, Edge>();
    if (byPeer.size === 0) this.#edges.set(viewpoint, byPeer);
    // A name that is not allowed has no key in the table, and takes the slower way each time.
    return byPeer.get(peerKey(peer)) ?? this.#newEdge(byPeer, allowed(peer));
  }

  #newEdge(byPeer: Map<string, Edge>, wanted: Peer): Edge {
    const wantedKey = peerKey(wanted);
    const isFull = byPeer.size >= this.#maxPeers && !byPeer.has(wantedKey);
    const key = isFull ? otherKey : wantedKey;
    const known = byPeer.get(key);
    if (known !== undefined) return known;
    const peer = key === otherKey ? otherPeer : wanted;
    const edge: Edge = { peer, calls: 0, failed: 0, told: 0, failures: new Map() };
    byPeer.set(key, edge);
    return edge;
  }
}

function addFailures(edge: Edge, origin: FailureOrigin, reason: string, count: number): void {
  let kept = reasonField(reason);
  if (edge.failures.size >= maxReasons - 3 && !edge.failures.has(`${origin} ${kept}`)) kept = otherReason;
  const key = `${origin} ${kept}`;
  const failure = edge.failures.get(key);
  if (failure === undefined) edge.failures.set(key, { origin, reason: kept, count });
  else failure.count += count;
}

/** Failures may be told apart from the calls they belong to, and one part may come too late. */
function callsOf({ calls, told }: Edge): number {
  return Math.max(calls, told);
}

function allowed({ node, service, version, release }: Peer): Peer {
  return {
    node: peerField(node),
    service: peerField(service),
    version: peerField(version),
    release: peerField(release),
  };
}

function reasonField(reason: string): string {
  return Buffer.byteLength(reason) <= maxReasonBytes ? peerField(reason) : otherReason;
}

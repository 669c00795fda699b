/**
 * The edges of one epoch, put together from what both ends say of them. An end that does not know who the other is (an
 * application that calls a name, a peer outside the mesh) counts it without a node: such counts go to the edges that the
 * other end names, as far as that end's failures leave room, because they are the same failures seen once more.
 */
import type { EdgeCount } from '../observe/epoch-report.ts';
import { Viewpoint } from '../observe/viewpoint.ts';

/** What a counter calls the peers that it had no place for: as good as unknown. */
const overflowPeer = '_other';
/** How a calling application says that its own time was up; had its node's been, it would have been given a 504. */
const gaveUpReason = 'timeout';
/** How a node says that the time for a call was up, as the response flags of Envoy have it. */
const timeUpReasons: ReadonlySet<string> = new Set(['UT', 'SI', 'DT']);
/** Where time is kept for the called node: the caller's node, towards it. */
const waiting = 2;
/** The first viewpoint that belongs to the called node. */
export const firstInbound = 3;
export const viewpointCount: number = Viewpoint.length;

const indexOf: ReadonlyMap<Viewpoint, number> = new Map(Viewpoint.map((name, index) => [name, index]));

/** Place of a viewpoint on a call's way, 0 to 5; -1: none of that name. */
export function viewpointIndex(viewpoint: Viewpoint): number {
  return indexOf.get(viewpoint) ?? -1;
}

/** One edge in one epoch; what nobody counted is 0 here and told apart by what its ends reported. */
export interface EpochEdge {
  readonly caller: string;
  readonly callee: string;
  calls: number;
  readonly failures: number[];
  readonly local: number[];
  /**
   * At the caller's node the failures of which the time was up; at the called node and its application the calls that they
   * were still busy with when the caller left, which are no failures of theirs.
   */
  readonly unanswered: number[];
}

/** An edge of which both ends are named, as it adds up: `calls` is the most that any viewpoint saw. */
export type EdgePart = readonly [
  caller: string,
  callee: string,
  calls: number,
  failures: readonly number[],
  local: readonly number[],
  unanswered: readonly number[],
];

/** Failures of which one end does not know the other, as they add up. */
export type LoosePart = readonly [
  node: string,
  viewpoint: number,
  service: string,
  calls: number,
  failures: number,
  local: number,
];

/** Failures of which one end does not know the other. */
interface Loose {
  readonly node: string;
  readonly viewpoint: number;
  readonly service: string;
  calls: number;
  failures: number;
  local: number;
}

export class EpochEdges {
  readonly #byCaller = new Map<string, Map<string, EpochEdge>>();
  readonly #byCallee = new Map<string, EpochEdge[]>();
  readonly #loose = new Map<string, Loose>();

  /**
   * Adds what `node` says of one edge. Failures that the client caused (it gave up, it asked for nonsense) are nobody's. Nor
   * are those that the calling application was tired of waiting for: all behind it see only that it has gone.
   */
  add(node: string, count: EdgeCount): void {
    const viewpoint = viewpointIndex(count.viewpoint);
    let failures = 0;
    let local = 0;
    let unanswered = 0;
    for (const failure of count.failures) {
      const isUnanswered =
        viewpoint === waiting
          ? timeUpReasons.has(failure.reason)
          : viewpoint >= firstInbound && failure.origin === 'client';
      if (isUnanswered) unanswered += failure.count;
      if (failure.origin === 'client' || (viewpoint === 0 && failure.reason === gaveUpReason)) continue;
      failures += failure.count;
      if (failure.origin === 'local') local += failure.count;
    }
    if (viewpoint === -1 || failures + unanswered === 0) return;
    const calls = Math.max(count.calls, failures);
    const peer = count.peer.node === overflowPeer ? '' : count.peer.node;
    if (peer === '') {
      if (failures > 0)
        this.#addLoose({ node, viewpoint, service: count.peer.service, calls, failures, local });
      return;
    }
    const edge = viewpoint < firstInbound ? this.#edge(node, peer) : this.#edge(peer, node);
    put(edge, viewpoint, { calls, failures, local, unanswered });
  }

  /** Adds what was counted elsewhere of the same epoch. */
  addParts(edges: readonly EdgePart[], loose: readonly LoosePart[]): void {
    for (const [caller, callee, calls, failures, local, unanswered] of edges) {
      const edge = this.#edge(caller, callee);
      for (const [viewpoint, count] of failures.entries()) {
        const left = unanswered[viewpoint] ?? 0;
        if (count + left === 0) continue;
        put(edge, viewpoint, { calls, failures: count, local: local[viewpoint] ?? 0, unanswered: left });
      }
    }
    for (const [node, viewpoint, service, calls, failures, local] of loose)
      this.#addLoose({ node, viewpoint, service, calls, failures, local });
  }

  /** All of it, for another to add. Not after `settle`, which gives the loose ones away. */
  parts(): { readonly edges: readonly EdgePart[]; readonly loose: readonly LoosePart[] } {
    const edges = [...this.#byCaller.values()].flatMap((callees) => [...callees.values()]);
    return {
      edges: edges.map(({ caller, callee, calls, failures, local, unanswered }) => [
        ...([caller, callee, calls, failures, local, unanswered] as const),
      ]),
      loose: [...this.#loose.values()].map(({ node, viewpoint, service, calls, failures, local }) => [
        ...([node, viewpoint, service, calls, failures, local] as const),
      ]),
    };
  }

  /** Gives the loose counts away and returns all edges. To be called once. `serviceOf`: empty text when not known. */
  settle(serviceOf: (node: string) => string): readonly EpochEdge[] {
    // Inner viewpoints of the caller first, then outward; outer ones of the called node first, then inward: each finds the
    // neighbour that it goes by already filled.
    const order = [2, 1, 0, 3, 4, 5];
    // An application that calls its own node by address names a service that nobody has: it says nothing then.
    const services = this.#services(serviceOf);
    const isKnown = (service: string): boolean => services.has(service);
    const loose = [...this.#loose.values()].sort(
      (a, b) =>
        order.indexOf(a.viewpoint) - order.indexOf(b.viewpoint) ||
        (a.node < b.node ? -1 : a.node > b.node ? 1 : 0) ||
        // Those that know the service choose first.
        Number(isKnown(b.service)) - Number(isKnown(a.service)) ||
        (a.service > b.service ? -1 : 1),
    );
    for (const one of loose) this.#giveAway(one, serviceOf, isKnown(one.service));
    const edges = [...this.#byCaller.values()].flatMap((callees) => [...callees.values()]);
    for (const edge of edges) waitTogether(edge);
    return edges.filter(({ failures }) => failures.some((count) => count > 0));
  }

  #services(serviceOf: (node: string) => string): ReadonlySet<string> {
    const services = new Set<string>();
    for (const [caller, callees] of this.#byCaller)
      for (const node of [caller, ...callees.keys()]) services.add(serviceOf(node));
    services.delete('');
    return services;
  }

  #giveAway(loose: Loose, serviceOf: (node: string) => string, isNamed: boolean): void {
    const { viewpoint } = loose;
    const outbound = viewpoint < firstInbound;
    const edges = outbound
      ? [...(this.#byCaller.get(loose.node)?.values() ?? [])]
      : (this.#byCallee.get(loose.node) ?? []);
    const peerOf = (edge: EpochEdge): string => (outbound ? edge.callee : edge.caller);
    for (const edge of [...edges].sort((a, b) => (peerOf(a) < peerOf(b) ? -1 : 1))) {
      if (loose.failures === 0) break;
      const peer = peerOf(edge);
      const service = serviceOf(peer);
      if (peer === '' || (isNamed && service !== '' && service !== loose.service)) continue;
      const given = Math.min(loose.failures, neighbour(edge, viewpoint) - (edge.failures[viewpoint] ?? 0));
      if (given <= 0) continue;
      const local = Math.min(loose.local, Math.round((loose.local * given) / loose.failures));
      put(edge, viewpoint, { calls: 0, failures: given, local, unanswered: 0 });
      loose.failures -= given;
      loose.local = Math.min(loose.local - local, loose.failures);
    }
    if (loose.failures > 0) {
      const edge = outbound ? this.#edge(loose.node, '') : this.#edge('', loose.node);
      put(edge, viewpoint, { ...loose, unanswered: 0 });
    }
  }

  #addLoose(count: Loose): void {
    const key = `${count.node}\n${count.viewpoint}\n${count.service}`;
    const known = this.#loose.get(key);
    if (known === undefined) {
      this.#loose.set(key, count);
      return;
    }
    known.calls += count.calls;
    known.failures += count.failures;
    known.local += count.local;
  }

  #edge(caller: string, callee: string): EpochEdge {
    let callees = this.#byCaller.get(caller);
    if (callees === undefined) {
      callees = new Map();
      this.#byCaller.set(caller, callees);
    }
    let edge = callees.get(callee);
    if (edge === undefined) {
      const none = (): number[] => new Array<number>(viewpointCount).fill(0);
      edge = { caller, callee, calls: 0, failures: none(), local: none(), unanswered: none() };
      callees.set(callee, edge);
      const callers = this.#byCallee.get(callee);
      if (callers === undefined) this.#byCallee.set(callee, [edge]);
      else callers.push(edge);
    }
    return edge;
  }
}

/** Several peers of one name (versions) and several incarnations add up at a viewpoint; viewpoints see the same calls. */
function put(
  edge: EpochEdge,
  viewpoint: number,
  count: {
    readonly calls: number;
    readonly failures: number;
    readonly local: number;
    readonly unanswered: number;
  },
): void {
  const failures = (edge.failures[viewpoint] ?? 0) + count.failures;
  edge.failures[viewpoint] = failures;
  edge.local[viewpoint] = (edge.local[viewpoint] ?? 0) + count.local;
  edge.unanswered[viewpoint] = (edge.unanswered[viewpoint] ?? 0) + count.unanswered;
  edge.calls = Math.max(edge.calls, count.calls, failures);
}

/**
 * When the caller's node gives up first, those behind it see only that it has left. As far in as they saw that, they were
 * waiting themselves: the failure is one that they have seen, and it arose further on.
 */
function waitTogether(edge: EpochEdge): void {
  const { failures, unanswered } = edge;
  let waited = unanswered[waiting] ?? 0;
  for (let at = firstInbound; at < viewpointCount; at++) {
    const gap = (failures[at - 1] ?? 0) - (failures[at] ?? 0);
    waited = Math.max(0, Math.min(waited, unanswered[at] ?? 0, gap));
    failures[at] = (failures[at] ?? 0) + waited;
  }
}

/** Failures at the nearest viewpoint towards the other end that has any. */
function neighbour(edge: EpochEdge, viewpoint: number): number {
  const step = viewpoint < firstInbound ? 1 : -1;
  for (let at = viewpoint + step; at >= 0 && at < viewpointCount; at += step) {
    const failures = edge.failures[at] ?? 0;
    if (failures > 0) return failures;
  }
  return 0;
}

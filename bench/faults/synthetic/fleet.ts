/** A fleet that exists only as numbers: nodes, who calls whom, and what is wrong with it. */
import type { Peer } from '../../../health/observe/viewpoint.ts';
import { type Random, whole } from './random.ts';

/** Where a call may be lost, in the order in which it passes. */
export const Place = [
  'outbound_downstream',
  'outbound_upstream',
  'link',
  'inbound_downstream',
  'inbound_upstream',
  'application',
] as const;
export type Place = (typeof Place)[number];

export interface FleetPlan {
  readonly nodes: number;
  /** Nodes that each one calls. */
  readonly callees: number;
  readonly nodesPerService: number;
}

export interface Fleet {
  readonly nodes: readonly Peer[];
  /** Pairs of indices into `nodes`. */
  readonly edges: readonly (readonly [number, number])[];
}

/** What is planted. */
export interface Fault {
  readonly place: Place;
  /** Index of the node; of a link: the calling one. */
  readonly node: number;
  /** Of a link: the called node. */
  readonly callee: number;
  /** Share of its calls that it loses. */
  readonly rate: number;
  /** Share of these that the place itself counts and calls its own. */
  readonly counted: number;
}

export function makeFleet(random: Random, { nodes, callees, nodesPerService }: FleetPlan): Fleet {
  const peers: Peer[] = [];
  for (let index = 0; index < nodes; index++) {
    const service = `service-${Math.floor(index / nodesPerService)}`;
    peers.push({ node: `node-${index}`, service, version: '1.0.0', release: 'order-1' });
  }
  const edges: (readonly [number, number])[] = [];
  for (let caller = 0; caller < nodes; caller++) {
    const called = new Set<number>();
    while (called.size < Math.min(callees, nodes - 1)) {
      const callee = whole(random, nodes);
      if (callee !== caller) called.add(callee);
    }
    for (const callee of called) edges.push([caller, callee]);
  }
  return { nodes: peers, edges };
}

/**
 * What nodes say of one epoch, put together before anything is taken for silent. This is what adds up: the tables of two
 * shards are the table of all their nodes, however these were split, because an edge of which one end is here and the
 * other there is completed by the addition. Only then is it asked who was silent.
 */
import type { EpochReport } from '../observe/epoch-report.ts';
import { type EdgePart, EpochEdges, type LoosePart, viewpointCount } from './epoch-edges.ts';
import { addReport, type NodeEpoch } from './module-calls.ts';

/** A node's counts; `calls` by viewpoint, and the same by service of the other end. */
export type NodePart = readonly [
  node: string,
  mask: number,
  calls: readonly number[],
  byService: readonly (readonly [service: string, calls: readonly number[]])[],
];

/** A table as it goes over the wire. */
export interface EpochPart {
  readonly epoch: number;
  readonly nodes: readonly NodePart[];
  readonly edges: readonly EdgePart[];
  readonly loose: readonly LoosePart[];
  /** Services of nodes by their own word, and by that of their peers. */
  readonly services: readonly (readonly [node: string, service: string])[];
  readonly heard: readonly (readonly [node: string, service: string])[];
}

export class EpochTable {
  readonly nodes: Map<string, NodeEpoch> = new Map();
  readonly edges: EpochEdges = new EpochEdges();
  readonly services: Map<string, string> = new Map();
  readonly heard: Map<string, string> = new Map();

  addReport(report: EpochReport): void {
    const { node, service } = report.node;
    addReport(this.#node(node), report);
    keepLast(this.services, node, service);
    for (const count of report.edges) {
      this.edges.add(node, count);
      if (count.peer.node !== '') keepLast(this.heard, count.peer.node, count.peer.service);
    }
  }

  addPart({ nodes, edges, loose, services, heard }: EpochPart): void {
    for (const [node, mask, calls, byService] of nodes) {
      const known = this.#node(node);
      known.mask |= mask;
      addTo(known.calls, calls);
      for (const [service, some] of byService) addTo(ofService(known, service), some);
    }
    this.edges.addParts(edges, loose);
    for (const [node, service] of services) keepLast(this.services, node, service);
    for (const [node, service] of heard) keepLast(this.heard, node, service);
  }

  /** The sum as it stands. Not after the edges were settled. */
  part(epoch: number): EpochPart {
    return {
      epoch,
      nodes: [...this.nodes.values()].map(({ node, mask, calls, byService }) => [
        node,
        mask,
        calls,
        [...byService],
      ]),
      ...this.edges.parts(),
      services: [...this.services],
      heard: [...this.heard],
    };
  }

  #node(name: string): NodeEpoch {
    let node = this.nodes.get(name);
    if (node === undefined) {
      node = { node: name, mask: 0, calls: new Array<number>(viewpointCount).fill(0), byService: new Map() };
      this.nodes.set(name, node);
    }
    return node;
  }
}

/** Of two names of one node the order in which they come must not decide. */
export function keepLast(services: Map<string, string>, node: string, service: string): void {
  if (service !== '' && (services.get(node) ?? '') < service) services.set(node, service);
}

function ofService({ byService }: NodeEpoch, service: string): number[] {
  let calls = byService.get(service);
  if (calls === undefined) byService.set(service, (calls = new Array<number>(viewpointCount).fill(0)));
  return calls;
}

function addTo(sums: number[], counts: readonly number[]): void {
  for (const [index, count] of counts.entries()) sums[index] = (sums[index] ?? 0) + count;
}

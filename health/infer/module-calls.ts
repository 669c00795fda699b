/**
 * How many calls went through each module in one epoch, healthy edges included: the inference divides by it, so it must
 * not be taken from failing edges alone. A node that says nothing of a direction gets its share of what the other ends
 * say of its service.
 */
import type { EpochReport } from '../observe/epoch-report.ts';
import { firstInbound, viewpointCount, viewpointIndex } from './epoch-edges.ts';
import { type ModuleKey, moduleKey, type ModuleKind } from './evidence.ts';

/** What a node said in one epoch, all its reports together. */
export interface NodeEpoch {
  readonly node: string;
  /** Bit per viewpoint that it reports. */
  mask: number;
  /** Calls by viewpoint. */
  readonly calls: number[];
  /** Calls by service of the other end, then by viewpoint. */
  readonly byService: Map<string, number[]>;
}

export function addReport(into: NodeEpoch, report: EpochReport): void {
  for (const viewpoint of report.viewpoints) {
    const index = viewpointIndex(viewpoint);
    if (index >= 0) into.mask |= 1 << index;
  }
  for (const total of report.totals) {
    const index = viewpointIndex(total.viewpoint);
    if (index === -1) continue;
    into.calls[index] = (into.calls[index] ?? 0) + total.calls;
    let byViewpoint = into.byService.get(total.peerService);
    if (byViewpoint === undefined) {
      byViewpoint = new Array<number>(viewpointCount).fill(0);
      into.byService.set(total.peerService, byViewpoint);
    }
    byViewpoint[index] = (byViewpoint[index] ?? 0) + total.calls;
  }
}

/** By module: whose count is taken, and whose when that viewpoint is silent. All of the same direction. */
const sources: readonly (readonly [ModuleKind, readonly number[]])[] = [
  ['outbound_downstream', [1, 2, 0]],
  ['outbound_upstream', [2, 1, 0]],
  ['inbound_downstream', [3, 4, 5]],
  ['inbound_upstream', [4, 3, 5]],
  ['application', [5, 4, 3]],
];
const outboundMask = 0b000111;
const inboundMask = 0b111000;

/** Adds one epoch to `calls`. `services`: service of every node that is known in the window, silent ones included. */
export function addModuleCalls(
  calls: Map<ModuleKey, number>,
  nodes: ReadonlyMap<string, NodeEpoch>,
  services: ReadonlyMap<string, readonly string[]>,
): void {
  for (const node of nodes.values()) {
    for (const [kind, viewpoints] of sources) {
      const source = viewpoints.find((index) => (node.mask & (1 << index)) !== 0);
      if (source !== undefined) add(calls, moduleKey(node.node, kind), node.calls[source] ?? 0);
    }
  }
  addSilent(calls, nodes, services, true);
  addSilent(calls, nodes, services, false);
}

/** Shares what the other ends say of a service, less what its own nodes say, out among its silent nodes. */
function addSilent(
  calls: Map<ModuleKey, number>,
  nodes: ReadonlyMap<string, NodeEpoch>,
  services: ReadonlyMap<string, readonly string[]>,
  inbound: boolean,
): void {
  const mask = inbound ? inboundMask : outboundMask;
  const seen = callsByService(nodes, inbound);
  for (const [service, members] of services) {
    const silent = members.filter((name) => ((nodes.get(name)?.mask ?? 0) & mask) === 0);
    if (silent.length === 0) continue;
    let rest = seen.get(service) ?? 0;
    for (const name of members) {
      const member = nodes.get(name);
      if (member !== undefined && (member.mask & mask) !== 0)
        rest -= nearest(member.calls, member.mask, inbound);
    }
    const share = Math.round(rest / silent.length);
    if (share <= 0) continue;
    for (const name of silent) {
      for (const [kind, viewpoints] of sources) {
        if ((viewpoints[0] ?? 0) >= firstInbound === inbound) add(calls, moduleKey(name, kind), share);
      }
    }
  }
}

/** Calls to (inbound) or from each service, as the other ends counted them. */
function callsByService(nodes: ReadonlyMap<string, NodeEpoch>, inbound: boolean): Map<string, number> {
  const seen = new Map<string, number>();
  for (const node of nodes.values()) {
    for (const [service, byViewpoint] of node.byService) {
      const count = nearest(byViewpoint, node.mask, !inbound);
      if (service !== '' && count > 0) seen.set(service, (seen.get(service) ?? 0) + count);
    }
  }
  return seen;
}

/** The count of the viewpoint that faces the other node, or of the next one inward that is reported. */
function nearest(calls: readonly number[], mask: number, inbound: boolean): number {
  const order = inbound ? [3, 4, 5] : [2, 1, 0];
  const source = order.find((index) => (mask & (1 << index)) !== 0);
  return source === undefined ? 0 : (calls[source] ?? 0);
}

function add(calls: Map<ModuleKey, number>, key: ModuleKey, count: number): void {
  if (count > 0) calls.set(key, (calls.get(key) ?? 0) + count);
}

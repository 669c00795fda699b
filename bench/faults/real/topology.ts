/**
 * The small mesh that all cases are planted in: two callers, four called nodes, two versions; and the names of the places
 * between its processes where a call can be spoilt without any of them knowing.
 *
 *   application web-1 -> node web-1 -> node cart-1 ... cart-4 -> their applications
 *   application web-2 -> node web-2 /
 */
import type { Peer } from '../../../health/index.ts';

export type Edge = readonly [caller: string, callee: string];

/** From one process to the next on a call's way: `web-1.app>web-1`, `web-1>cart-2`, `cart-2>cart-2.app`. */
export type Hop = string;

export const service = 'cart';
const oldVersion = '1.0.0';
const newVersion = '1.1.0';
/** The release order that brought the new version. */
export const release = '2026-11-20.4';

export const callers: readonly string[] = ['web-1', 'web-2'];
export const callees: readonly string[] = ['cart-1', 'cart-2', 'cart-3', 'cart-4'];
export const nodes: readonly string[] = [...callers, ...callees];
/** Nodes of the new version. */
export const released: readonly string[] = ['cart-3', 'cart-4'];

export const edges: readonly Edge[] = callers.flatMap((caller) =>
  callees.map((callee): Edge => [caller, callee]),
);

export function peerOf(node: string): Peer {
  if (callers.includes(node)) return { node, service: 'web', version: '7', release: 'before' };
  const isNew = released.includes(node);
  return {
    node,
    service,
    version: isNew ? newVersion : oldVersion,
    release: isNew ? release : 'before',
  };
}

/** Between a calling application and its node, or between a called node and its application. */
export function applicationHop(node: string): Hop {
  return callers.includes(node) ? `${node}.app>${node}` : `${node}>${node}.app`;
}

export function networkHop([caller, callee]: Edge): Hop {
  return `${caller}>${callee}`;
}

/** Between a node and all nodes that it calls, or that call it. */
export function networkHops(node: string): readonly Hop[] {
  return edges.filter((edge) => edge.includes(node)).map(networkHop);
}

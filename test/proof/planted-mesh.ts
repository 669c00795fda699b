/** The mesh of the proof and what is planted in it: three services, two versions of one of them, and a few faults. */
import { join } from 'node:path';
import { repositoryRoot } from '../../build/executable.ts';
import type { Peer } from '../../health/observe/viewpoint.ts';
import { type MeshPlan, type NodePlan, wellApplication } from '../../examples/mesh/plan.ts';

const culpritFilter = join(repositoryRoot, 'examples', 'culprits', 'filter.ts');
const faultFilter = join(repositoryRoot, 'examples', 'mesh', 'fault-filter.ts');

/** Node that loses calls by itself: the suspect to be named. */
export const losingNode = 'stock-1';
/** Node with the culprit in a filter: its capture is to be named. */
export const stuckNode = 'cart-1';
export const culprit = 'tight-loop';
/** Node whose new configuration is refused. */
export const refusingNode = 'cart-2';
/** Node that has no disk for its captures. */
export const unsavingNode = 'web-1';
/** Nodes that nothing is wrong with as far as calls go: never a suspect. */
export const soundNodes: readonly string[] = ['web-1', 'web-2', 'cart-2'];
/** Version whose application fails. */
export const badVersion = { service: 'cart', version: '1.1.0', release: '2026-11-20.3' } as const;

const called = ['cart-1', 'cart-2', 'cart-3', 'cart-4', losingNode] as const;

function cart(name: string, part: Partial<NodePlan> = {}): NodePlan {
  return {
    name,
    service: 'cart',
    version: '1.0.0',
    release: 'before',
    role: 'inbound',
    application: wellApplication,
    ...part,
  };
}

function web(name: string, part: Partial<NodePlan> = {}): NodePlan {
  return {
    name,
    service: 'web',
    version: '7',
    release: 'before',
    role: 'outbound',
    to: called,
    application: wellApplication,
    ...part,
  };
}

const bad = { ...badVersion, application: { ...wellApplication, failing: 0.4 } };

export const plantedNodes: readonly NodePlan[] = [
  cart('cart-1', {
    filters: `[{ name: culprit, module: ${culpritFilter}, options: { culprit: ${culprit}, blockMs: 3000 } }]`,
    settings: `log: { level: error }
data_threads: 1
# Twice a second instead of every five: an average of ten readings then takes five seconds instead of fifty.
holmes: { interval: 500ms, recorder: { window: 3s, before: 3s, after: 2s, arm: 2s } }
`,
  }),
  cart('cart-2'),
  cart('cart-3', bad),
  cart('cart-4', bad),
  cart(losingNode, {
    service: 'stock',
    version: '3',
    filters: `[{ name: faulty, module: ${faultFilter}, options: { share: 0.4 } }]`,
  }),
  web(unsavingNode, {
    settings: `log: { level: error }
data_threads: 1
# Nothing but what is asked for is captured, however busy the machine of the test is.
holmes:
  directory: /dev/null/captures
  stall: false
  cpu: false
  event_loop_delay: false
  gc: false
  heap: false
  external: false
  rss: false
  handles: false
  descriptors: false
`,
  }),
  web('web-2'),
];

/**
 * Two minutes before: the version of `cart` that the bad one is compared with, and one of `stock`, of which nothing can be said
 * because nobody calls it any more.
 */
export const nodesBefore: readonly Peer[] = [
  { node: stuckNode, service: 'cart', version: '1.0.0', release: 'before' },
  { node: losingNode, service: 'stock', version: '2', release: 'earlier' },
];

/** `history`: the Prometheus that scrapes it, from which its aggregator reads what was before. */
export function plantedMesh(history: string): MeshPlan {
  return {
    nodes: plantedNodes,
    rate: 20,
    aggregatorSettings: `verdict: { step: 10s }\nhistory: { url: ${history} }\n`,
    output: 'ignore',
  };
}

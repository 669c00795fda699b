/** How long the reduction takes on a large fleet, of which one edge in a hundred fails and one module is broken. */
import { infer } from '../../../health/infer/infer.ts';
import { joinEpochs } from '../../../health/infer/join.ts';
import { makeFleet } from './fleet.ts';
import { seeded } from './random.ts';
import { makeReports, windowOf } from './traffic.ts';

export interface ScaleFigures {
  readonly nodes: number;
  readonly edges: number;
  readonly rows: number;
  readonly joinMs: number;
  readonly inferMs: number;
  /** Of the process so far, the making of the traffic included. */
  readonly residentMegabytes: number;
  readonly first: string;
}

/** One epoch of few calls an edge, so that of the ordinary losses one edge in a hundred shows any. */
export function measureScale(options: {
  readonly nodes: number;
  readonly callees: number;
  readonly seed: number;
}): ScaleFigures {
  const random = seeded(options.seed);
  const fleet = makeFleet(random, { ...options, nodesPerService: 50 });
  const traffic = {
    epochs: 1,
    callsPerEpoch: 5,
    fault: { place: 'inbound_downstream', node: 7, callee: 7, rate: 0.1, counted: 0 },
    onsetSeconds: 0,
    skewSeconds: 0,
    burst: 1,
    reports: () => true,
  } as const;
  const reports = makeReports(random, fleet, traffic);
  const expected = new Set(fleet.nodes.map(({ node }) => node));
  const joinStart = performance.now();
  const evidence = joinEpochs(reports, { ...windowOf(traffic), expected });
  const inferStart = performance.now();
  const suspects = infer(evidence);
  const end = performance.now();
  return {
    nodes: fleet.nodes.length,
    edges: fleet.edges.length,
    rows: evidence.rows.length,
    joinMs: inferStart - joinStart,
    inferMs: end - inferStart,
    residentMegabytes: process.resourceUsage().maxRSS / 1024,
    first: suspects[0] === undefined ? 'none' : `${suspects[0].kind} of ${suspects[0].node}`,
  };
}

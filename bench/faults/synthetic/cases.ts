/** The cases of the table: what is planted, who is silent, and how many windows of it are looked at. */
import { infer } from '../../../health/infer/infer.ts';
import { joinEpochs } from '../../../health/infer/join.ts';
import type { Viewpoint } from '../../../health/observe/viewpoint.ts';
import { type Fault, type Fleet, type FleetPlan, makeFleet, type Place } from './fleet.ts';
import { type Random, seeded, whole } from './random.ts';
import { addScore, emptyScore, type Score } from './score.ts';
import { makeReports, type Traffic, windowOf } from './traffic.ts';

/** Which share of its failures the planted module sees itself: drawn from a half to all for each trial, or all, or none. */
type Counted = 'mostly' | 'always' | 'never';

export interface Case {
  readonly title: string;
  /** One window per trial and rate. */
  readonly callsPerEpoch: readonly number[];
  /** Looks at so many times the trials. */
  readonly times: number;
  readonly epochs: number;
  /** One of these is planted in each trial; none: the fleet is healthy. */
  readonly places: readonly Place[];
  readonly rate: number;
  readonly counted: Counted;
  readonly silent: 'nobody' | 'applications' | 'called_side' | 'fifth';
  readonly skewSeconds: number;
  /** The fault sets in at some moment of the window, not before it. */
  readonly setsIn: boolean;
  readonly burst: number;
  /** How its figures are shown. */
  readonly shows: 'healthy' | 'application' | 'module';
}

const modules: readonly Place[] = [
  'outbound_downstream',
  'outbound_upstream',
  'inbound_downstream',
  'inbound_upstream',
];

const plain: Case = {
  title: '',
  callsPerEpoch: [5],
  times: 1,
  epochs: 6,
  places: modules,
  rate: 0.05,
  counted: 'mostly',
  silent: 'nobody',
  skewSeconds: 0,
  setsIn: false,
  burst: 1,
  shows: 'module',
};
const three = [5, 20, 100];
const application = {
  places: ['application'] as const,
  rate: 0.2,
  counted: 'always',
  shows: 'application',
} as const;

export const cases: readonly Case[] = [
  { ...plain, title: 'healthy', places: [], callsPerEpoch: three, times: 2, shows: 'healthy' },
  {
    ...plain,
    title: 'healthy, failures in bursts of 3',
    places: [],
    callsPerEpoch: three,
    burst: 3,
    shows: 'healthy',
  },
  { ...plain, ...application, title: 'application fails 20 %, proxies innocent', callsPerEpoch: three },
  {
    ...plain,
    ...application,
    title: 'the same, sets in within the window, clocks up to 2 s apart',
    callsPerEpoch: three,
    skewSeconds: 1,
    setsIn: true,
  },
  { ...plain, ...application, title: 'application hangs on 20 % and does not count them', counted: 'never' },
  {
    ...plain,
    ...application,
    title: 'application fails 20 %, no application viewpoints',
    silent: 'applications',
  },
  { ...plain, title: 'module 2 %, 60 s', rate: 0.02 },
  { ...plain, title: 'module 5 %, 60 s' },
  { ...plain, title: 'module 2 %, 10 s', rate: 0.02, epochs: 1 },
  { ...plain, title: 'module 5 %, 10 s', epochs: 1 },
  { ...plain, title: 'module 5 %, never visible in its own counter', counted: 'never' },
  { ...plain, title: 'module 5 %, no application viewpoints', silent: 'applications' },
  { ...plain, title: 'the same, never visible in its own counter', silent: 'applications', counted: 'never' },
  { ...plain, title: 'module 5 %, proxies of 20 % of the nodes silent', silent: 'fifth' },
  { ...plain, title: 'module 5 %, caller-side views only', silent: 'called_side' },
  { ...plain, title: 'module 5 %, clocks up to 2 s apart', skewSeconds: 1 },
  { ...plain, title: 'module 5 %, failures in bursts of 3', burst: 3 },
  { ...plain, title: 'one link loses 50 %', places: ['link'], rate: 0.5, callsPerEpoch: [20] },
];

export interface RunOptions {
  readonly trials: number;
  readonly fleet: FleetPlan;
  readonly seed: number;
}

/** Runs one case; the same options give the same score. */
export function runCase(one: Case, { trials, fleet: plan, seed }: RunOptions): Score {
  const random = seeded(seed);
  const score = emptyScore();
  for (const callsPerEpoch of one.callsPerEpoch) {
    for (let trial = 0; trial < trials * one.times; trial++) {
      const fleet = makeFleet(random, plan);
      const fault = plant(random, one, fleet);
      const traffic: Traffic = {
        epochs: one.epochs,
        callsPerEpoch,
        fault,
        onsetSeconds: one.setsIn ? random() * one.epochs * 10 : 0,
        skewSeconds: one.skewSeconds,
        burst: one.burst,
        reports: listener(random, one, fleet),
      };
      const expected = new Set(fleet.nodes.map(({ node }) => node));
      const evidence = joinEpochs(makeReports(random, fleet, traffic), { ...windowOf(traffic), expected });
      addScore(score, infer(evidence), fault, fleet);
    }
  }
  return score;
}

function plant(random: Random, { places, rate, counted }: Case, fleet: Fleet): Fault | null {
  const place = places[whole(random, places.length)];
  const edge = fleet.edges[whole(random, fleet.edges.length)];
  if (place === undefined || edge === undefined) return null;
  const drawn = 0.5 + random() / 2;
  const node = place === 'link' || place.startsWith('outbound') ? edge[0] : edge[1];
  return {
    place,
    node,
    callee: edge[1],
    rate,
    counted: counted === 'mostly' ? drawn : counted === 'always' ? 1 : 0,
  };
}

/** Applications report for themselves, so they are heard also where their proxy is silent. */
function listener(random: Random, { silent }: Case, fleet: Fleet): Traffic['reports'] {
  const mute = new Set(silent === 'fifth' ? fleet.nodes.keys().filter(() => random() < 0.2) : []);
  const byApplication = (viewpoint: Viewpoint): boolean => viewpoint === 'caller' || viewpoint === 'callee';
  return (node, viewpoint) => {
    if (silent === 'applications') return !byApplication(viewpoint);
    if (silent === 'called_side') return viewpoint.startsWith('outbound') || viewpoint === 'caller';
    return byApplication(viewpoint) || !mute.has(node);
  };
}

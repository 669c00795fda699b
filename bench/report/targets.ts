/** The speed this project promises, and whether a run kept it. */
import type { PeerName } from '../peers/peer.ts';
import type { ScenarioName } from '../scenarios.ts';
import type { Metric, Results } from './results.ts';
import { problemOf, ratio, reading } from './statistics.ts';

interface Target {
  readonly scenario: ScenarioName;
  /** Whose figure; default: Meshlock's. */
  readonly peer?: PeerName;
  readonly metric: Metric;
  readonly what: string;
  /** Compared with this proxy, pairwise; `null`: the figure itself counts. */
  readonly against: PeerName | null;
  readonly bound: { readonly atLeast: number } | { readonly atMost: number } | { readonly below: number };
  readonly unit: 'times' | 'MB' | '%' | 'ms';
}

export interface Verdict {
  readonly target: string;
  /** Median, with the lowest and highest round; or why there is no figure. */
  readonly figure: string;
  /** `not run`: the scenario was left out on purpose. `NOT MEASURED`: it ran, and gave no figure. */
  readonly verdict: 'met' | 'MISSED' | 'NOT MEASURED' | 'not run';
}

const times = 'times' as const;

/** A ratio of requests is checked twice: per second on the one core it had, and per second of CPU time it spent. */
function speed(scenario: ScenarioName, against: PeerName, atLeast: number): Target[] {
  const shared = { scenario, against, bound: { atLeast }, unit: times };
  return [
    { ...shared, metric: 'requestsPerSecond', what: 'requests/s on one core' },
    { ...shared, metric: 'requestsPerCpuSecond', what: 'requests per CPU second' },
  ];
}

function watching(peer: PeerName, what: string, atMost: number): Target {
  const scenario = 'self-diagnosis';
  return {
    scenario,
    peer,
    metric: 'cpuMicrosPerRequest',
    what,
    against: 'unwatched',
    bound: { atMost },
    unit: times,
  };
}

export const targets: readonly Target[] = [
  ...speed('http-1k', 'nginx', 0.9),
  ...speed('http-1k', 'undici', 1.8),
  ...speed('http-1k', 'http-proxy', 3),
  { scenario: 'http-1k', metric: 'p99Ms', what: 'p99', against: 'nginx', bound: { atMost: 2 }, unit: times },
  ...speed('tcp-1k', 'haproxy', 0.8),
  ...speed('tcp-64k', 'haproxy', 0.8),
  {
    scenario: 'idle',
    metric: 'idleAddedBytes',
    what: 'memory of 10,000 idle connections',
    against: null,
    bound: { atMost: 150 },
    unit: 'MB',
  },
  {
    scenario: 'idle',
    metric: 'idleCoreShare',
    what: 'CPU with 10,000 idle connections',
    against: null,
    bound: { below: 2 },
    unit: '%',
  },
  {
    scenario: 'start',
    metric: 'startMs',
    what: 'start to first answer',
    against: null,
    bound: { below: 700 },
    unit: 'ms',
  },
  watching('watched', 'CPU per request while it is watched', 1.03),
  watching('capturing', 'CPU per request while a capture is taken', 1.05),
];

const divisorOf: Readonly<Record<Target['unit'], number>> = { times: 1, MB: 1e6, '%': 0.01, ms: 1 };

function meets(bound: Target['bound'], value: number): boolean {
  if ('atLeast' in bound) return value >= bound.atLeast;
  return 'atMost' in bound ? value <= bound.atMost : value < bound.below;
}

function describe({ scenario, what, against, bound, unit }: Target): string {
  const limit =
    'atLeast' in bound
      ? `at least ${bound.atLeast}`
      : 'atMost' in bound
        ? `at most ${bound.atMost}`
        : `under ${bound.below}`;
  return `${scenario}: ${what} ${limit} ${against === null ? unit : `times ${against}`}`;
}

function judge(results: Results, target: Target): Verdict {
  const { scenario, peer = 'meshlock', metric, against, bound, unit } = target;
  const wanted = { scenario, peer, metric } as const;
  const found = against === null ? reading(results, wanted) : ratio(results, wanted, against);
  if (!results.cells.some((cell) => cell.scenario === scenario)) {
    return { target: describe(target), figure: '-', verdict: 'not run' };
  }
  if (found === null) {
    const own = problemOf(results, scenario, peer);
    const others = against === null ? null : problemOf(results, scenario, against);
    const figure = own !== null ? `${peer} ${own}` : `${against} ${others ?? 'has no figure'}`;
    return { target: describe(target), figure, verdict: 'NOT MEASURED' };
  }
  const show = (value: number): string => (value / divisorOf[unit]).toFixed(unit === 'ms' ? 0 : 2);
  const range = found.count > 1 ? ` (${show(found.lowest)} to ${show(found.highest)})` : '';
  const met = meets(bound, found.median / divisorOf[unit]);
  return { target: describe(target), figure: show(found.median) + range, verdict: met ? 'met' : 'MISSED' };
}

export function judgeAll(results: Results): Verdict[] {
  return targets.map((target) => judge(results, target));
}

/** What ran must have met its targets, and something must have run: a check that examined nothing fails. */
export function allMet(verdicts: readonly Verdict[]): boolean {
  const examined = verdicts.filter(({ verdict }) => verdict !== 'not run');
  return examined.length > 0 && examined.every(({ verdict }) => verdict === 'met');
}

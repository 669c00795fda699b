/** What one run of the benchmark found: plain data, written as it is to `bench/results/<date>.json`. */
import type { Machine } from '../host/machine.ts';
import type { PeerName } from '../peers/peer.ts';
import type { ScenarioName } from '../scenarios.ts';

/** Units are in the names; shares are 0..1 of one core's (or of all load cores') time. */
export const Metric = [
  'requests',
  'requestsPerSecond',
  /** Requests per second of CPU time of all the proxy's processes and threads. */
  'requestsPerCpuSecond',
  'cpuMicrosPerRequest',
  'busiestThreadCpuMicrosPerRequest',
  'p50Ms',
  'p90Ms',
  'p99Ms',
  'maxMs',
  'peakResidentBytes',
  /** CPU time of the proxy on its core. Below about 0.95 the proxy was waiting for the load, not the other way. */
  'proxyCoreShare',
  /** CPU time of anything else on the proxy's core: disturbance. */
  'foreignCoreShare',
  'stolenCoreShare',
  'loadCoreShare',
  'idleBaseBytes',
  'idleAddedBytes',
  'idleCoreShare',
  'startMs',
] as const;
export type Metric = (typeof Metric)[number];

export type Figures = Readonly<Partial<Record<Metric, number>>>;

export type Outcome =
  | { readonly status: 'measured'; readonly figures: Figures }
  /** Something went wrong: a request failed, or the proxy did. Never averaged away. */
  | { readonly status: 'failed'; readonly reason: string }
  /** The proxy is not on this machine, or does not do this. */
  | { readonly status: 'unavailable'; readonly reason: string };

export interface Cell {
  readonly scenario: ScenarioName;
  readonly peer: PeerName;
  /** From 1. */
  readonly round: number;
  readonly outcome: Outcome;
}

export interface Results {
  readonly format: 1;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly quick: boolean;
  readonly rounds: number;
  readonly revision: string;
  readonly machine: Machine;
  /** Of every program and package that took part. */
  readonly versions: Readonly<Record<string, string>>;
  /** Requests per second of the load straight at the upstream, with no proxy: no proxy can show more. */
  readonly ceilings: Readonly<Partial<Record<ScenarioName, number>>>;
  readonly cells: readonly Cell[];
}

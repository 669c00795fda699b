/**
 * What a balancer is. It chooses among the endpoints of one priority of one cluster, on one data thread, and is built
 * anew when that list changes: so it may prepare whatever makes a choice cheap, and needs no locks and no updates.
 */
import type { Clock, Random } from '../../base/index.ts';
import type { BalancerConfig, SlowStartConfig } from '../../config/index.ts';
import type { Endpoint } from '../endpoint.ts';

export type BalancerKind = BalancerConfig['kind'];

export interface Balancer {
  /**
   * The endpoint for one try, or `null` when there is none. `hash` is an unsigned 32-bit number: of what the hash policy
   * names, or random where none applies; only consistent balancers look at it. Runs per try: allocates nothing.
   */
  pick(hash: number): Endpoint | null;
}

export interface BalancerOptions<Kind extends BalancerKind = BalancerKind> {
  /** What may be picked. Never changes after; weights are read from it once. */
  readonly endpoints: readonly Endpoint[];
  readonly config: Extract<BalancerConfig, { readonly kind: Kind }>;
  readonly slowStart: SlowStartConfig | null;
  readonly clock: Clock;
  readonly random: Random;
}

/** Learns from finished tries, for a balancer that goes by what it has seen. One per cluster and data thread. */
export interface TryLearner {
  /** `failed`: no answer came, or a 5xx. Runs per try: allocates nothing. */
  learn(endpoint: Endpoint, durationMs: number, failed: boolean): void;
}

/** A balancer as the table lists it. The three facts are what its tests check and what its users are told. */
export interface BalancerDescriptor<Kind extends BalancerKind = BalancerKind> {
  readonly name: Kind;
  /** Spreads in proportion to the endpoints' weights; otherwise weights are ignored. */
  readonly weighted: boolean;
  /** The same hash gets the same endpoint, in every thread and process, and keeps it when others come and go. */
  readonly consistent: boolean;
  /** Observes slow start; otherwise it is ignored. */
  readonly slowStart: boolean;
  create(options: BalancerOptions<Kind>): Balancer;
  learner?(config: Extract<BalancerConfig, { readonly kind: Kind }>, clock: Clock): TryLearner;
}

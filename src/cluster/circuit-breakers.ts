/**
 * The limits of one cluster on what may be under way at once, over all data threads: connections, requests that wait
 * for one, requests, retries. Taking a place either succeeds at once or is refused and counted; nothing waits here.
 * Every successful `try...` is followed by exactly one `release...`.
 */
import type { CircuitBreakerConfig } from '../config/index.ts';
import { ClusterSlot, type CounterStore } from '../telemetry/index.ts';
import { Breaker, gaugesPerCluster, noSharedGauges } from './breaker-gauges.ts';
import { retryLimit } from './breaker-limits.ts';

export interface CircuitBreakersOptions {
  readonly config: CircuitBreakerConfig;
  /** `BreakerGauges.memory` as integers. */
  readonly gauges: Int32Array;
  /** `BreakerGauges.indexOf` the cluster. */
  readonly index: number;
  readonly counters: CounterStore;
  /** Base of the cluster's counters. */
  readonly slot: number;
}

export class CircuitBreakers {
  readonly #gauges: Int32Array;
  readonly #index: number;
  readonly #counters: CounterStore;
  readonly #slot: number;
  #config: CircuitBreakerConfig;

  constructor(options: CircuitBreakersOptions) {
    const shared = options.index !== noSharedGauges;
    this.#gauges = shared ? options.gauges : new Int32Array(gaugesPerCluster);
    this.#index = shared ? options.index : 0;
    this.#counters = options.counters;
    this.#slot = options.slot;
    this.#config = options.config;
  }

  configure(config: CircuitBreakerConfig): void {
    this.#config = config;
  }

  /** A place for one more upstream connection. */
  tryConnection(): boolean {
    if (!this.#take(Breaker.Connections, this.#config.maxConnections)) return false;
    this.#counters.add(this.#slot + ClusterSlot.connectionsActive, 1);
    return true;
  }

  releaseConnection(): void {
    this.#counters.add(this.#slot + ClusterSlot.connectionsActive, -1);
    Atomics.sub(this.#gauges, this.#index + Breaker.Connections, 1);
  }

  /** A place among the requests that wait for a connection. */
  tryPending(): boolean {
    if (!this.#take(Breaker.Pending, this.#config.maxPending)) return false;
    this.#counters.add(this.#slot + ClusterSlot.requestsPending, 1);
    return true;
  }

  releasePending(): void {
    this.#counters.add(this.#slot + ClusterSlot.requestsPending, -1);
    Atomics.sub(this.#gauges, this.#index + Breaker.Pending, 1);
  }

  /**
   * A place for one more try. Take it right before `Cluster.begin` and release it right after `Cluster.end`: those keep
   * this thread's gauge of it.
   */
  tryRequest(): boolean {
    return this.#take(Breaker.Requests, this.#config.maxRequests);
  }

  releaseRequest(): void {
    Atomics.sub(this.#gauges, this.#index + Breaker.Requests, 1);
  }

  /** A place for a retry; held until the retry ended. By `maxRetries`, or by the budget where there is one. */
  tryRetry(): boolean {
    if (!this.#take(Breaker.Retries, this.#retryLimit())) return false;
    this.#counters.add(this.#slot + ClusterSlot.retriesActive, 1);
    return true;
  }

  releaseRetry(): void {
    this.#counters.add(this.#slot + ClusterSlot.retriesActive, -1);
    Atomics.sub(this.#gauges, this.#index + Breaker.Retries, 1);
  }

  #retryLimit(): number {
    const active =
      Atomics.load(this.#gauges, this.#index + Breaker.Requests) +
      Atomics.load(this.#gauges, this.#index + Breaker.Pending);
    return retryLimit(this.#config, active);
  }

  /** Compare and exchange, not add and undo: the limit is exact, and a refused thread never shows as one too many. */
  #take(breaker: Breaker, limit: number): boolean {
    const at = this.#index + breaker;
    for (;;) {
      const held = Atomics.load(this.#gauges, at);
      if (held >= limit) {
        this.#counters.add(this.#slot + ClusterSlot.overflow + breaker, 1);
        return false;
      }
      if (Atomics.compareExchange(this.#gauges, at, held, held + 1) === held) return true;
    }
  }
}

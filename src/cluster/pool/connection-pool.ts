/**
 * The upstream connections of one cluster on one data thread. A request takes an idle connection at once, or waits for
 * one that is being opened or comes back; how many may be open and how many may wait is the circuit breakers' to say.
 */
import type { ClusterConfig } from '../../config/index.ts';
import type { ByteMeter, NetContext } from '../../net/index.ts';
import type { Http1Upstream } from '../../protocol/index.ts';
import { ClusterSlot, type CounterStore } from '../../telemetry/index.ts';
import type { CircuitBreakers } from '../circuit-breakers.ts';
import type { Endpoint } from '../endpoint.ts';
import { EndpointPool, type PoolSiblings, type PoolWaiter } from './endpoint-pool.ts';

export interface ConnectionPoolOptions {
  readonly config: ClusterConfig;
  readonly net: NetContext;
  readonly counters: CounterStore;
  readonly breakers: CircuitBreakers;
  /** Base of the cluster's counters. */
  readonly slot: number;
}

export class ConnectionPool implements PoolSiblings {
  readonly #options: ConnectionPoolOptions;
  readonly #meter: ByteMeter;
  readonly #byEndpoint = new Map<Endpoint, EndpointPool>();
  /** Have no connection, and somebody waits for the room that another endpoint's idle one leaves. */
  readonly #starved = new Set<EndpointPool>();
  #closing = false;

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
    this.#meter = {
      values: options.counters.values,
      received: options.slot + ClusterSlot.bytesReceived,
      sent: options.slot + ClusterSlot.bytesSent,
    };
  }

  /**
   * An idle connection, or `null`: then `waiter` hears later, or already has heard, what became of it. `fresh`: only a
   * connection that is opened for it will do, because one that was kept has just turned out to be closed.
   */
  acquire(endpoint: Endpoint, waiter: PoolWaiter, fresh: boolean): Http1Upstream | null {
    return this.#poolOf(endpoint).acquire(waiter, fresh);
  }

  /** `waiter` no longer waits. */
  cancel(endpoint: Endpoint, waiter: PoolWaiter): void {
    this.#byEndpoint.get(endpoint)?.cancel(waiter);
  }

  /** No connection is left, and nobody waits for one. */
  get empty(): boolean {
    return this.#byEndpoint.size === 0;
  }

  /** Closes idle connections that have been idle for too long; call about once a second. */
  sweep(): void {
    const now = this.#options.net.clock.now();
    for (const [endpoint, pool] of this.#byEndpoint) {
      pool.sweep(now);
      if ((!endpoint.live || this.#closing) && pool.empty) this.#byEndpoint.delete(endpoint);
    }
  }

  /** Discovery has dropped the endpoint: idle connections close now, busy ones after their exchange. */
  drop(endpoint: Endpoint): void {
    this.#byEndpoint.get(endpoint)?.close();
  }

  /** The cluster is gone or the thread drains. */
  close(): void {
    this.#closing = true;
    for (const pool of this.#byEndpoint.values()) pool.close();
  }

  makeRoom(asker: EndpointPool): boolean {
    for (const pool of this.#byEndpoint.values()) {
      if (pool === asker || !pool.closeIdle()) continue;
      this.#starved.add(asker);
      return true;
    }
    return false;
  }

  onRoom(): void {
    // A copy: who is refused once more asks for room again.
    for (const pool of [...this.#starved]) {
      this.#starved.delete(pool);
      if (pool.serveNext()) return;
    }
  }

  #poolOf(endpoint: Endpoint): EndpointPool {
    let pool = this.#byEndpoint.get(endpoint);
    if (pool === undefined) {
      pool = new EndpointPool(endpoint, this.#meter, this.#options, this);
      if (this.#closing) pool.close();
      this.#byEndpoint.set(endpoint, pool);
    }
    return pool;
  }
}

/** The connections to one endpoint, and who waits for one. */
import { type ByteMeter, type ConnectionOrigin, dial, formatProxyHeader } from '../../net/index.ts';
import { Http1Upstream, ResetReason, type UpstreamOwner } from '../../protocol/index.ts';
import { ClusterSlot, EndpointSlot } from '../../telemetry/index.ts';
import { type Endpoint, endpointKey } from '../endpoint.ts';
import type { ConnectionPoolOptions } from './connection-pool.ts';

/** An exchange that needs a connection. Exactly one of the two calls comes, unless it cancels. */
export interface PoolWaiter {
  onPoolReady(upstream: Http1Upstream): void;
  onPoolFailure(reason: ResetReason, detail: string): void;
  /** Whom the connection speaks for, where the upstream wants PROXY headers. */
  proxyOrigin(): ConnectionOrigin;
}

export class EndpointPool implements UpstreamOwner {
  readonly #endpoint: Endpoint;
  readonly #meter: ByteMeter;
  readonly #options: ConnectionPoolOptions;
  /** Last used at the end. */
  readonly #idle: Http1Upstream[] = [];
  /** In the order of arrival. */
  readonly #waiters = new Set<PoolWaiter>();
  /** With PROXY headers a connection belongs to the waiter it was opened for, and to no other. */
  readonly #bound = new Map<Http1Upstream, PoolWaiter>();
  #connecting = 0;
  #open = 0;
  #closing = false;

  constructor(endpoint: Endpoint, meter: ByteMeter, options: ConnectionPoolOptions) {
    this.#endpoint = endpoint;
    this.#meter = meter;
    this.#options = options;
  }

  get empty(): boolean {
    return this.#open === 0 && this.#waiters.size === 0;
  }

  acquire(waiter: PoolWaiter): Http1Upstream | null {
    for (let upstream = this.#idle.pop(); upstream !== undefined; upstream = this.#idle.pop()) {
      if (upstream.usable) return upstream;
    }
    if (!this.#options.breakers.tryPending()) {
      waiter.onPoolFailure(ResetReason.Overflow, 'too many requests wait for a connection');
      return null;
    }
    this.#waiters.add(waiter);
    // One connection is opened for each waiter; a waiter may still be served by one that comes back sooner.
    if (this.#connecting < this.#waiters.size && !this.#connect(waiter) && this.#open === 0) {
      this.#fail(waiter, ResetReason.Overflow, 'too many connections');
    }
    return null;
  }

  cancel(waiter: PoolWaiter): void {
    if (this.#waiters.delete(waiter)) this.#options.breakers.releasePending();
  }

  sweep(nowMs: number): void {
    const limit = this.#options.config.pool.idleTimeoutMs;
    let old = 0;
    while (old < this.#idle.length && nowMs - this.#idle[old]!.idleSinceMs >= limit) old++;
    for (const upstream of this.#idle.splice(0, old)) upstream.close();
  }

  close(): void {
    this.#closing = true;
    for (const upstream of this.#idle.splice(0)) upstream.close();
  }

  onUpstreamReady(upstream: Http1Upstream): void {
    this.#connecting--;
    this.#options.counters.add(this.#endpoint.slot + EndpointSlot.connectionsActive, 1);
    this.onUpstreamIdle(upstream);
  }

  onUpstreamIdle(upstream: Http1Upstream): void {
    const waiter = this.#nextWaiter(upstream);
    if (waiter !== undefined) {
      this.cancel(waiter);
      waiter.onPoolReady(upstream);
      return;
    }
    const reusable = this.#options.config.proxyProtocol === 'off' && !this.#closing;
    if (!reusable || this.#idle.length >= this.#options.config.pool.maxIdlePerEndpoint) {
      upstream.close();
      return;
    }
    upstream.idleSinceMs = this.#options.clock.now();
    this.#idle.push(upstream);
  }

  onUpstreamClosed(
    upstream: Http1Upstream,
    failure: { connected: boolean; timedOut: boolean; detail: string },
  ): void {
    this.#open--;
    this.#options.breakers.releaseConnection();
    const index = this.#idle.indexOf(upstream);
    if (index >= 0) this.#idle.splice(index, 1);
    if (failure.connected) {
      this.#options.counters.add(this.#endpoint.slot + EndpointSlot.connectionsActive, -1);
    } else {
      this.#connecting--;
      this.#countFailure(failure.timedOut);
      const waiter = this.#nextWaiter(upstream);
      const reason = failure.timedOut ? ResetReason.ConnectTimeout : ResetReason.ConnectFailure;
      if (waiter !== undefined)
        this.#fail(waiter, reason, failure.timedOut ? 'connect timeout' : failure.detail);
    }
    this.#bound.delete(upstream);
    this.#replaceFor();
  }

  /** A place has become free: whoever waits without a connection on its way gets one. */
  #replaceFor(): void {
    if (this.#connecting >= this.#waiters.size) return;
    const [waiter] = this.#waiters;
    if (waiter !== undefined && !this.#connect(waiter) && this.#open === 0) {
      this.#fail(waiter, ResetReason.Overflow, 'too many connections');
    }
  }

  #nextWaiter(upstream: Http1Upstream): PoolWaiter | undefined {
    const bound = this.#bound.get(upstream);
    if (bound !== undefined) {
      this.#bound.delete(upstream);
      return this.#waiters.has(bound) ? bound : undefined;
    }
    if (this.#options.config.proxyProtocol !== 'off') return undefined;
    for (const waiter of this.#waiters) return waiter;
    return undefined;
  }

  #fail(waiter: PoolWaiter, reason: ResetReason, detail: string): void {
    this.cancel(waiter);
    waiter.onPoolFailure(reason, detail);
  }

  /** False when a circuit breaker refuses. */
  #connect(waiter: PoolWaiter): boolean {
    const { config, net, breakers, counters, slot } = this.#options;
    if (!breakers.tryConnection()) return false;
    counters.add(slot + ClusterSlot.connections, 1);
    const { address } = this.#endpoint;
    const proxied = config.proxyProtocol !== 'off';
    const upstream = new Http1Upstream({
      owner: this,
      limits: { ...config.http, maxRequestLineBytes: 0 },
      wheel: net.wheel,
      connectTimeoutMs: config.connectTimeoutMs,
      maxRequests: proxied ? 1 : config.pool.maxRequestsPerConnection,
      preamble:
        config.proxyProtocol === 'off' ? null : formatProxyHeader(config.proxyProtocol, waiter.proxyOrigin()),
      defaultHost: endpointKey(address),
    });
    if (proxied) this.#bound.set(upstream, waiter);
    this.#connecting++;
    this.#open++;
    upstream.connection = dial(net, {
      address,
      handler: upstream,
      // A request that the upstream does not take is ended by the exchange, which knows what it waits for.
      sendTimeoutMs: 0,
      tcpKeepaliveMs: config.pool.tcpKeepaliveMs,
      meter: this.#meter,
    });
    return true;
  }

  #countFailure(timedOut: boolean): void {
    const { counters, slot } = this.#options;
    counters.add(slot + (timedOut ? ClusterSlot.connectTimeouts : ClusterSlot.connectFailures), 1);
    counters.add(this.#endpoint.slot + EndpointSlot.connectFailures, 1);
  }
}

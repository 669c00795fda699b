/** The connections to one endpoint, and who waits for one. */
import { type ByteMeter, type ConnectionOrigin, dial, formatProxyHeader } from '../../net/index.ts';
import { Http1Upstream, ResetReason, type UpstreamOwner } from '../../protocol/index.ts';
import { ClusterSlot, EndpointSlot } from '../../telemetry/index.ts';
import { type Endpoint, endpointKey } from '../endpoint.ts';
import { localShortage } from '../local-shortage.ts';
import type { ConnectionPoolOptions } from './connection-pool.ts';

/** An exchange that needs a connection. Exactly one of the two calls comes, unless it cancels. */
export interface PoolWaiter {
  onPoolReady(upstream: Http1Upstream): void;
  onPoolFailure(reason: ResetReason, detail: string): void;
  /** Whom the connection speaks for, where the upstream wants PROXY headers. */
  proxyOrigin(): ConnectionOrigin;
}

interface ConnectFailure {
  readonly timedOut: boolean;
  /** An errno name. */
  readonly detail: string;
}

/** A waiter in the queue. */
interface Place {
  readonly waiter: PoolWaiter;
  /** Takes only a connection that was opened for it: it has to be fresh, or it starts with this waiter's PROXY header. */
  readonly own: boolean;
  /** The connection that is being opened for it alone. */
  upstream: Http1Upstream | null;
}

/** The other endpoints' connections, which count against the same limit. */
export interface PoolSiblings {
  /** Closes an idle one of another endpoint; `serveNext` comes when it is gone. False: all of them are busy. */
  makeRoom(asker: EndpointPool): boolean;
  /** A connection is gone. */
  onRoom(): void;
}

export class EndpointPool implements UpstreamOwner {
  readonly #endpoint: Endpoint;
  readonly #meter: ByteMeter;
  readonly #options: ConnectionPoolOptions;
  readonly #siblings: PoolSiblings;
  /** Last used at the end. */
  readonly #idle: Http1Upstream[] = [];
  /** In the order of arrival. */
  readonly #places = new Map<PoolWaiter, Place>();
  /** Connections on their way to the one place that they are opened for. */
  readonly #bound = new Map<Http1Upstream, Place>();
  /** Places that any connection serves. */
  #shared = 0;
  #connecting = 0;
  #open = 0;
  #closing = false;

  constructor(endpoint: Endpoint, meter: ByteMeter, options: ConnectionPoolOptions, siblings: PoolSiblings) {
    this.#endpoint = endpoint;
    this.#meter = meter;
    this.#options = options;
    this.#siblings = siblings;
  }

  get empty(): boolean {
    return this.#open === 0 && this.#places.size === 0;
  }

  /** `fresh`: not one that has carried a request before. */
  acquire(waiter: PoolWaiter, fresh: boolean): Http1Upstream | null {
    const own = fresh || this.#options.config.proxyProtocol !== 'off';
    if (!own) {
      for (let upstream = this.#idle.pop(); upstream !== undefined; upstream = this.#idle.pop()) {
        if (upstream.usable) return upstream;
      }
    }
    if (!this.#options.breakers.tryPending()) {
      waiter.onPoolFailure(ResetReason.Overflow, 'too many requests wait for a connection');
      return null;
    }
    const place: Place = { waiter, own, upstream: null };
    this.#places.set(waiter, place);
    if (!own) this.#shared++;
    // One connection is opened for each waiter; a waiter may still be served by one that comes back sooner.
    if (own || this.#isSharedShort()) this.#connectFor(place);
    return null;
  }

  cancel(waiter: PoolWaiter): void {
    const place = this.#places.get(waiter);
    if (place === undefined) return;
    this.#places.delete(waiter);
    if (!place.own) this.#shared--;
    else if (place.upstream !== null) this.#bound.delete(place.upstream);
    this.#options.breakers.releasePending();
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
    const place = this.#placeFor(upstream);
    if (place !== undefined) {
      this.cancel(place.waiter);
      place.waiter.onPoolReady(upstream);
      return;
    }
    const reusable = this.#options.config.proxyProtocol === 'off' && !this.#closing;
    if (!reusable || this.#idle.length >= this.#options.config.pool.maxIdlePerEndpoint) {
      upstream.close();
      return;
    }
    upstream.idleSinceMs = this.#options.net.clock.now();
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
      this.#onConnectFailure(upstream, failure);
    }
    this.serveNext();
    this.#siblings.onRoom();
  }

  /** A connection may be opened again: whoever waits without one on its way gets it. False when nobody does. */
  serveNext(): boolean {
    const place = this.#unserved();
    if (place !== undefined) this.#connectFor(place);
    return place !== undefined;
  }

  /** Closes the connection that has been idle for longest; false when there is none. */
  closeIdle(): boolean {
    const upstream = this.#idle.shift();
    upstream?.close();
    return upstream !== undefined;
  }

  /** The first in the queue with no connection on its way. */
  #unserved(): Place | undefined {
    const sharedShort = this.#isSharedShort();
    if (!sharedShort && this.#bound.size === this.#places.size - this.#shared) return undefined;
    for (const place of this.#places.values()) {
      if (place.own ? place.upstream === null : sharedShort) return place;
    }
    return undefined;
  }

  /** Fewer connections are on their way to anybody than there are places for any. */
  #isSharedShort(): boolean {
    return this.#connecting - this.#bound.size < this.#shared;
  }

  #connectFor(place: Place): void {
    if (this.#connect(place)) return;
    // Its own connection it gets in place of one that is kept for others.
    if (place.own) this.closeIdle();
    if (this.#open > 0 || this.#siblings.makeRoom(this)) return;
    this.#fail(place.waiter, ResetReason.Overflow, 'too many connections');
  }

  /** Whom this connection is for now. */
  #placeFor(upstream: Http1Upstream): Place | undefined {
    const bound = this.#bound.get(upstream);
    if (bound !== undefined || this.#shared === 0) return bound;
    for (const place of this.#places.values()) if (!place.own) return place;
    return undefined;
  }

  #onConnectFailure(upstream: Http1Upstream, { timedOut, detail }: ConnectFailure): void {
    const place = this.#placeFor(upstream);
    const shortage = localShortage(detail);
    if (shortage === undefined) this.#countFailure(timedOut);
    if (place === undefined) return;
    if (shortage !== undefined) this.#fail(place.waiter, ResetReason.Overflow, shortage);
    else if (timedOut) this.#fail(place.waiter, ResetReason.ConnectTimeout, 'connect timeout');
    else this.#fail(place.waiter, ResetReason.ConnectFailure, detail);
  }

  #fail(waiter: PoolWaiter, reason: ResetReason, detail: string): void {
    this.cancel(waiter);
    waiter.onPoolFailure(reason, detail);
  }

  /** False when a circuit breaker refuses. */
  #connect(place: Place): boolean {
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
        config.proxyProtocol === 'off'
          ? null
          : formatProxyHeader(config.proxyProtocol, place.waiter.proxyOrigin()),
      defaultHost: endpointKey(address),
    });
    if (place.own) {
      place.upstream = upstream;
      this.#bound.set(upstream, place);
    }
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

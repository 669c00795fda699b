/**
 * The tries of one exchange towards its cluster: whom it asks now, how often it has asked, and whether it may ask
 * again. Every place that is taken at a circuit breaker and every count that is begun is given back here.
 */
import { type Endpoint, Outcome, type PoolWaiter } from '../cluster/index.ts';
import type { RetryConfig } from '../config/index.ts';
import { type Http1Upstream, ResetReason } from '../protocol/index.ts';
import { isIdempotentMethod, mayReplayOnFreshConnection, retriesReset } from '../route/index.ts';
import { ClusterSlot, ResponseFlag } from '../telemetry/index.ts';
import type { ProxyCluster, ProxyContext } from './context.ts';

export class UpstreamTries {
  readonly target: ProxyCluster;
  /** Of the current or last try. */
  endpoint: Endpoint | null = null;
  /** Set while a connection is ours. */
  upstream: Http1Upstream | null = null;
  /** When the current try began, and again when it got its connection. */
  startedMs = 0;
  /** Tries that were started. */
  count = 0;
  /** How the last try ended, as `end` was told. */
  lastOutcome: Outcome = Outcome.Cancelled;
  lastStatus = 0;
  readonly #context: ProxyContext;
  readonly #policy: RetryConfig;
  #open = false;
  #retrying = false;
  #replayed = false;

  constructor(context: ProxyContext, target: ProxyCluster, policy: RetryConfig) {
    this.#context = context;
    this.target = target;
    this.#policy = policy;
  }

  get clusterName(): string {
    return this.target.cluster.config.name;
  }

  /** Chooses an endpoint and takes a place; answers with the flag of what stands against it, or `None`. */
  begin(hash: number | null, avoid: Endpoint | null): ResponseFlag {
    const { cluster } = this.target;
    const endpoint = cluster.pick(hash, avoid);
    if (endpoint === null) return ResponseFlag.NoHealthyUpstream;
    if (!cluster.breakers.tryRequest()) return ResponseFlag.UpstreamOverflow;
    this.count++;
    this.endpoint = endpoint;
    this.#open = true;
    this.startedMs = this.#context.clock.now();
    cluster.begin(endpoint);
    return ResponseFlag.None;
  }

  /** An idle connection, or `null`: then `waiter` hears later, or has heard already. */
  acquire(waiter: PoolWaiter, fresh: boolean): Http1Upstream | null {
    return this.target.pool.acquire(this.endpoint!, waiter, fresh);
  }

  /** The current try has its connection. */
  connected(upstream: Http1Upstream): void {
    this.upstream = upstream;
    this.startedMs = this.#context.clock.now();
  }

  cancelWaiting(waiter: PoolWaiter): void {
    this.target.pool.cancel(this.endpoint!, waiter);
  }

  /** Closes the books of the current try; false when they are closed already. `status` 0: no answer came. */
  end(outcome: Outcome, status: number): boolean {
    if (!this.#open) return false;
    this.#open = false;
    this.lastOutcome = outcome;
    this.lastStatus = status;
    const { cluster } = this.target;
    cluster.end(this.endpoint!, outcome, status, this.#context.clock.now() - this.startedMs);
    cluster.breakers.releaseRequest();
    return true;
  }

  /** Gives the connection up, whatever it is doing. */
  drop(): void {
    const upstream = this.upstream;
    this.upstream = null;
    upstream?.reset();
  }

  /** Another try is started for a connection that had only been idle for too long; that happens once. */
  replay(method: string, reason: ResetReason): boolean {
    if (this.#replayed || !mayReplayOnFreshConnection(method, reason)) return false;
    this.#replayed = true;
    return true;
  }

  /** Whether the policy allows another try after this reset; then its place is taken. */
  retryReset(method: string, reason: ResetReason, sent: boolean): boolean {
    if (!this.#hasTriesLeft || !retriesReset(this.#policy, reason, sent, isIdempotentMethod(method)))
      return false;
    return this.takeRetry();
  }

  /** Takes the place of a further try; false when the policy or the circuit breaker has none. */
  takeRetry(): boolean {
    if (!this.#hasTriesLeft) return false;
    if (!this.#retrying && !this.target.cluster.breakers.tryRetry()) return false;
    this.#retrying = true;
    this.#count(ClusterSlot.retries);
    return true;
  }

  get #hasTriesLeft(): boolean {
    return (this.#replayed ? this.count - 1 : this.count) <= this.#policy.attempts;
  }

  countReset(reason: ResetReason): void {
    if (reason === ResetReason.PerTryTimeout) this.#count(ClusterSlot.requestTimeouts);
    else if (reason === ResetReason.UpstreamReset || reason === ResetReason.ClosedBeforeAnswer) {
      this.#count(ClusterSlot.requestResets + 1);
    } else if (reason === ResetReason.UpstreamProtocolError) this.#count(ClusterSlot.requestResets);
  }

  countTimeout(): void {
    this.#count(ClusterSlot.requestTimeouts);
  }

  /** The exchange is over, with `status` sent to the client. */
  finish(status: number): void {
    if (!this.#retrying) return;
    this.#retrying = false;
    this.target.cluster.breakers.releaseRetry();
    if (status > 0 && status < 500) this.#count(ClusterSlot.retriesSucceeded);
  }

  #count(offset: number): void {
    this.#context.counters.add(this.target.cluster.slot + offset, 1);
  }
}

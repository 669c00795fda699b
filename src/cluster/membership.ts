/**
 * What the control thread knows of a cluster's endpoints: joins the addresses that discovery gives with the verdicts of
 * active health checks and outlier detection into the states that data threads get, and can say for each endpoint why
 * it is used or not.
 */
import type { Clock, Random, Timer } from '../base/index.ts';
import type { ClusterConfig, EndpointConfig } from '../config/index.ts';
import { EndpointSlot } from '../telemetry/index.ts';
import { type EndpointState, endpointKey } from './endpoint.ts';
import { describeEndpoint, type EndpointDescription } from './endpoint-description.ts';
import { type CheckResult, EndpointChecker, type Health } from './health-check/endpoint-checker.ts';
import type { Probe } from './health-check/probe.ts';
import { probeOf } from './health-check/probe-of.ts';
import type { OutlierFailure } from './outcome.ts';
import { type Ejection, type OutlierChange, OutlierDetector } from './outlier-detection/outlier-detector.ts';

export interface ClusterMembershipOptions {
  readonly config: ClusterConfig;
  readonly clock: Clock;
  readonly random: Random;
  /** Base slot of an endpoint's counters. */
  slotOf(endpointKey: string): number;
  /** A counter over all threads, those that are gone included. */
  readTotal(slot: number): number;
  /** `states()` would answer differently now. Changes within `coalesceMs` are announced once. */
  onChange(): void;
  /** For the log. */
  onEvent?(event: MembershipEvent): void;
  /** After every active health check that says something about its endpoint. */
  onCheck?(result: CheckResult): void;
  /** Default 20. */
  readonly coalesceMs?: number;
  /** Instead of the one that the configuration asks for; for tests. */
  readonly probe?: Probe;
}

export interface MembershipEvent {
  readonly kind: 'added' | 'removed' | 'healthy' | 'unhealthy' | 'ejected' | 'returned';
  readonly endpoint: string;
  /** For people. */
  readonly reason: string;
}

interface Member {
  readonly key: string;
  endpoint: EndpointConfig;
  checker: EndpointChecker | null;
  usable: boolean;
  usableSinceMs: number;
  /** Was there when the cluster began and never seen failing: taken as warm, slow start does not apply to it. */
  founding: boolean;
}

export class ClusterMembership {
  readonly #options: ClusterMembershipOptions;
  readonly #members = new Map<string, Member>();
  #config: ClusterConfig;
  #detector: OutlierDetector | null = null;
  #begun = false;
  #pending: Timer | null = null;
  #closed = false;

  constructor(options: ClusterMembershipOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#configureDetector();
  }

  /** True while a first health check has no result, or no addresses are known yet. */
  get warming(): boolean {
    if (!this.#begun) return true;
    for (const { checker } of this.#members.values()) if (checker?.decided === false) return true;
    return false;
  }

  /** The addresses that discovery knows now. Of several with the same address the first counts. */
  setAddresses(endpoints: readonly EndpointConfig[]): void {
    const next = new Map<string, EndpointConfig>();
    for (const endpoint of endpoints) {
      const key = endpointKey(endpoint.address);
      if (!next.has(key)) next.set(key, endpoint);
    }
    for (const member of [...this.#members.values()]) if (!next.has(member.key)) this.#remove(member);
    this.#detector?.setEndpoints(next.keys());
    for (const [key, endpoint] of next) this.#put(key, endpoint);
    this.#reorder(next.keys());
    this.#begun = true;
  }

  /** Takes a changed configuration over. What is known of the endpoints' health stays until new checks say otherwise. */
  configure(config: ClusterConfig): void {
    const before = this.#config;
    this.#config = config;
    this.#configureDetector();
    if (checkingOf(config) === checkingOf(before)) return;
    for (const member of this.#members.values()) {
      const known = member.checker === null || member.checker.decided ? healthOf(member) : null;
      member.checker?.close();
      member.checker = this.#startChecker(member.key, member.endpoint, known);
      this.#refresh(member);
    }
  }

  /** A data thread reports a run of failures. */
  reportOutlier(key: string, failure: OutlierFailure): void {
    this.#detector?.report(key, failure);
  }

  states(): EndpointState[] {
    return [...this.#members.values()].map((member) => ({
      address: member.endpoint.address,
      weight: member.endpoint.weight,
      priority: member.endpoint.priority,
      metadata: member.endpoint.metadata,
      slot: this.#options.slotOf(member.key),
      health: healthOf(member),
      ejected: this.#ejectionOf(member) !== null,
      usableSinceMs: member.usableSinceMs,
    }));
  }

  describe(): EndpointDescription[] {
    const nowMs = this.#options.clock.wall();
    return [...this.#members.values()].map(({ key, endpoint, checker, usable, usableSinceMs }) =>
      describeEndpoint({
        key,
        endpoint,
        checker,
        usable,
        usableSinceMs,
        ejection: this.#detector?.ejectionOf(key) ?? null,
        spared: this.#detector?.sparedBecause(key) ?? null,
        nowMs,
      }),
    );
  }

  /** Ends all checks and timers. */
  close(): void {
    this.#closed = true;
    this.#pending?.cancel();
    this.#detector?.close();
    for (const { checker } of this.#members.values()) checker?.close();
    this.#members.clear();
  }

  #put(key: string, endpoint: EndpointConfig): void {
    const known = this.#members.get(key);
    if (known !== undefined) {
      if (JSON.stringify(known.endpoint) !== JSON.stringify(endpoint)) this.#announce();
      known.endpoint = endpoint;
      return;
    }
    const checker = this.#startChecker(key, endpoint, null);
    const founding = !this.#begun;
    const member: Member = { key, endpoint, checker, usable: false, usableSinceMs: 0, founding };
    this.#members.set(key, member);
    this.#event('added', key, 'discovery knows this address now');
    this.#refresh(member);
    this.#announce();
  }

  #remove(member: Member): void {
    member.checker?.close();
    this.#members.delete(member.key);
    this.#event('removed', member.key, 'discovery does not know this address any more');
    this.#announce();
  }

  /** Keeps the order of discovery, which people see. */
  #reorder(keys: Iterable<string>): void {
    for (const key of keys) {
      const member = this.#members.get(key)!;
      this.#members.delete(key);
      this.#members.set(key, member);
    }
  }

  #startChecker(key: string, endpoint: EndpointConfig, known: Health | null): EndpointChecker | null {
    const { clock, random, probe: given } = this.#options;
    const config = this.#config.healthCheck;
    const probe = given ?? probeOf(this.#config);
    if (config === null || probe === null) return null;
    const checker = new EndpointChecker({
      config,
      address: endpoint.address,
      probe,
      clock,
      random,
      known,
      onResult: (_, result, changed) => this.#onCheck(key, result, changed),
    });
    checker.start();
    return checker;
  }

  #onCheck(key: string, result: CheckResult, changed: boolean): void {
    const member = this.#members.get(key);
    if (member === undefined) return;
    this.#options.onCheck?.(result);
    if (result.kind === 'failed') member.founding = false;
    if (changed) this.#event(healthOf(member), key, result.detail);
    if (result.kind === 'passed' && healthOf(member) === 'healthy') this.#detector?.healthCheckPassed(key);
    this.#refresh(member);
  }

  #configureDetector(): void {
    const config = this.#config.outlierDetection;
    if (config !== null && this.#detector !== null) {
      this.#detector.configure(config);
    } else if (config !== null) {
      this.#detector = this.#startDetector(config);
    } else if (this.#detector !== null) {
      this.#detector.close();
      this.#detector = null;
      for (const member of this.#members.values()) this.#refresh(member);
    }
  }

  #startDetector(config: NonNullable<ClusterConfig['outlierDetection']>): OutlierDetector {
    const options = this.#options;
    const detector = new OutlierDetector({
      config,
      clock: options.clock,
      random: options.random,
      totalsOf: (key) => {
        const slot = options.slotOf(key);
        return {
          successes: options.readTotal(slot + EndpointSlot.successes),
          failures: options.readTotal(slot + EndpointSlot.failures),
        };
      },
      onChange: (change) => this.#onOutlierChange(change),
    });
    detector.setEndpoints(this.#members.keys());
    return detector;
  }

  #onOutlierChange(change: OutlierChange): void {
    const member = this.#members.get(change.key);
    if (member === undefined) return;
    if (change.kind === 'ejected') member.founding = false;
    this.#event(change.kind, change.key, change.reason);
    this.#refresh(member);
  }

  /** Brings `usable` up to date with health and ejection. */
  #refresh(member: Member): void {
    const usable = healthOf(member) === 'healthy' && this.#ejectionOf(member) === null;
    if (usable === member.usable) return;
    member.usable = usable;
    member.usableSinceMs = usable && !member.founding ? this.#options.clock.wall() : 0;
    this.#announce();
  }

  #ejectionOf(member: Member): Ejection | null {
    return this.#detector?.ejectionOf(member.key) ?? null;
  }

  #announce(): void {
    if (this.#pending !== null || this.#closed) return;
    this.#pending = this.#options.clock.after(this.#options.coalesceMs ?? 20, () => {
      this.#pending = null;
      this.#options.onChange();
    });
  }

  #event(kind: MembershipEvent['kind'], endpoint: string, reason: string): void {
    this.#options.onEvent?.({ kind, endpoint, reason });
  }
}

function healthOf({ checker }: Member): Health {
  return checker?.health ?? 'healthy';
}

/** What health checks are made from, to compare. */
function checkingOf(config: ClusterConfig): string {
  return JSON.stringify([config.healthCheck, config.proxyProtocol]);
}

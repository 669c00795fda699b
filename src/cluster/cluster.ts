/**
 * A cluster as one data thread sees it: its endpoints, the choice among them, and the book-keeping of every try. The
 * control thread tells it which endpoints there are and which are usable (`update`); it reports runs of failures back.
 * A try is `pick`, `begin`, `end`.
 */
import type { Clock, Random } from '../base/index.ts';
import type { ClusterConfig } from '../config/index.ts';
import {
  ClusterSlot,
  type CounterStore,
  codeClassOf,
  durationBucketOf,
  EndpointSlot,
  observe,
} from '../telemetry/index.ts';
import type { TryLearner } from './balancer/balancer.ts';
import { balancerOf } from './balancer/table.ts';
import type { CircuitBreakers } from './circuit-breakers.ts';
import { Endpoint, type EndpointState, endpointKey } from './endpoint.ts';
import { mix32 } from './mix.ts';
import { FailureRuns, forgetRuns, TryVerdict } from './outlier-detection/failure-runs.ts';
import { Outcome, type OutlierFailure } from './outcome.ts';
import { type PriorityLevel, PrioritySet } from './priority-set.ts';

export interface ClusterOptions {
  readonly config: ClusterConfig;
  /** Base of the cluster's counters. */
  readonly slot: number;
  readonly counters: CounterStore;
  readonly breakers: CircuitBreakers;
  readonly clock: Clock;
  readonly random: Random;
  /** A run of failures reached its threshold; to be passed on to the control thread. */
  onOutlier(endpoint: Endpoint, failure: OutlierFailure): void;
}

/** How often the balancer is asked again for another endpoint than the one just tried; Istio's default. */
const avoidAttempts = 5;

export class Cluster {
  readonly breakers: CircuitBreakers;
  readonly slot: number;
  readonly #counters: CounterStore;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #runs: FailureRuns;
  readonly #byKey = new Map<string, Endpoint>();
  #config: ClusterConfig;
  #learner: TryLearner | null;
  #needsHash: boolean;
  #endpoints: readonly Endpoint[] = [];
  #priorities: PrioritySet;

  constructor(options: ClusterOptions) {
    this.breakers = options.breakers;
    this.slot = options.slot;
    this.#counters = options.counters;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#config = options.config;
    this.#runs = new FailureRuns(options.config.outlierDetection, options.clock, (endpoint, failure) =>
      options.onOutlier(endpoint, failure),
    );
    this.#learner = learnerOf(options.config, options.clock);
    this.#needsHash = balancerOf(options.config.balancer.kind).consistent;
    this.#priorities = this.#buildPriorities(null);
  }

  get config(): ClusterConfig {
    return this.#config;
  }

  get endpoints(): readonly Endpoint[] {
    return this.#endpoints;
  }

  /** Takes a changed configuration over; endpoints, their figures and connections stay. Cheap when nothing changed. */
  configure(config: ClusterConfig): void {
    const kept = balancingOf(config) === balancingOf(this.#config) ? this.#priorities : null;
    this.#config = config;
    this.breakers.configure(config.circuitBreakers);
    this.#runs.configure(config.outlierDetection);
    this.#learner = learnerOf(config, this.#clock);
    this.#needsHash = balancerOf(config.balancer.kind).consistent;
    this.#priorities = this.#buildPriorities(kept);
  }

  /**
   * Makes the endpoints those of `states`. Returns the ones that are gone (`live` is false): their idle connections are
   * to be closed, what runs on them may finish. Cheap when nothing changed.
   */
  update(states: readonly EndpointState[]): readonly Endpoint[] {
    const next = new Map<string, Endpoint>();
    for (const state of states) {
      const key = endpointKey(state.address);
      if (!next.has(key)) next.set(key, this.#adopt(key, state));
    }
    const removed: Endpoint[] = [];
    for (const [key, endpoint] of this.#byKey) {
      if (next.has(key)) continue;
      endpoint.live = false;
      this.#byKey.delete(key);
      removed.push(endpoint);
    }
    for (const [key, endpoint] of next) this.#byKey.set(key, endpoint);
    this.#endpoints = [...next.values()];
    this.#priorities = this.#buildPriorities(this.#priorities);
    return removed;
  }

  /**
   * The endpoint for a try; `null`, and counted, when there is none. `hash`: unsigned 32 bits of what the hash policy
   * names, `null` where none applies. `avoid`: the endpoint that the try before failed on; another one is taken if the
   * priority has another.
   */
  pick(hash: number | null, avoid: Endpoint | null): Endpoint | null {
    const priorities = this.#priorities;
    const point = hash ?? (this.#needsHash || priorities.divided ? this.#randomHash() : 0);
    const level = priorities.levelFor(point);
    const picked = level === null ? null : level.balancer.pick(point);
    if (level === null || picked === null) {
      this.#counters.add(this.slot + ClusterSlot.noHealthyEndpoint, 1);
      return null;
    }
    if (level.panic) this.#counters.add(this.slot + ClusterSlot.panicPicks, 1);
    return picked === avoid ? this.#pickAnother(level, point, picked) : picked;
  }

  /** A try starts. Every `begin` is followed by exactly one `end`. */
  begin(endpoint: Endpoint): void {
    endpoint.active++;
    this.#counters.add(this.slot + ClusterSlot.requestsActive, 1);
    this.#counters.add(endpoint.slot + EndpointSlot.requestsActive, 1);
  }

  /** A try ended. `status`: of the answer, 0 when none came. `durationMs`: from the start of the try. */
  end(endpoint: Endpoint, outcome: Outcome, status: number, durationMs: number): void {
    endpoint.active--;
    const counters = this.#counters;
    const codeClass = codeClassOf(status);
    counters.add(this.slot + ClusterSlot.requestsActive, -1);
    counters.add(endpoint.slot + EndpointSlot.requestsActive, -1);
    counters.add(this.slot + ClusterSlot.requests + codeClass, 1);
    counters.add(endpoint.slot + EndpointSlot.requests + codeClass, 1);
    if (outcome === Outcome.Success) {
      const seconds = durationMs / 1000;
      observe(counters, this.slot + ClusterSlot.duration, durationBucketOf(seconds), seconds);
      counters.add(endpoint.slot + EndpointSlot.duration, 1);
      counters.add(endpoint.slot + EndpointSlot.duration + 1, seconds);
    }
    if (outcome !== Outcome.Cancelled) this.#judge(endpoint, outcome, status, durationMs);
  }

  #judge(endpoint: Endpoint, outcome: Outcome, status: number, durationMs: number): void {
    const verdict = this.#runs.record(endpoint, outcome, status);
    if (verdict === TryVerdict.Success) this.#counters.add(endpoint.slot + EndpointSlot.successes, 1);
    else if (verdict === TryVerdict.Failure) this.#counters.add(endpoint.slot + EndpointSlot.failures, 1);
    this.#learner?.learn(endpoint, durationMs, verdict !== TryVerdict.Success);
  }

  /** Asks the balancer again with other hashes; if it insists, takes any other member of the priority. */
  #pickAnother(level: PriorityLevel, hash: number, avoid: Endpoint): Endpoint {
    const members = level.members;
    if (members.length < 2) return avoid;
    for (let attempt = 1; attempt <= avoidAttempts; attempt++) {
      const other = level.balancer.pick(mix32(hash + attempt));
      if (other !== null && other !== avoid) return other;
    }
    const index = Math.floor(this.#random.next() * members.length);
    const other = members[index]!;
    return other === avoid ? members[(index + 1) % members.length]! : other;
  }

  #adopt(key: string, state: EndpointState): Endpoint {
    const known = this.#byKey.get(key);
    if (known === undefined) return new Endpoint(state);
    if (known.state.ejected && !state.ejected) forgetRuns(known);
    known.state = state;
    return known;
  }

  #buildPriorities(before: PrioritySet | null): PrioritySet {
    const { balancer, slowStart, panicThreshold } = this.#config;
    const options = { balancer, slowStart, panicThreshold, clock: this.#clock, random: this.#random };
    return new PrioritySet(this.#endpoints, options, before);
  }

  #randomHash(): number {
    return Math.floor(this.#random.next() * 4294967296);
  }
}

/** What balancers are built from, to compare. */
function balancingOf(config: ClusterConfig): string {
  return JSON.stringify([config.balancer, config.slowStart]);
}

function learnerOf(config: ClusterConfig, clock: Clock): TryLearner | null {
  return balancerOf(config.balancer.kind).learner?.(config.balancer, clock) ?? null;
}

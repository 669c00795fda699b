/**
 * Peak EWMA, as Finagle and Linkerd have it: of two endpoints drawn at random, the one with the lower
 * latency * (requests in flight + 1). The latency of an endpoint jumps up with a slow answer at once, comes down as a
 * moving average, and fades while nothing is heard, so that an endpoint that was slow is tried again.
 */
import type { Clock, Random } from '../../base/index.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Balancer, BalancerDescriptor, BalancerOptions, TryLearner } from './balancer.ts';

/** A failure counts as an answer this many times slower than usual: failing fast must not attract traffic. */
const failureFactor = 10;
/** The most that a failure counts as; Linkerd's penalty. */
const maxFailureMs = 5000;

export const peakEwma: BalancerDescriptor<'peak-ewma'> = {
  name: 'peak-ewma',
  weighted: false,
  consistent: false,
  slowStart: false,
  create: (options) => new PeakEwma(options),
  learner: (config, clock) => new LatencyLearner(config.decayMs, config.defaultRttMs, clock),
};

class PeakEwma implements Balancer {
  readonly #endpoints: readonly Endpoint[];
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #decayMs: number;
  readonly #defaultRttMs: number;

  constructor({ endpoints, config, clock, random }: BalancerOptions<'peak-ewma'>) {
    this.#endpoints = endpoints;
    this.#clock = clock;
    this.#random = random;
    this.#decayMs = config.decayMs;
    this.#defaultRttMs = config.defaultRttMs;
    const now = clock.now();
    for (const endpoint of endpoints) {
      if (endpoint.latencyMs === 0 && endpoint.latencyAtMs === 0) endpoint.latencyAtMs = now;
    }
  }

  pick(): Endpoint | null {
    const endpoints = this.#endpoints;
    const size = endpoints.length;
    if (size < 2) return endpoints[0] ?? null;
    const first = Math.floor(this.#random.next() * size);
    const other = first + 1 + Math.floor(this.#random.next() * (size - 1));
    const a = endpoints[first]!;
    const b = endpoints[other < size ? other : other - size]!;
    const now = this.#clock.now();
    return this.#cost(b, now) < this.#cost(a, now) ? b : a;
  }

  #cost(endpoint: Endpoint, nowMs: number): number {
    // The default fades, too: or an endpoint without traffic would never get any beside faster ones.
    const knownMs = endpoint.latencyMs === 0 ? this.#defaultRttMs : endpoint.latencyMs;
    const latencyMs = knownMs * Math.exp((endpoint.latencyAtMs - nowMs) / this.#decayMs);
    return latencyMs * (endpoint.active + 1);
  }
}

class LatencyLearner implements TryLearner {
  readonly #decayMs: number;
  readonly #defaultRttMs: number;
  readonly #clock: Clock;

  constructor(decayMs: number, defaultRttMs: number, clock: Clock) {
    this.#decayMs = decayMs;
    this.#defaultRttMs = defaultRttMs;
    this.#clock = clock;
  }

  learn(endpoint: Endpoint, durationMs: number, failed: boolean): void {
    const now = this.#clock.now();
    const known = endpoint.latencyMs === 0 ? this.#defaultRttMs : endpoint.latencyMs;
    const penaltyMs = failed ? Math.min(maxFailureMs, known * failureFactor) : 0;
    // Never 0: that means "nothing heard yet".
    const sampleMs = Math.max(durationMs, penaltyMs, 0.001);
    if (endpoint.latencyMs === 0 || sampleMs > endpoint.latencyMs) {
      endpoint.latencyMs = sampleMs;
    } else {
      const kept = Math.exp((endpoint.latencyAtMs - now) / this.#decayMs);
      endpoint.latencyMs = endpoint.latencyMs * kept + sampleMs * (1 - kept);
    }
    endpoint.latencyAtMs = now;
  }
}

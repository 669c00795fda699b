/**
 * Slow start: an endpoint that has just become usable gets a share of its weight that grows over a window, so that cold
 * caches and compilers are not hit by a full share at once. Envoy's formula: max(minWeight, (t / window)^(1 / aggression)).
 */
import type { Clock } from '../../base/index.ts';
import type { SlowStartConfig } from '../../config/index.ts';
import type { Endpoint } from '../endpoint.ts';

export class SlowStartRamp {
  readonly #clock: Clock;
  readonly #config: SlowStartConfig;
  /** On the monotonic clock, so that a jump of the wall clock cannot hold an endpoint down. */
  readonly #startsMs: Float64Array;
  readonly #endMs: number;

  /** The ramp of these endpoints; `null` when none of them is within its window. */
  static of(
    endpoints: readonly Endpoint[],
    config: SlowStartConfig | null,
    clock: Clock,
  ): SlowStartRamp | null {
    if (config === null || config.windowMs <= 0) return null;
    const ramp = new SlowStartRamp(endpoints, config, clock);
    return ramp.#endMs > clock.now() ? ramp : null;
  }

  private constructor(endpoints: readonly Endpoint[], config: SlowStartConfig, clock: Clock) {
    this.#clock = clock;
    this.#config = config;
    const now = clock.now();
    const wall = clock.wall();
    this.#startsMs = Float64Array.from(endpoints, ({ state }) => {
      const ageMs = Math.max(0, wall - state.usableSinceMs);
      return ageMs >= config.windowMs ? Number.NEGATIVE_INFINITY : now - ageMs;
    });
    let latest = Number.NEGATIVE_INFINITY;
    for (const start of this.#startsMs) latest = Math.max(latest, start);
    this.#endMs = latest + config.windowMs;
  }

  /** True once every endpoint has its full weight: the ramp can be dropped. */
  get finished(): boolean {
    return this.#clock.now() >= this.#endMs;
  }

  /** The share of its weight that the endpoint at `index` has now, 0 < share <= 1. */
  factor(index: number): number {
    const { windowMs, aggression, minWeight } = this.#config;
    const share = (this.#clock.now() - this.#startsMs[index]!) / windowMs;
    if (share >= 1) return 1;
    const grown = aggression === 1 ? share : share ** (1 / aggression);
    return Math.max(minWeight, grown, 0.001);
  }
}

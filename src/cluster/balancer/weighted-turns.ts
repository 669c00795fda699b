/** Turns in proportion to weights, with slow start: what both round-robin balancers are made of. */
import type { Clock, Random } from '../../base/index.ts';
import type { SlowStartConfig } from '../../config/index.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Balancer } from './balancer.ts';
import { EdfSchedule } from './edf-schedule.ts';
import { SlowStartRamp } from './slow-start.ts';

export interface WeightedTurnsOptions {
  readonly endpoints: readonly Endpoint[];
  readonly slowStart: SlowStartConfig | null;
  readonly clock: Clock;
  readonly random: Random;
}

export class WeightedTurns implements Balancer {
  readonly #endpoints: readonly Endpoint[];
  readonly #weights: Float64Array;
  readonly #schedule: EdfSchedule;
  #ramp: SlowStartRamp | null;

  constructor(options: WeightedTurnsOptions, weights: Float64Array) {
    this.#endpoints = options.endpoints;
    this.#weights = weights;
    this.#ramp = SlowStartRamp.of(options.endpoints, options.slowStart, options.clock);
    const ramp = this.#ramp;
    const first = ramp === null ? weights : weights.map((weight, i) => weight * ramp.factor(i));
    this.#schedule = new EdfSchedule(first, options.random);
  }

  pick(): Endpoint | null {
    if (this.#endpoints.length === 0) return null;
    const index = this.#schedule.next();
    const ramp = this.#ramp;
    if (ramp === null) {
      this.#schedule.requeue(this.#weights[index]!);
    } else {
      this.#schedule.requeue(this.#weights[index]! * ramp.factor(index));
      if (ramp.finished) this.#ramp = null;
    }
    return this.#endpoints[index]!;
  }
}

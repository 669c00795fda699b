/**
 * The least busy of a few. With equal weights: draw `choices` endpoints and take the one with the fewest requests in
 * flight (the power of two choices). With unequal weights or during slow start: turns in proportion to
 * weight / (active + 1)^bias, as Envoy does it. `active` is what this data thread has in flight.
 */
import type { Random } from '../../base/index.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Balancer, BalancerDescriptor, BalancerOptions } from './balancer.ts';
import { EdfSchedule } from './edf-schedule.ts';
import { SlowStartRamp } from './slow-start.ts';

export const leastRequest: BalancerDescriptor<'least-request'> = {
  name: 'least-request',
  weighted: true,
  consistent: false,
  slowStart: true,
  create: (options) => new LeastRequest(options),
};

class LeastRequest implements Balancer {
  readonly #endpoints: readonly Endpoint[];
  readonly #random: Random;
  readonly #choices: number;
  readonly #bias: number;
  readonly #weights: Float64Array;
  readonly #equalWeights: boolean;
  /** Only where turns are needed. */
  readonly #schedule: EdfSchedule | null;
  #ramp: SlowStartRamp | null;

  constructor({ endpoints, config, slowStart, clock, random }: BalancerOptions<'least-request'>) {
    this.#endpoints = endpoints;
    this.#random = random;
    this.#choices = Math.max(1, config.choices);
    this.#bias = config.activeRequestBias;
    this.#weights = Float64Array.from(endpoints, (endpoint) => endpoint.state.weight);
    this.#equalWeights = this.#weights.every((weight) => weight === this.#weights[0]);
    this.#ramp = SlowStartRamp.of(endpoints, slowStart, clock);
    this.#schedule =
      this.#equalWeights && this.#ramp === null
        ? null
        : new EdfSchedule(
            this.#weights.map((_, i) => this.#weight(i)),
            random,
          );
  }

  pick(): Endpoint | null {
    const size = this.#endpoints.length;
    if (size === 0) return null;
    const schedule = this.#schedule;
    if (schedule !== null && (this.#ramp !== null || !this.#equalWeights)) return this.#pickByTurn(schedule);
    return this.#choices < size ? this.#pickOfSome(size) : this.#pickOfAll(size);
  }

  #pickByTurn(schedule: EdfSchedule): Endpoint {
    const index = schedule.next();
    schedule.requeue(this.#weight(index));
    if (this.#ramp?.finished === true) this.#ramp = null;
    return this.#endpoints[index]!;
  }

  /** The second and further draws are never the first one again. */
  #pickOfSome(size: number): Endpoint {
    const first = Math.floor(this.#random.next() * size);
    let best = this.#endpoints[first]!;
    for (let draw = 1; draw < this.#choices; draw++) {
      const other = first + 1 + Math.floor(this.#random.next() * (size - 1));
      const endpoint = this.#endpoints[other < size ? other : other - size]!;
      if (endpoint.active < best.active) best = endpoint;
    }
    return best;
  }

  /** From a random start, so that ties do not always fall to the same one. */
  #pickOfAll(size: number): Endpoint {
    let index = Math.floor(this.#random.next() * size);
    let best = this.#endpoints[index]!;
    for (let seen = 1; seen < size; seen++) {
      index = index + 1 === size ? 0 : index + 1;
      const endpoint = this.#endpoints[index]!;
      if (endpoint.active < best.active) best = endpoint;
    }
    return best;
  }

  #weight(index: number): number {
    const active = this.#endpoints[index]!.active + 1;
    const load = this.#bias === 1 ? active : active ** this.#bias;
    const share = this.#ramp === null ? 1 : this.#ramp.factor(index);
    return (this.#weights[index]! * share) / load;
  }
}

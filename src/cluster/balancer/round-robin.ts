/** One after the other, each as often as any other; weights are ignored. Slow start gives a newcomer fewer turns. */
import type { Endpoint } from '../endpoint.ts';
import type { Balancer, BalancerDescriptor, BalancerOptions } from './balancer.ts';
import { WeightedTurns } from './weighted-turns.ts';

export const roundRobin: BalancerDescriptor<'round-robin'> = {
  name: 'round-robin',
  weighted: false,
  consistent: false,
  slowStart: true,
  create(options) {
    if (options.slowStart === null) return new RoundRobin(options);
    return new WeightedTurns(options, new Float64Array(options.endpoints.length).fill(1));
  },
};

class RoundRobin implements Balancer {
  readonly #endpoints: readonly Endpoint[];
  #next: number;

  constructor({ endpoints, random }: BalancerOptions<'round-robin'>) {
    this.#endpoints = endpoints;
    // At random, or every thread and every proxy of a fleet would begin with the same endpoint.
    this.#next = Math.floor(random.next() * endpoints.length);
  }

  pick(): Endpoint | null {
    const endpoints = this.#endpoints;
    if (endpoints.length === 0) return null;
    const index = this.#next;
    this.#next = index + 1 === endpoints.length ? 0 : index + 1;
    return endpoints[index]!;
  }
}

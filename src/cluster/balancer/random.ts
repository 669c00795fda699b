/** Each as likely as any other, without memory; weights are ignored. */
import type { Random } from '../../base/index.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Balancer, BalancerDescriptor, BalancerOptions } from './balancer.ts';

export const randomBalancer: BalancerDescriptor<'random'> = {
  name: 'random',
  weighted: false,
  consistent: false,
  slowStart: false,
  create: (options) => new RandomBalancer(options),
};

class RandomBalancer implements Balancer {
  readonly #endpoints: readonly Endpoint[];
  readonly #random: Random;

  constructor({ endpoints, random }: BalancerOptions<'random'>) {
    this.#endpoints = endpoints;
    this.#random = random;
  }

  pick(): Endpoint | null {
    const endpoints = this.#endpoints;
    if (endpoints.length === 0) return null;
    return endpoints[Math.floor(this.#random.next() * endpoints.length)]!;
  }
}

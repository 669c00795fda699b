/** Turns in proportion to the weights, spread out evenly: weights 3 and 1 give a a b a, not a a a b. */
import type { BalancerDescriptor } from './balancer.ts';
import { WeightedTurns } from './weighted-turns.ts';

export const weightedRoundRobin: BalancerDescriptor<'weighted-round-robin'> = {
  name: 'weighted-round-robin',
  weighted: true,
  consistent: false,
  slowStart: true,
  create(options) {
    const weights = Float64Array.from(options.endpoints, (endpoint) => endpoint.state.weight);
    return new WeightedTurns(options, weights);
  },
};

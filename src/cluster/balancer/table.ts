/** The balancers there are. A new one is one file beside this one and one line here. */
import type { BalancerDescriptor, BalancerKind } from './balancer.ts';
import { leastRequest } from './least-request.ts';
import { maglev } from './maglev.ts';
import { peakEwma } from './peak-ewma.ts';
import { randomBalancer } from './random.ts';
import { ringHash } from './ring-hash.ts';
import { roundRobin } from './round-robin.ts';
import { weightedRoundRobin } from './weighted-round-robin.ts';

export const balancers: { readonly [Kind in BalancerKind]: BalancerDescriptor<Kind> } = {
  'round-robin': roundRobin,
  'weighted-round-robin': weightedRoundRobin,
  random: randomBalancer,
  'least-request': leastRequest,
  'peak-ewma': peakEwma,
  'ring-hash': ringHash,
  maglev,
};

/** The descriptor of a kind that is known only at run time. */
export function balancerOf(kind: BalancerKind): BalancerDescriptor {
  return balancers[kind] as BalancerDescriptor;
}

/**
 * Ring hash (Ketama): every endpoint stands at many places of a ring, in proportion to its weight; a hash belongs to
 * the next place clockwise. When one of n endpoints goes, only its own share moves. The ring depends on the endpoints'
 * addresses and weights alone, so all threads and proxies agree.
 */
import { hash32 } from '../../base/index.ts';
import type { Endpoint } from '../endpoint.ts';
import { mix32 } from '../mix.ts';
import type { Balancer, BalancerDescriptor, BalancerOptions } from './balancer.ts';

export const ringHash: BalancerDescriptor<'ring-hash'> = {
  name: 'ring-hash',
  weighted: true,
  consistent: true,
  slowStart: false,
  create: (options) => new RingHash(options),
};

/** Places are sorted as hash * 2^21 + endpoint in one double: exact below 2^53, so for up to 2^21 endpoints. */
const endpointSpan = 2 ** 21;

/** A ring does not grow past this unless `minRingSize` asks for it: it is built on the data thread, in milliseconds. */
const comfortableRingSize = 1 << 16;

class RingHash implements Balancer {
  readonly #endpoints: readonly Endpoint[];
  readonly #hashes: Uint32Array;
  readonly #owners: Int32Array;

  constructor({ endpoints, config }: BalancerOptions<'ring-hash'>) {
    this.#endpoints = endpoints;
    const places = placesOf(endpoints, config.minRingSize, config.maxRingSize);
    this.#hashes = new Uint32Array(places.length);
    this.#owners = new Int32Array(places.length);
    for (let i = 0; i < places.length; i++) {
      const hash = Math.floor(places[i]! / endpointSpan);
      this.#hashes[i] = hash;
      this.#owners[i] = places[i]! - hash * endpointSpan;
    }
  }

  pick(hash: number): Endpoint | null {
    const hashes = this.#hashes;
    let low = 0;
    let high = hashes.length;
    if (high === 0) return null;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (hashes[middle]! < hash) low = middle + 1;
      else high = middle;
    }
    return this.#endpoints[this.#owners[low === hashes.length ? 0 : low]!]!;
  }
}

/** All places of all endpoints, sorted. */
function placesOf(endpoints: readonly Endpoint[], minRingSize: number, maxRingSize: number): Float64Array {
  const weights = reduced(endpoints.map((endpoint) => endpoint.state.weight));
  const perWeight = placesPerWeight(weights, minRingSize, maxRingSize);
  const counts = weights.map((weight) => Math.max(1, Math.round(weight * perWeight)));
  const places = new Float64Array(counts.reduce((sum, count) => sum + count, 0));
  let at = 0;
  for (let i = 0; i < endpoints.length; i++) {
    const first = hash32(endpoints[i]!.key);
    const step = hash32(endpoints[i]!.key, 1) | 1;
    for (let n = 0; n < counts[i]!; n++) {
      places[at++] = mix32(first + Math.imul(n, step)) * endpointSpan + i;
    }
  }
  return places.sort();
}

/**
 * Every unit of weight gets `minRingSize` places as long as the ring stays comfortable, however many endpoints there
 * are. (Envoy divides a fixed ring among them: then one that goes gives all others new places, and about twice its
 * share of the hashes moves.)
 */
function placesPerWeight(weights: readonly number[], minRingSize: number, maxRingSize: number): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const limit = Math.min(maxRingSize, Math.max(minRingSize, comfortableRingSize));
  return Math.min(minRingSize, limit / total);
}

/** The weights divided by what they have in common: 100 and 50 are 2 and 1. */
function reduced(weights: readonly number[]): number[] {
  const divisor = weights.reduce(greatestCommonDivisor, 0);
  return weights.map((weight) => weight / divisor);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

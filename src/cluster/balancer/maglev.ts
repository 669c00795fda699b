/**
 * Maglev (Eisenbud et al., NSDI 2016, section 3.4): a table of prime size in which every endpoint owns a share in
 * proportion to its weight; a hash is one look-up. Spreads more evenly than a ring and picks faster, but moves a few
 * hashes more than its share when an endpoint goes. Depends on addresses and weights alone, so all proxies agree.
 */
import { hash32 } from '../../base/index.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Balancer, BalancerDescriptor, BalancerOptions } from './balancer.ts';

export const maglev: BalancerDescriptor<'maglev'> = {
  name: 'maglev',
  weighted: true,
  consistent: true,
  slowStart: false,
  create: (options) => new Maglev(options),
};

class Maglev implements Balancer {
  readonly #endpoints: readonly Endpoint[];
  readonly #table: Int32Array;

  constructor({ endpoints, config }: BalancerOptions<'maglev'>) {
    this.#endpoints = endpoints;
    this.#table = buildTable(endpoints, primeFrom(config.tableSize));
  }

  pick(hash: number): Endpoint | null {
    if (this.#endpoints.length === 0) return null;
    return this.#endpoints[this.#table[hash % this.#table.length]!]!;
  }
}

interface Builder {
  readonly index: number;
  readonly endpoint: Endpoint;
  /** Next preferred place, and how far it is to the one after. */
  place: number;
  readonly skip: number;
  /** Claims a place once rounds times weight reach this. */
  dueAt: number;
}

/** Endpoints take turns in claiming their next preferred free place; the lighter ones are passed over now and then. */
function buildTable(endpoints: readonly Endpoint[], size: number): Int32Array {
  const table = new Int32Array(endpoints.length === 0 ? 0 : size).fill(-1);
  const builders = endpoints
    .map(
      (endpoint, index): Builder => ({
        index,
        endpoint,
        place: hash32(endpoint.key) % size,
        skip: (hash32(endpoint.key, 1) % (size - 1)) + 1,
        dueAt: 0,
      }),
    )
    .sort((a, b) => (a.endpoint.key < b.endpoint.key ? -1 : 1));
  let heaviest = 0;
  for (const { state } of endpoints) heaviest = Math.max(heaviest, state.weight);
  let filled = 0;
  for (let round = 1; filled < table.length; round++) {
    for (const builder of builders) {
      if (filled === table.length) break;
      if (round * builder.endpoint.state.weight < builder.dueAt) continue;
      builder.dueAt += heaviest;
      table[nextFree(table, builder)] = builder.index;
      filled++;
    }
  }
  return table;
}

function nextFree(table: Int32Array, builder: Builder): number {
  const size = table.length;
  let place = builder.place;
  while (table[place] !== -1) {
    place += builder.skip;
    if (place >= size) place -= size;
  }
  builder.place = place;
  return place;
}

/** The smallest prime not below `size`: a walk by any skip visits every place only if the size is prime. */
function primeFrom(size: number): number {
  let candidate = Math.max(3, Math.ceil(size));
  while (!isPrime(candidate)) candidate++;
  return candidate;
}

function isPrime(n: number): boolean {
  if (n % 2 === 0) return n === 2;
  for (let divisor = 3; divisor * divisor <= n; divisor += 2) {
    if (n % divisor === 0) return false;
  }
  return n > 1;
}

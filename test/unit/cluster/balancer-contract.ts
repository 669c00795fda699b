/** What every balancer promises. Run for each entry of the table, and for a user's own. */
import { describe, expect, test } from 'vitest';
import { ManualClock, type Random, seededRandom } from '../../../src/base/index.ts';
import type { Balancer, BalancerDescriptor, Endpoint } from '../../../src/cluster/index.ts';
import type { BalancerConfig } from '../../../src/config/index.ts';
import { endpointsOf } from './cluster-fixture.ts';

export function describeBalancer(descriptor: BalancerDescriptor, config: BalancerConfig): void {
  const build = (endpoints: readonly Endpoint[], seed: number = 1): Balancer =>
    descriptor.create({
      endpoints,
      config,
      slowStart: null,
      clock: new ManualClock(),
      random: seededRandom(seed),
    });

  describe(`the ${descriptor.name} balancer keeps the contract: it`, () => {
    test('picks nobody of nobody', () => {
      const balancer = build([]);
      expect(balancer.pick(0)).toBeNull();
      expect(balancer.pick(0xffffffff)).toBeNull();
    });

    test('picks the only one there is, whatever the hash', () => {
      const [only] = endpointsOf(1);
      const balancer = build([only!]);
      for (const hash of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff]) expect(balancer.pick(hash)).toBe(only);
    });

    test.each([2, 3, 7, 64])('picks only members, and every one of %i', (count) => {
      const endpoints = endpointsOf(count);
      const counts = countPicks(build(endpoints), endpoints, count * 400);
      for (const endpoint of endpoints) expect(counts.get(endpoint)).toBeGreaterThan(0);
    });

    test('spreads evenly over equal endpoints: none gets a fifth more or less than its share', () => {
      const endpoints = endpointsOf(10);
      const counts = countPicks(build(endpoints), endpoints, 50_000);
      for (const count of counts.values()) {
        expect(count).toBeGreaterThan(4000);
        expect(count).toBeLessThan(6000);
      }
    });

    test(descriptor.weighted ? 'spreads in proportion to weights' : 'does not look at weights', () => {
      const weights = [1, 2, 4, 8];
      const endpoints = endpointsOf(4, weights);
      const counts = countPicks(build(endpoints), endpoints, 45_000);
      endpoints.forEach((endpoint, i) => {
        const share = descriptor.weighted ? weights[i]! / 15 : 1 / 4;
        expect(counts.get(endpoint)! / 45_000).toBeGreaterThan(share * 0.8);
        expect(counts.get(endpoint)! / 45_000).toBeLessThan(share * 1.2);
      });
    });

    test('decides the same way again with the same random numbers', () => {
      const endpoints = endpointsOf(13, [3, 1, 2]);
      const first = pickKeys(build(endpoints, 7), 500);
      expect(pickKeys(build(endpoints, 7), 500)).toEqual(first);
    });

    test('takes the largest and the smallest hash', () => {
      const endpoints = endpointsOf(5);
      const balancer = build(endpoints);
      for (const hash of [0, 0xffffffff, 0x80000000]) expect(endpoints).toContain(balancer.pick(hash));
    });

    if (descriptor.consistent) describeConsistency(build);
  });
}

function describeConsistency(build: (endpoints: readonly Endpoint[], seed?: number) => Balancer): void {
  test('gives the same hash the same endpoint in another thread, listed in another order', () => {
    const endpoints = endpointsOf(20, [1, 2, 3]);
    const here = pickKeys(build(endpoints, 1), 5000);
    expect(pickKeys(build([...endpoints].reverse(), 99), 5000)).toEqual(here);
  });

  test.each([4, 10, 50])('moves hardly more than the share of the one that goes, of %i', (count) => {
    const endpoints = endpointsOf(count);
    const moved = movedShare(build(endpoints), build(endpoints.slice(1)));
    expect(moved).toBeGreaterThan(0.5 / count);
    expect(moved).toBeLessThan(1.25 / count + 0.02);
  });

  test.each([4, 10, 50])('moves hardly more than the share of one that comes to %i', (count) => {
    const endpoints = endpointsOf(count + 1);
    const moved = movedShare(build(endpoints.slice(0, count)), build(endpoints));
    expect(moved).toBeLessThan(1.25 / (count + 1) + 0.02);
  });
}

/** The share of hashes that two balancers give to different endpoints. */
export function movedShare(before: Balancer, after: Balancer, hashes: number = 20_000): number {
  const random = seededRandom(5);
  let moved = 0;
  for (let n = 0; n < hashes; n++) {
    const hash = hashFrom(random);
    if (before.pick(hash)!.key !== after.pick(hash)!.key) moved++;
  }
  return moved / hashes;
}

/** How often each of `endpoints` is picked for random hashes; a pick of anything else fails. */
export function countPicks(
  balancer: Balancer,
  endpoints: readonly Endpoint[],
  picks: number,
): Map<Endpoint, number> {
  const counts = new Map(endpoints.map((endpoint) => [endpoint, 0]));
  const random = seededRandom(3);
  for (let n = 0; n < picks; n++) {
    const endpoint = balancer.pick(hashFrom(random));
    const count = endpoint === null ? undefined : counts.get(endpoint);
    if (count === undefined) throw new Error(`picked ${endpoint?.key ?? 'nobody'}, not a member`);
    counts.set(endpoint!, count + 1);
  }
  return counts;
}

function pickKeys(balancer: Balancer, picks: number): string[] {
  const random = seededRandom(11);
  return Array.from({ length: picks }, () => balancer.pick(hashFrom(random))!.key);
}

function hashFrom(random: Random): number {
  return Math.floor(random.next() * 4294967296);
}

import { describe, expect, test } from 'vitest';
import { ManualClock, seededRandom } from '../../../src/base/index.ts';
import { type Balancer, balancers, type Endpoint } from '../../../src/cluster/index.ts';
import { countPicks, movedShare } from './balancer-contract.ts';
import { endpointsOf } from './cluster-fixture.ts';

function ring(
  endpoints: readonly Endpoint[],
  minRingSize: number = 1024,
  maxRingSize: number = 8 << 20,
): Balancer {
  return balancers['ring-hash'].create({
    endpoints,
    config: { kind: 'ring-hash', minRingSize, maxRingSize },
    slowStart: null,
    clock: new ManualClock(),
    random: seededRandom(1),
  });
}

function maglev(endpoints: readonly Endpoint[], tableSize: number = 65_537): Balancer {
  return balancers.maglev.create({
    endpoints,
    config: { kind: 'maglev', tableSize },
    slowStart: null,
    clock: new ManualClock(),
    random: seededRandom(1),
  });
}

/** The largest share of any endpoint, relative to an even one. */
function worstShare(balancer: Balancer, endpoints: readonly Endpoint[]): number {
  const picks = 100_000;
  const counts = countPicks(balancer, endpoints, picks);
  return (Math.max(...counts.values()) / picks) * endpoints.length;
}

describe('ring hash', () => {
  test('spreads more evenly the larger the ring', () => {
    const endpoints = endpointsOf(10);
    expect(worstShare(ring(endpoints, 16), endpoints)).toBeGreaterThan(1.15);
    expect(worstShare(ring(endpoints, 4096), endpoints)).toBeLessThan(1.08);
  });

  test('is bounded by the maximum: one place each is the least', () => {
    const endpoints = endpointsOf(100);
    const counts = countPicks(ring(endpoints, 1024, 50), endpoints, 100_000);
    expect([...counts.values()].filter((count) => count > 0).length).toBe(100);
  });

  test('gives what belonged to an endpoint that goes to many others', () => {
    const endpoints = endpointsOf(10);
    const before = ring(endpoints);
    const after = ring(endpoints.slice(1));
    const heirs = new Set<Endpoint>();
    for (let n = 0; n < 20_000; n++) {
      const hash = Math.imul(n, 0x9e3779b1) >>> 0;
      if (before.pick(hash) === endpoints[0]) heirs.add(after.pick(hash)!);
    }
    expect(heirs.size).toBe(9);
  });

  test.each([2, 5, 17, 64])('keeps exactly what does not belong to the one that goes, of %i', (count) => {
    const endpoints = endpointsOf(count);
    const before = ring(endpoints);
    const after = ring(endpoints.slice(1));
    let strays = 0;
    for (let n = 0; n < 5000; n++) {
      const hash = Math.imul(n, 0x9e3779b1) >>> 0;
      const owner = before.pick(hash);
      if (owner !== endpoints[0] && after.pick(hash) !== owner) strays++;
    }
    expect(strays).toBe(0);
  });

  test('reads weights of 100 and 50 as 2 and 1', () => {
    const heavy = endpointsOf(4, [100, 50, 50, 100]);
    const light = endpointsOf(4, [2, 1, 1, 2]);
    expect(movedShare(ring(heavy), ring(light))).toBe(0);
  });
});

describe('Maglev', () => {
  test('spreads more evenly than a ring', () => {
    const endpoints = endpointsOf(10);
    expect(worstShare(maglev(endpoints), endpoints)).toBeLessThan(1.03);
  });

  test('takes the next prime for a table size that is not one', () => {
    const endpoints = endpointsOf(7);
    expect(movedShare(maglev(endpoints, 1000), maglev(endpoints, 1009))).toBe(0);
    expect(worstShare(maglev(endpoints, 1000), endpoints)).toBeLessThan(1.1);
  });

  test('works when there are more endpoints than places', () => {
    const endpoints = endpointsOf(20);
    const counts = countPicks(maglev(endpoints, 3), endpoints, 1000);
    expect([...counts.values()].filter((count) => count > 0).length).toBe(3);
  });
});

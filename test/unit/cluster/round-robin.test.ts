import { describe, expect, test } from 'vitest';
import { ManualClock, seededRandom } from '../../../src/base/index.ts';
import { balancers, type Endpoint } from '../../../src/cluster/index.ts';
import { endpointsOf } from './cluster-fixture.ts';

function optionsFor(endpoints: readonly Endpoint[], seed: number = 1) {
  return { endpoints, slowStart: null, clock: new ManualClock(), random: seededRandom(seed) };
}

describe('round robin', () => {
  test('takes every endpoint exactly once a round', () => {
    const endpoints = endpointsOf(5);
    const balancer = balancers['round-robin'].create({
      ...optionsFor(endpoints),
      config: { kind: 'round-robin' },
    });
    for (let round = 0; round < 3; round++) {
      expect(new Set(endpoints.map(() => balancer.pick(0)))).toEqual(new Set(endpoints));
    }
  });

  test('begins with different endpoints in different threads', () => {
    const endpoints = endpointsOf(8);
    const firsts = Array.from({ length: 50 }, (_, seed) =>
      balancers['round-robin']
        .create({ ...optionsFor(endpoints, seed), config: { kind: 'round-robin' } })
        .pick(0),
    );
    expect(new Set(firsts).size).toBe(8);
  });
});

describe('weighted round robin', () => {
  function picks(weights: readonly number[], count: number, seed: number): string {
    const endpoints = endpointsOf(weights.length, weights);
    const balancer = balancers['weighted-round-robin'].create({
      ...optionsFor(endpoints, seed),
      config: { kind: 'weighted-round-robin' },
    });
    const names = 'abcdefghij';
    return Array.from({ length: count }, () => names[endpoints.indexOf(balancer.pick(0)!)]).join('');
  }

  test('gives each endpoint its exact share of every round', () => {
    for (let seed = 0; seed < 20; seed++) {
      const taken = picks([5, 1, 1], 7000, seed);
      expect(taken.split('a').length - 1).toBeGreaterThanOrEqual(4999);
      expect(taken.split('a').length - 1).toBeLessThanOrEqual(5001);
    }
  });

  test('interleaves: an endpoint with three of four turns never gets more than three in a row', () => {
    for (let seed = 0; seed < 20; seed++) expect(picks([3, 1], 4000, seed)).not.toContain('aaaa');
  });

  test('lets two equal ones alternate', () => {
    expect(picks([7, 7], 100, 3)).toMatch(/^b?(ab)+a?$/);
  });
});

import { describe, expect, test } from 'vitest';
import { ManualClock, seededRandom } from '../../../src/base/index.ts';
import { type Balancer, balancers, type Endpoint } from '../../../src/cluster/index.ts';
import { countPicks } from './balancer-contract.ts';
import { endpointsOf } from './cluster-fixture.ts';

function build(endpoints: readonly Endpoint[], choices: number, activeRequestBias: number = 1): Balancer {
  return balancers['least-request'].create({
    endpoints,
    config: { kind: 'least-request', choices, activeRequestBias },
    slowStart: null,
    clock: new ManualClock(),
    random: seededRandom(2),
  });
}

/** Requests of equal length, `concurrent` at once: the largest number in flight at one endpoint. */
function highestLoad(balancer: Balancer, concurrent: number): number {
  const running: Endpoint[] = [];
  let highest = 0;
  for (let n = 0; n < 20_000; n++) {
    const endpoint = balancer.pick(0)!;
    endpoint.active++;
    highest = Math.max(highest, endpoint.active);
    running.push(endpoint);
    if (running.length > concurrent) running.shift()!.active--;
  }
  return highest;
}

describe('least request', () => {
  test('takes the idle one of two', () => {
    const endpoints = endpointsOf(2);
    endpoints[0]!.active = 1;
    const balancer = build(endpoints, 2);
    for (let n = 0; n < 20; n++) expect(balancer.pick(0)).toBe(endpoints[1]);
  });

  test('never takes the busiest one: with two choices there is always another', () => {
    const endpoints = endpointsOf(10);
    endpoints[4]!.active = 3;
    expect(countPicks(build(endpoints, 2), endpoints, 5000).get(endpoints[4]!)).toBe(0);
  });

  test('looks at all endpoints when there are as many choices', () => {
    const endpoints = endpointsOf(6);
    for (const endpoint of endpoints) endpoint.active = 5;
    endpoints[3]!.active = 4;
    const balancer = build(endpoints, 6);
    for (let n = 0; n < 50; n++) expect(balancer.pick(0)).toBe(endpoints[3]);
  });

  test('keeps the highest load near the average, unlike chance', () => {
    const average = 10;
    const twoChoices = highestLoad(build(endpointsOf(20), 2), 20 * average);
    const chance = highestLoad(build(endpointsOf(20), 1), 20 * average);
    expect(twoChoices).toBeLessThanOrEqual(average + 4);
    expect(chance).toBeGreaterThanOrEqual(average + 8);
  });

  test('divides the weight by the requests in flight where weights differ', () => {
    const endpoints = endpointsOf(2, [1, 2]);
    endpoints[1]!.active = 3;
    const counts = countPicks(build(endpoints, 2), endpoints, 3000);
    // 1 / 1 against 2 / 4.
    expect(counts.get(endpoints[0]!)! / counts.get(endpoints[1]!)!).toBeCloseTo(2, 1);
  });

  test('is weighted round robin with bias 0', () => {
    const endpoints = endpointsOf(2, [1, 2]);
    endpoints[1]!.active = 100;
    const counts = countPicks(build(endpoints, 2, 0), endpoints, 3000);
    expect(counts.get(endpoints[1]!)! / counts.get(endpoints[0]!)!).toBeCloseTo(2, 1);
  });
});

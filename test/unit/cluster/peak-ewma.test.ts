import { describe, expect, test } from 'vitest';
import { ManualClock, seededRandom } from '../../../src/base/index.ts';
import { type Balancer, balancers, type Endpoint } from '../../../src/cluster/index.ts';
import { countPicks } from './balancer-contract.ts';
import { endpointsOf } from './cluster-fixture.ts';

const config = { kind: 'peak-ewma', decayMs: 10_000, defaultRttMs: 30 } as const;

function build(endpoints: readonly Endpoint[], clock: ManualClock): Balancer {
  return balancers['peak-ewma'].create({
    endpoints,
    config,
    slowStart: null,
    clock,
    random: seededRandom(2),
  });
}

describe('peak EWMA', () => {
  test('jumps up with a slow answer at once and comes down slowly', () => {
    const clock = new ManualClock();
    const learner = balancers['peak-ewma'].learner!(config, clock);
    const [endpoint] = endpointsOf(1);
    learner.learn(endpoint!, 10, false);
    expect(endpoint!.latencyMs).toBe(10);
    clock.advance(1000);
    learner.learn(endpoint!, 500, false);
    expect(endpoint!.latencyMs).toBe(500);
    clock.advance(10_000);
    learner.learn(endpoint!, 10, false);
    expect(endpoint!.latencyMs).toBeCloseTo(500 / Math.E + 10 * (1 - 1 / Math.E));
  });

  test('sends to the faster of two, in proportion to nothing else', () => {
    const clock = new ManualClock();
    const endpoints = endpointsOf(2);
    const learner = balancers['peak-ewma'].learner!(config, clock);
    learner.learn(endpoints[0]!, 100, false);
    learner.learn(endpoints[1]!, 10, false);
    expect(countPicks(build(endpoints, clock), endpoints, 100).get(endpoints[1]!)).toBe(100);
  });

  test('weighs requests in flight: nine at the fast one are as bad as ten times its latency', () => {
    const clock = new ManualClock();
    const endpoints = endpointsOf(2);
    const learner = balancers['peak-ewma'].learner!(config, clock);
    learner.learn(endpoints[0]!, 99, false);
    learner.learn(endpoints[1]!, 10, false);
    const balancer = build(endpoints, clock);
    endpoints[1]!.active = 8;
    expect(balancer.pick(0)).toBe(endpoints[1]);
    endpoints[1]!.active = 9;
    expect(balancer.pick(0)).toBe(endpoints[0]);
  });

  test('tries a slow endpoint again after a silence', () => {
    const clock = new ManualClock();
    const endpoints = endpointsOf(2);
    const learner = balancers['peak-ewma'].learner!(config, clock);
    const balancer = build(endpoints, clock);
    learner.learn(endpoints[0]!, 1000, false);
    learner.learn(endpoints[1]!, 10, false);
    expect(balancer.pick(0)).toBe(endpoints[1]);
    clock.advance(60_000);
    learner.learn(endpoints[1]!, 10, false);
    expect(balancer.pick(0)).toBe(endpoints[0]);
  });

  test('takes an endpoint that nothing is known of as one with the default latency', () => {
    const clock = new ManualClock();
    const endpoints = endpointsOf(2);
    const learner = balancers['peak-ewma'].learner!(config, clock);
    learner.learn(endpoints[0]!, 31, false);
    expect(build(endpoints, clock).pick(0)).toBe(endpoints[1]);
    learner.learn(endpoints[1]!, 32, false);
    expect(build(endpoints, clock).pick(0)).toBe(endpoints[0]);
  });

  test('is not drawn to an endpoint that fails fast', () => {
    const clock = new ManualClock();
    const endpoints = endpointsOf(2);
    const learner = balancers['peak-ewma'].learner!(config, clock);
    learner.learn(endpoints[0]!, 20, false);
    learner.learn(endpoints[1]!, 20, false);
    learner.learn(endpoints[1]!, 0.1, true);
    expect(endpoints[1]!.latencyMs).toBe(200);
    expect(build(endpoints, clock).pick(0)).toBe(endpoints[0]);
    for (let n = 0; n < 10; n++) learner.learn(endpoints[1]!, 0.1, true);
    expect(endpoints[1]!.latencyMs).toBe(5000);
  });
});

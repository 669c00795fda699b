/** What balancers are worth where endpoints differ: the numbers of docs/balancing.md, from a seeded simulation. */
import { describe, expect, test } from 'vitest';
import { ManualClock, type Random, seededRandom } from '../../../src/base/index.ts';
import { balancers, type BalancerOptions, type Endpoint } from '../../../src/cluster/index.ts';
import { endpointsOf } from './cluster-fixture.ts';

const requests = 20_000;
/** Each endpoint serves one request after the other, exponentially distributed. */
const serviceMs = 10;

interface Load {
  readonly arrivalsPerSecond: number;
  /** How many times slower than the nine others the first endpoint is. */
  readonly slowdown: number;
}

/** Time as the simulation sets it. */
class SimulationClock extends ManualClock {
  atMs = 0;

  override now(): number {
    return this.atMs;
  }
}

type Kind = 'round-robin' | 'random' | 'least-request' | 'peak-ewma';

const ewma = { kind: 'peak-ewma', decayMs: 10_000, defaultRttMs: 30 } as const;

function build(kind: Kind, common: Omit<BalancerOptions, 'config'>) {
  switch (kind) {
    case 'round-robin':
      return balancers[kind].create({ ...common, config: { kind } });
    case 'random':
      return balancers[kind].create({ ...common, config: { kind } });
    case 'least-request':
      return balancers[kind].create({ ...common, config: { kind, choices: 2, activeRequestBias: 1 } });
    case 'peak-ewma':
      return balancers[kind].create({ ...common, config: ewma });
  }
}

/** The 99th percentile of the latency, in ms, of ten endpoints under Poisson arrivals. */
function p99(kind: Kind, { arrivalsPerSecond, slowdown }: Load): number {
  const random = seededRandom(42);
  const clock = new SimulationClock();
  const endpoints = endpointsOf(10);
  const balancer = build(kind, { endpoints, slowStart: null, clock, random });
  const learner = kind === 'peak-ewma' ? balancers['peak-ewma'].learner!(ewma, clock) : null;
  const freeAtMs = new Map(endpoints.map((endpoint) => [endpoint, 0]));
  let running: { readonly endMs: number; readonly startMs: number; readonly endpoint: Endpoint }[] = [];
  const latencies: number[] = [];
  let nowMs = 0;
  for (let n = 0; n < requests; n++) {
    nowMs += exponential(random, 1000 / arrivalsPerSecond);
    const ended = running.filter(({ endMs }) => endMs <= nowMs).sort((a, b) => a.endMs - b.endMs);
    running = running.filter(({ endMs }) => endMs > nowMs);
    for (const { endMs, startMs, endpoint } of ended) {
      clock.atMs = endMs;
      endpoint.active--;
      learner?.learn(endpoint, endMs - startMs, false);
    }
    clock.atMs = nowMs;
    const endpoint = balancer.pick(0)!;
    endpoint.active++;
    const workMs = exponential(random, serviceMs) * (endpoint === endpoints[0] ? slowdown : 1);
    const endMs = Math.max(nowMs, freeAtMs.get(endpoint)!) + workMs;
    freeAtMs.set(endpoint, endMs);
    running.push({ endMs, startMs: nowMs, endpoint });
    latencies.push(endMs - nowMs);
  }
  return latencies.sort((a, b) => a - b)[requests * 0.99]!;
}

function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random.next());
}

describe('the 99th percentile over ten endpoints', () => {
  test('that are alike and busy is lowest with least request, highest by chance', () => {
    const load = { arrivalsPerSecond: 700, slowdown: 1 };
    expect(p99('random', load)).toBeGreaterThan(130);
    expect(p99('round-robin', load)).toBeLessThan(100);
    expect(p99('least-request', load)).toBeLessThan(80);
  });

  test('one of which is three times slower is several times lower with least request and peak EWMA', () => {
    const load = { arrivalsPerSecond: 300, slowdown: 3 };
    expect(p99('random', load)).toBeGreaterThan(300);
    expect(p99('round-robin', load)).toBeGreaterThan(300);
    expect(p99('least-request', load)).toBeLessThan(90);
    expect(p99('peak-ewma', load)).toBeLessThan(65);
  });

  test('one of which cannot keep up is ruined with round robin and hardly touched with peak EWMA', () => {
    const load = { arrivalsPerSecond: 300, slowdown: 10 };
    expect(p99('random', load)).toBeGreaterThan(60_000);
    expect(p99('round-robin', load)).toBeGreaterThan(60_000);
    expect(p99('least-request', load)).toBeLessThan(250);
    expect(p99('peak-ewma', load)).toBeLessThan(65);
  });
});

import { describe, expect, test } from 'vitest';
import { ManualClock, seededRandom } from '../../../src/base/index.ts';
import {
  CircuitBreakers,
  Cluster,
  type Endpoint,
  type EndpointState,
  Outcome,
} from '../../../src/cluster/index.ts';
import type { ClusterConfig } from '../../../src/config/index.ts';
import {
  ClusterSlot,
  type CounterStore,
  EndpointSlot,
  durationBuckets,
} from '../../../src/telemetry/index.ts';
import {
  clusterConfig,
  clusterSlot,
  countersFor,
  endpointSlot,
  envoyOutlierDetection,
  stateOf,
  statesOf,
} from './cluster-fixture.ts';

interface Scene {
  readonly cluster: Cluster;
  readonly clock: ManualClock;
  readonly counters: CounterStore;
  readonly reports: string[];
}

function sceneOf(changes: Partial<ClusterConfig>, states: readonly EndpointState[]): Scene {
  const clock = new ManualClock();
  const counters = countersFor(200);
  const config = clusterConfig(changes);
  const breakers = new CircuitBreakers({
    config: config.circuitBreakers,
    gauges: new Int32Array(4),
    index: 0,
    counters,
    slot: clusterSlot,
  });
  const reports: string[] = [];
  const cluster = new Cluster({
    config,
    slot: clusterSlot,
    counters,
    breakers,
    clock,
    random: seededRandom(1),
    onOutlier: (endpoint, failure) => reports.push(`${endpoint.key} ${failure}`),
  });
  cluster.update(states);
  return { cluster, clock, counters, reports };
}

function share(cluster: Cluster, picks: number, of: (endpoint: Endpoint) => boolean): number {
  let hits = 0;
  for (let n = 0; n < picks; n++) if (of(cluster.pick(null, null)!)) hits++;
  return hits / picks;
}

describe('a cluster that is updated', () => {
  test('keeps the endpoint object, with its figures, of an address that stays', () => {
    const { cluster } = sceneOf({}, statesOf(3));
    const [first, second, third] = cluster.endpoints;
    second!.active = 4;
    const removed = cluster.update([stateOf(1, { weight: 9 }), stateOf(2), stateOf(3)]);
    expect(removed).toEqual([first]);
    expect(first!.live).toBe(false);
    expect(cluster.endpoints.slice(0, 2)).toEqual([second, third]);
    expect(cluster.endpoints[0]).toBe(second);
    expect(second!.active).toBe(4);
    expect(second!.state.weight).toBe(9);
    expect(second!.live).toBe(true);
  });

  test('makes a new endpoint of an address that comes back', () => {
    const { cluster } = sceneOf({}, statesOf(2));
    const first = cluster.endpoints[0]!;
    cluster.update([stateOf(1)]);
    cluster.update(statesOf(2));
    expect(cluster.endpoints[0]!.key).toBe(first.key);
    expect(cluster.endpoints[0]).not.toBe(first);
  });

  test('takes an address that is listed twice once', () => {
    const { cluster } = sceneOf({}, [stateOf(0), stateOf(0), stateOf(1)]);
    expect(cluster.endpoints.length).toBe(2);
  });

  test('stays where its balancer stood when nothing changed', () => {
    const { cluster } = sceneOf({}, statesOf(4));
    const seen = new Set<Endpoint | null>();
    for (let n = 0; n < 4; n++) {
      seen.add(cluster.pick(null, null));
      cluster.update(statesOf(4));
      cluster.configure(clusterConfig({ connectTimeoutMs: n }));
    }
    expect(seen.size).toBe(4);
  });

  test('changes its balancer with the configuration and keeps its endpoints', () => {
    const { cluster } = sceneOf({}, statesOf(4));
    const before = [...cluster.endpoints];
    cluster.configure(clusterConfig({ balancer: { kind: 'maglev', tableSize: 101 } }));
    expect(cluster.endpoints).toEqual(before);
    const picked = cluster.pick(12_345, null);
    for (let n = 0; n < 5; n++) expect(cluster.pick(12_345, null)).toBe(picked);
  });
});

describe('a pick', () => {
  test('takes no endpoint that is unhealthy or ejected', () => {
    const states = [stateOf(0), stateOf(1), stateOf(2), stateOf(3, { ejected: true })];
    const { cluster } = sceneOf({}, [...states, stateOf(4, { health: 'unhealthy' })]);
    expect(share(cluster, 300, (endpoint) => endpoint.usable)).toBe(1);
  });

  test('of nobody is null and counted', () => {
    const { cluster, counters } = sceneOf({}, []);
    expect(cluster.pick(null, null)).toBeNull();
    expect(cluster.pick(7, null)).toBeNull();
    expect(counters.get(clusterSlot + ClusterSlot.noHealthyEndpoint)).toBe(2);
  });

  test('is null with all endpoints unhealthy and panic off', () => {
    const { cluster, counters } = sceneOf({ panicThreshold: 0 }, statesOf(3, { health: 'unhealthy' }));
    expect(cluster.pick(null, null)).toBeNull();
    expect(counters.get(clusterSlot + ClusterSlot.noHealthyEndpoint)).toBe(1);
  });

  test('goes over all endpoints in panic, and counts it', () => {
    const states = [
      stateOf(0),
      ...statesOf(5)
        .slice(1)
        .map((state) => ({ ...state, ejected: true })),
    ];
    const { cluster, counters } = sceneOf({}, states);
    const seen = new Set(Array.from({ length: 5 }, () => cluster.pick(null, null)!.key));
    expect(seen.size).toBe(5);
    expect(counters.get(clusterSlot + ClusterSlot.panicPicks)).toBe(5);
  });

  test('spills over to the next priority what the first cannot carry', () => {
    const first = statesOf(10).map((state, i) => ({ ...state, ejected: i >= 5 }));
    const second = Array.from({ length: 10 }, (_, i) => stateOf(i + 10, { priority: 1 }));
    const { cluster } = sceneOf({}, [...second, ...first]);
    const inFirst = share(cluster, 10_000, (endpoint) => endpoint.state.priority === 0);
    expect(inFirst).toBeCloseTo(0.7, 1);
  });

  test('keeps a hash at its endpoint, also where the load is divided among priorities', () => {
    const states = [
      ...statesOf(10).map((state, i) => ({ ...state, ejected: i >= 5 })),
      ...Array.from({ length: 10 }, (_, i) => stateOf(i + 10, { priority: 1 })),
    ];
    const { cluster } = sceneOf(
      { balancer: { kind: 'ring-hash', minRingSize: 1024, maxRingSize: 1 << 20 } },
      states,
    );
    let inFirst = 0;
    let lowInFirst = 0;
    let low = 0;
    const seen = new Set<Endpoint>();
    for (let n = 0; n < 4000; n++) {
      const hash = Math.imul(n, 0x9e3779b1) >>> 0;
      const endpoint = cluster.pick(hash, null)!;
      expect(cluster.pick(hash, null)).toBe(endpoint);
      if (endpoint.state.priority === 0) inFirst++;
      if (hash < 2 ** 31) low++;
      if (hash < 2 ** 31 && endpoint.state.priority === 0) lowInFirst++;
      seen.add(endpoint);
    }
    expect(inFirst / 4000).toBeCloseTo(0.7, 1);
    // The priority is not chosen by the same bits that place a hash on the ring.
    expect(lowInFirst / low).toBeCloseTo(0.7, 1);
    expect(seen.size).toBe(15);
  });

  test.each([
    { kind: 'round-robin' },
    { kind: 'weighted-round-robin' },
    { kind: 'random' },
    { kind: 'least-request', choices: 2, activeRequestBias: 1 },
    { kind: 'peak-ewma', decayMs: 10_000, defaultRttMs: 30 },
    { kind: 'ring-hash', minRingSize: 64, maxRingSize: 1024 },
    { kind: 'maglev', tableSize: 101 },
  ] as const)('avoids the endpoint just tried, however it would choose: $kind', (balancer) => {
    const { cluster } = sceneOf({ balancer }, [stateOf(0, { weight: 100 }), stateOf(1, { weight: 1 })]);
    const [first, second] = cluster.endpoints;
    second!.active = 50;
    for (let n = 0; n < 50; n++) {
      expect(cluster.pick(n * 1000, first!)).toBe(second);
      expect(cluster.pick(null, first!)).toBe(second);
    }
  });

  test('takes the endpoint just tried when there is no other', () => {
    const { cluster } = sceneOf({}, [stateOf(0), stateOf(1, { ejected: true })]);
    expect(cluster.pick(null, cluster.endpoints[0]!)).toBe(cluster.endpoints[0]);
  });
});

describe('the book-keeping of a try', () => {
  const at = (counters: CounterStore, slot: number): number => counters.get(clusterSlot + slot);
  const of = (counters: CounterStore, slot: number): number => counters.get(endpointSlot(0) + slot);

  test('counts what is in flight from begin to end', () => {
    const { cluster, counters } = sceneOf({}, statesOf(1));
    const endpoint = cluster.endpoints[0]!;
    cluster.begin(endpoint);
    cluster.begin(endpoint);
    expect([
      endpoint.active,
      at(counters, ClusterSlot.requestsActive),
      of(counters, EndpointSlot.requestsActive),
    ]).toEqual([2, 2, 2]);
    cluster.end(endpoint, Outcome.Success, 200, 10);
    cluster.end(endpoint, Outcome.Cancelled, 0, 10);
    expect([
      endpoint.active,
      at(counters, ClusterSlot.requestsActive),
      of(counters, EndpointSlot.requestsActive),
    ]).toEqual([0, 0, 0]);
  });

  test('counts answers by class, tries without answer as none, and durations of answers only', () => {
    const { cluster, counters } = sceneOf({}, statesOf(1));
    const endpoint = cluster.endpoints[0]!;
    const tries = [
      [Outcome.Success, 200, 2],
      [Outcome.Success, 204, 700],
      [Outcome.Success, 503, 40_000],
      [Outcome.LocalOriginFailure, 0, 5000],
      [Outcome.Cancelled, 0, 80],
    ] as const;
    for (const [outcome, status, durationMs] of tries) {
      cluster.begin(endpoint);
      cluster.end(endpoint, outcome, status, durationMs);
    }
    const classes = (base: number): number[] => [0, 1, 2, 3, 4, 5].map((i) => counters.get(base + i));
    expect(classes(clusterSlot + ClusterSlot.requests)).toEqual([0, 2, 0, 0, 1, 2]);
    expect(classes(endpointSlot(0) + EndpointSlot.requests)).toEqual([0, 2, 0, 0, 1, 2]);
    expect(of(counters, EndpointSlot.successes)).toBe(2);
    expect(of(counters, EndpointSlot.failures)).toBe(2);
    expect(of(counters, EndpointSlot.duration)).toBe(3);
    expect(of(counters, EndpointSlot.duration + 1)).toBeCloseTo(40.702);
    const buckets = durationBuckets.map((_, i) => at(counters, ClusterSlot.duration + i));
    expect(buckets[durationBuckets.indexOf(0.0025)]).toBe(1);
    expect(buckets[durationBuckets.indexOf(1)]).toBe(1);
    expect(at(counters, ClusterSlot.duration + durationBuckets.length)).toBe(1);
    expect(at(counters, ClusterSlot.duration + durationBuckets.length + 1)).toBeCloseTo(40.702);
  });

  test('reports an endpoint whose failures reach the threshold, once', () => {
    const { cluster, reports } = sceneOf({ outlierDetection: envoyOutlierDetection }, statesOf(2));
    const endpoint = cluster.endpoints[0]!;
    for (let n = 0; n < 5; n++) {
      expect(reports).toEqual([]);
      cluster.begin(endpoint);
      cluster.end(endpoint, Outcome.Success, 500, 1);
    }
    expect(reports).toEqual(['10.0.0.1:80 consecutive-5xx']);
  });

  test('teaches peak EWMA', () => {
    const { cluster } = sceneOf(
      { balancer: { kind: 'peak-ewma', decayMs: 10_000, defaultRttMs: 30 } },
      statesOf(2),
    );
    const [slow, fast] = cluster.endpoints;
    for (const [endpoint, ms] of [
      [slow!, 90],
      [fast!, 3],
    ] as const) {
      cluster.begin(endpoint);
      cluster.end(endpoint, Outcome.Success, 200, ms);
    }
    expect(share(cluster, 100, (endpoint) => endpoint === fast)).toBe(1);
  });

  test('starts an endpoint that returns from ejection with a clean record', () => {
    const { cluster, reports } = sceneOf({ outlierDetection: envoyOutlierDetection }, statesOf(2));
    const endpoint = cluster.endpoints[0]!;
    const fail = (times: number): void => {
      for (let n = 0; n < times; n++) {
        cluster.begin(endpoint);
        cluster.end(endpoint, Outcome.Success, 500, 1);
      }
    };
    fail(4);
    cluster.update([stateOf(0, { ejected: true }), stateOf(1)]);
    cluster.update(statesOf(2));
    fail(4);
    expect(reports).toEqual([]);
    fail(1);
    expect(reports.length).toBe(1);
  });
});

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { BreakerGauges, CircuitBreakers } from '../../../src/cluster/index.ts';
import type { CircuitBreakerConfig } from '../../../src/config/index.ts';
import { ClusterSlot, type CounterStore } from '../../../src/telemetry/index.ts';
import { clusterSlot, countersFor } from './cluster-fixture.ts';

const limits: CircuitBreakerConfig = {
  maxConnections: 2,
  maxPending: 1,
  maxRequests: 3,
  maxRetries: 1,
  retryBudget: null,
};

interface Thread {
  readonly breakers: CircuitBreakers;
  readonly counters: CounterStore;
}

function threadOn(
  gauges: BreakerGauges,
  config: CircuitBreakerConfig = limits,
  cluster: string = 'app',
): Thread {
  const counters = countersFor(1);
  const breakers = new CircuitBreakers({
    config,
    gauges: new Int32Array(gauges.memory),
    index: gauges.indexOf(cluster),
    counters,
    slot: clusterSlot,
  });
  return { breakers, counters };
}

describe('circuit breakers', () => {
  test('limit what all threads hold together', () => {
    const gauges = new BreakerGauges(4);
    const [a, b] = [threadOn(gauges), threadOn(gauges)];
    expect([a.breakers.tryConnection(), b.breakers.tryConnection(), a.breakers.tryConnection()]).toEqual([
      true,
      true,
      false,
    ]);
    expect(a.counters.get(ClusterSlot.overflow)).toBe(1);
    expect(a.counters.get(ClusterSlot.connectionsActive)).toBe(1);
    expect(gauges.useOf('app').connections).toBe(2);
    b.breakers.releaseConnection();
    expect(a.breakers.tryConnection()).toBe(true);
    expect(b.counters.get(ClusterSlot.connectionsActive)).toBe(0);
  });

  test('count each kind by itself, and refusals by kind', () => {
    const gauges = new BreakerGauges(4);
    const { breakers, counters } = threadOn(gauges);
    expect([breakers.tryPending(), breakers.tryPending()]).toEqual([true, false]);
    expect([1, 2, 3, 4].map(() => breakers.tryRequest())).toEqual([true, true, true, false]);
    expect([breakers.tryRetry(), breakers.tryRetry(), breakers.tryRetry()]).toEqual([true, false, false]);
    expect([0, 1, 2, 3].map((i) => counters.get(ClusterSlot.overflow + i))).toEqual([0, 1, 1, 2]);
    expect(gauges.useOf('app')).toEqual({ connections: 0, pending: 1, requests: 3, retries: 1 });
    breakers.releasePending();
    breakers.releaseRetry();
    for (let n = 0; n < 3; n++) breakers.releaseRequest();
    expect(gauges.useOf('app')).toEqual({ connections: 0, pending: 0, requests: 0, retries: 0 });
    expect(counters.get(ClusterSlot.requestsPending)).toBe(0);
    expect(counters.get(ClusterSlot.retriesActive)).toBe(0);
  });

  test('of clusters do not touch one another', () => {
    const gauges = new BreakerGauges(4);
    threadOn(gauges).breakers.tryPending();
    expect(threadOn(gauges, limits, 'other').breakers.tryPending()).toBe(true);
  });

  test('refuse everything at a limit of 0', () => {
    const gauges = new BreakerGauges(4);
    expect(threadOn(gauges, { ...limits, maxRetries: 0 }).breakers.tryRetry()).toBe(false);
  });

  test('take a changed limit over at once', () => {
    const gauges = new BreakerGauges(4);
    const { breakers } = threadOn(gauges);
    breakers.tryPending();
    breakers.configure({ ...limits, maxPending: 2 });
    expect(breakers.tryPending()).toBe(true);
    expect(breakers.tryPending()).toBe(false);
  });

  test('give retries a share of what is active or waits, and a minimum', () => {
    const gauges = new BreakerGauges(4);
    const config = { ...limits, maxRequests: 100, maxPending: 100, maxRetries: 0 };
    const { breakers } = threadOn(gauges, { ...config, retryBudget: { ratio: 0.2, minConcurrency: 3 } });
    expect([1, 2, 3, 4].map(() => breakers.tryRetry())).toEqual([true, true, true, false]);
    for (let n = 0; n < 20; n++) breakers.tryRequest();
    for (let n = 0; n < 5; n++) breakers.tryPending();
    // 20 % of 25.
    expect([4, 5, 6].map(() => breakers.tryRetry())).toEqual([true, true, false]);
  });

  test('hold exactly while threads race for the last places', async () => {
    const gauges = new BreakerGauges(2);
    const index = gauges.indexOf('app');
    const scratch = gauges.indexOf('what the racers count with');
    const racers = 3;
    const workers = Array.from(
      { length: racers },
      () =>
        new Worker(new URL('./breaker-racer.ts', import.meta.url), {
          workerData: { memory: gauges.memory, index, scratch, racers },
        }),
    );
    const results = await Promise.all(
      workers.map(async (worker) => (await once(worker, 'message'))[0] as { taken: number; most: number }),
    );
    await Promise.all(workers.map((worker) => worker.terminate()));
    for (const { taken, most } of results) {
      expect(taken).toBeGreaterThan(0);
      expect(most).toBeLessThanOrEqual(2);
    }
    expect(gauges.useOf('app').requests).toBe(0);
  });
});

describe('the gauges of circuit breakers', () => {
  test('give back what a dead thread held, once', () => {
    const gauges = new BreakerGauges(4);
    const config = { ...limits, maxConnections: 10, maxRequests: 10 };
    const [dead, alive] = [threadOn(gauges, config), threadOn(gauges, config)];
    for (let n = 0; n < 4; n++) dead.breakers.tryConnection();
    dead.breakers.tryPending();
    dead.breakers.tryRetry();
    dead.breakers.tryRequest();
    dead.counters.add(clusterSlot + ClusterSlot.requestsActive, 1);
    alive.breakers.tryConnection();
    gauges.returnHeld(dead.counters, { app: clusterSlot, unknown: clusterSlot });
    expect(gauges.useOf('app')).toEqual({ connections: 1, pending: 0, requests: 0, retries: 0 });
    gauges.returnHeld(dead.counters, { app: clusterSlot });
    expect(gauges.useOf('app').connections).toBe(1);
  });

  test('keep the index of a cluster, and say when there is no room for another', () => {
    const gauges = new BreakerGauges(2);
    expect([gauges.indexOf('a'), gauges.indexOf('b'), gauges.indexOf('a')]).toEqual([0, 4, 0]);
    expect(gauges.indexOf('c')).toBe(-1);
    expect(gauges.useOf('c')).toEqual({ connections: 0, pending: 0, requests: 0, retries: 0 });
  });

  test('hold for each thread by itself where there was no room', () => {
    const gauges = new BreakerGauges(0);
    const [a, b] = [threadOn(gauges), threadOn(gauges)];
    expect([a.breakers.tryPending(), a.breakers.tryPending(), b.breakers.tryPending()]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

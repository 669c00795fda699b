import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { BreakerGauges, CircuitBreakers } from '../../../src/cluster/index.ts';
import type { ClusterConfig } from '../../../src/config/index.ts';
import { measureClusters } from '../../../src/control/cluster-metrics.ts';
import { ClusterSlot, CounterStore } from '../../../src/telemetry/index.ts';
import { clusterConfig } from './test-config.ts';

function make(all: { config: ClusterConfig }[]) {
  const registry = new Registry();
  const gauges = new BreakerGauges();
  const clusters = { all };
  measureClusters(registry, clusters, gauges);
  const limits = async () =>
    (await registry.metrics())
      .split('\n')
      .filter((line) => line.startsWith('meshlock_'))
      .map((line) => line.replace('meshlock_cluster_breaker_limit', ''));
  return { clusters, gauges, limits };
}

function breakersOf(gauges: BreakerGauges, { name, circuitBreakers }: ClusterConfig) {
  const counters = new CounterStore(CounterStore.allocate(1 << 10));
  const breakers = new CircuitBreakers({
    config: circuitBreakers,
    gauges: new Int32Array(gauges.memory),
    index: gauges.indexOf(name),
    counters,
    slot: 0,
  });
  return { breakers, counters };
}

describe('the metrics of clusters', () => {
  test('show what each circuit breaker allows, of the clusters that are there', async () => {
    const { clusters, limits } = make([{ config: clusterConfig('app') }]);
    expect(await limits()).toEqual([
      '{cluster="app",breaker="connections"} 1024',
      '{cluster="app",breaker="pending"} 1024',
      '{cluster="app",breaker="requests"} 1024',
      '{cluster="app",breaker="retries"} 3',
    ]);
    clusters.all = [];
    expect(await limits()).toEqual([]);
  });

  test('show a retry budget as it stands, which is where retries begin to be refused', async () => {
    const config: ClusterConfig = {
      ...clusterConfig('app'),
      circuitBreakers: {
        ...clusterConfig('app').circuitBreakers,
        retryBudget: { ratio: 0.5, minConcurrency: 1 },
      },
    };
    const { gauges, limits } = make([{ config }]);
    const { breakers, counters } = breakersOf(gauges, config);
    expect(await limits()).toContain('{cluster="app",breaker="retries"} 1');
    for (let request = 0; request < 6; request++) expect(breakers.tryRequest()).toBe(true);
    for (let waiting = 0; waiting < 2; waiting++) expect(breakers.tryPending()).toBe(true);
    expect(await limits()).toContain('{cluster="app",breaker="retries"} 4');
    const taken = [1, 2, 3, 4, 5].map(() => breakers.tryRetry());
    expect(taken).toEqual([true, true, true, true, false]);
    expect(counters.get(ClusterSlot.retriesActive)).toBe(4);
  });
});

import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/index.ts';
import { dataPathStats, serverStats } from '../../../src/control/stat-list.ts';
import { Exposition } from '../../../src/telemetry/control.ts';
import {
  ClusterSlot,
  CounterStore,
  clusterBlock,
  durationBucketOf,
  observe,
  SlotDirectory,
} from '../../../src/telemetry/index.ts';

describe('stat list', () => {
  test('sorts what the data path counts into counters, gauges and histograms, used or not', () => {
    const directory = new SlotDirectory();
    const exposition = new Exposition({ directory, clock: new ManualClock() });
    const store = new CounterStore(CounterStore.allocate(directory.capacity));
    exposition.addThread(1, store);
    const slot = directory.baseOf(clusterBlock, ['app']);
    directory.baseOf(clusterBlock, ['idle']);
    store.add(slot + ClusterSlot.connections, 2);
    store.add(slot + ClusterSlot.connectionsActive, 1);
    observe(store, slot + ClusterSlot.duration, durationBucketOf(0.004), 0.004);
    const stats = new Map(dataPathStats(exposition).map((stat) => [stat.name, stat]));
    expect(stats.get('cluster.app.upstream_cx_total')).toMatchObject({
      type: 'counter',
      value: 2,
      used: true,
    });
    expect(stats.get('cluster.app.upstream_cx_active')).toMatchObject({
      type: 'gauge',
      value: 1,
      used: true,
    });
    expect(stats.get('cluster.app.upstream_cx_rx_bytes_total')).toMatchObject({ type: 'counter' });
    expect(stats.get('cluster.app.upstream_rq_time')).toMatchObject({ type: 'histogram', used: true });
    expect(stats.get('cluster.idle.upstream_cx_total')).toMatchObject({ value: 0, used: false });
    expect(stats.get('cluster.idle.upstream_rq_time')).toMatchObject({ used: false });
  });

  test('every gauge of the catalogue is one here', () => {
    const directory = new SlotDirectory();
    const exposition = new Exposition({ directory, clock: new ManualClock() });
    exposition.addThread(1, new CounterStore(CounterStore.allocate(directory.capacity)));
    directory.baseOf(clusterBlock, ['app']);
    const gauges = dataPathStats(exposition).flatMap(({ type, name }) => (type === 'gauge' ? [name] : []));
    const declared = clusterBlock.metrics.filter(({ type }) => type === 'gauge').length;
    expect(gauges.filter((name) => name.startsWith('cluster.app.'))).toHaveLength(declared);
    expect(gauges.filter((name) => name.startsWith('thread.')).length).toBeGreaterThanOrEqual(5);
  });

  test("gives the process's state Envoy's numbers", () => {
    const figures = {
      uptimeMs: 12_345,
      threads: 2,
      listeners: 3,
      clusters: 4,
      warmingClusters: 1,
      connections: 9,
      reloadsApplied: 5,
      reloadsRefused: 6,
    };
    const numbers = (state: 'LIVE' | 'DRAINING' | 'INITIALIZING') =>
      Object.fromEntries(
        serverStats({ ...figures, state }).map((stat) => [stat.name, 'value' in stat ? stat.value : null]),
      );
    expect(numbers('LIVE')).toMatchObject({
      'server.state': 0,
      'server.live': 1,
      'server.uptime': 12,
      'listener_manager.workers_started': 1,
      'listener_manager.lds.update_success': 5,
      'cluster_manager.cds.update_rejected': 6,
    });
    expect(numbers('DRAINING')).toMatchObject({ 'server.state': 1, 'server.live': 0 });
    expect(numbers('INITIALIZING')).toMatchObject({
      'server.state': 3,
      'listener_manager.workers_started': 0,
    });
  });
});

import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/index.ts';
import { Breaker, BreakerGauges } from '../../../src/cluster/breaker-gauges.ts';
import { ThreadAccounting } from '../../../src/control/thread-accounting.ts';
import { ThreadCounters } from '../../../src/control/thread-counters.ts';
import { ControlMetrics, Exposition } from '../../../src/telemetry/control.ts';
import { ClusterSlot, CounterStore, clusterBlock, SlotDirectory } from '../../../src/telemetry/index.ts';

function make() {
  const directory = new SlotDirectory();
  const exposition = new Exposition({ directory, clock: new ManualClock() });
  const metrics = new ControlMetrics({ registry: exposition.registry, version: '0' });
  const gauges = new BreakerGauges();
  const counters = new ThreadCounters();
  const slot = directory.baseOf(clusterBlock, ['app']);
  const index = gauges.indexOf('app');
  const accounting = new ThreadAccounting({ directory, gauges, counters, exposition, metrics });
  const start = (thread: number): CounterStore => {
    const memory = CounterStore.allocate(directory.capacity);
    accounting.started(thread, memory);
    return new CounterStore(memory);
  };
  return { accounting, gauges, counters, exposition, slot, index, start };
}

describe('thread accounting', () => {
  test('keeps the counters of a thread that is gone and drops its gauges', async () => {
    const { accounting, counters, exposition, slot, start } = make();
    const first = start(1);
    first.add(slot + ClusterSlot.retries, 5);
    first.add(slot + ClusterSlot.connectionsActive, 2);
    accounting.ended(1, { kind: 'crash', message: 'x', stack: '' });
    start(1).add(slot + ClusterSlot.retries, 1);
    const { body } = await exposition.render('');
    expect(body).toContain('meshlock_cluster_retries_total{cluster="app"} 6');
    expect(body).toContain('meshlock_cluster_connections_active{cluster="app"} 0');
    expect(counters.total(slot + ClusterSlot.retries)).toBe(6);
    expect(counters.now(slot + ClusterSlot.connectionsActive)).toBe(0);
  });

  test('gives back what a dead thread held of the limits that all share', () => {
    const { accounting, gauges, slot, index, start } = make();
    const shared = new Int32Array(gauges.memory);
    Atomics.store(shared, index + Breaker.Requests, 7);
    Atomics.store(shared, index + Breaker.Connections, 3);
    const dying = start(1);
    dying.add(slot + ClusterSlot.requestsActive, 4);
    dying.add(slot + ClusterSlot.connectionsActive, 3);
    accounting.ended(1, { kind: 'stall', stalledMs: 10_000 });
    expect(gauges.useOf('app')).toMatchObject({ requests: 3, connections: 0 });
  });

  test('counts replacements by why, and not what was asked to end', async () => {
    const { accounting, exposition, start } = make();
    const exits = [
      { kind: 'crash', message: '', stack: '' },
      { kind: 'exit', code: 3 },
      { kind: 'out-of-heap', limitBytes: 0 },
      { kind: 'stall', stalledMs: 1 },
      { kind: 'start-timeout', waitedMs: 1 },
      { kind: 'stopped' },
    ] as const;
    for (const exit of exits) {
      start(1);
      accounting.ended(1, exit);
    }
    accounting.ended(1, { kind: 'crash', message: 'not there any more', stack: '' });
    const { body } = await exposition.render('');
    expect(body).toContain('meshlock_thread_replacements_total{reason="crashed"} 2');
    expect(body).toContain('meshlock_thread_replacements_total{reason="out-of-memory"} 1');
    expect(body).toContain('meshlock_thread_replacements_total{reason="stalled"} 2');
  });
});

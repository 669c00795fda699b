import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import {
  ClusterSlot,
  CounterStore,
  clusterBlock,
  durationBucketOf,
  EndpointSlot,
  endpointBlock,
  ListenerSlot,
  observe,
  ResponseFlag,
  SlotDirectory,
  ThreadSlot,
} from '../../../src/telemetry/index.ts';
import { MeshFigures } from './mesh-figures.ts';

describe('Exposition', () => {
  test('sums an entity over the threads and keeps the thread block apart', async () => {
    const mesh = new MeshFigures();
    const one = mesh.thread(1);
    const two = mesh.thread(2);
    mesh.exchange(one);
    mesh.exchange(two);
    mesh.exchange(two);
    expect(
      await mesh.value('meshlock_listener_requests_total{code_class="2xx",listener="in",role="inbound"}'),
    ).toBe(3);
    expect(await mesh.value('meshlock_listener_connections_active{listener="in",role="inbound"}')).toBe(3);
    expect(await mesh.value('meshlock_thread_heartbeats_total{thread="1"}')).toBe(1);
    expect(await mesh.value('meshlock_thread_heartbeats_total{thread="2"}')).toBe(2);
    expect(await mesh.value('meshlock_local_replies_total{flag="NR",thread="2"}')).toBe(2);
  });

  test('cumulates the buckets of a histogram and gives its count and sum', async () => {
    const mesh = new MeshFigures();
    const store = mesh.thread(1);
    for (const seconds of [0.0005, 0.02, 0.02, 0.7, 99]) {
      observe(store, mesh.cluster + ClusterSlot.duration, durationBucketOf(seconds), seconds);
    }
    const name = 'meshlock_cluster_request_duration_seconds';
    expect(await mesh.value(`${name}_bucket{le="0.0005",cluster="cart"}`)).toBe(1);
    expect(await mesh.value(`${name}_bucket{le="0.01",cluster="cart"}`)).toBe(1);
    expect(await mesh.value(`${name}_bucket{le="0.025",cluster="cart"}`)).toBe(3);
    expect(await mesh.value(`${name}_bucket{le="30",cluster="cart"}`)).toBe(4);
    expect(await mesh.value(`${name}_bucket{le="+Inf",cluster="cart"}`)).toBe(5);
    expect(await mesh.value(`${name}_count{cluster="cart"}`)).toBe(5);
    expect(await mesh.value(`${name}_sum{cluster="cart"}`)).toBeCloseTo(99.7405, 9);
  });

  test('keeps the counters of a replaced thread and drops its gauges', async () => {
    const mesh = new MeshFigures();
    const first = mesh.thread(1);
    mesh.exchange(first);
    mesh.exchange(first);
    mesh.exposition.retireThread(1);

    const between = await mesh.text();
    expect(between).toContain('meshlock_thread_heartbeats_total{thread="1"} 2\n');
    expect(between).not.toContain('meshlock_thread_utilization_ratio{');
    expect(between).toContain('meshlock_listener_connections_active{listener="in",role="inbound"} 0\n');
    expect(between).toContain('meshlock_cluster_request_duration_seconds_count{cluster="cart"} 2\n');

    mesh.exchange(mesh.thread(1));
    const after = await mesh.text();
    expect(after).toContain('meshlock_thread_heartbeats_total{thread="1"} 3\n');
    expect(after).toContain('meshlock_thread_utilization_ratio{thread="1"} 0.25\n');
    expect(after).toContain('meshlock_listener_connections_active{listener="in",role="inbound"} 1\n');
    expect(after).toContain('meshlock_cluster_request_duration_seconds_count{cluster="cart"} 3\n');
    expect(after).toContain(
      'meshlock_endpoint_request_duration_seconds_count{cluster="cart",endpoint="10.0.0.1:80"} 3\n',
    );
  });

  test('never shows a counter running backwards over ten replacements', async () => {
    const mesh = new MeshFigures();
    const sample = 'meshlock_cluster_requests_total{code_class="2xx",cluster="cart"}';
    let last = 0;
    for (let i = 0; i < 10; i++) {
      mesh.exchange(mesh.thread(1));
      const running = (await mesh.value(sample)) ?? 0;
      mesh.exposition.retireThread(1);
      const retired = (await mesh.value(sample)) ?? 0;
      expect(running).toBe(last + 1);
      expect(retired).toBe(running);
      last = retired;
    }
  });

  test('folds what an entity counted after it was removed, in case it comes back', async () => {
    const mesh = new MeshFigures();
    const store = mesh.thread(1);
    mesh.exchange(store);
    mesh.directory.retain(new Set([mesh.listener]));
    mesh.exposition.retireThread(1);
    expect(await mesh.text()).not.toContain('cluster="cart"');
    mesh.directory.baseOf(clusterBlock, ['cart']);
    expect(await mesh.value('meshlock_cluster_requests_total{code_class="2xx",cluster="cart"}')).toBe(1);
  });

  test('refuses a second store for a thread that still has one', () => {
    const mesh = new MeshFigures();
    mesh.thread(1);
    expect(() => mesh.thread(1)).toThrow('thread 1 has counters already');
  });

  test('shows an idle entity by its plain counters and gauges alone, a busy one with all zeros', async () => {
    const mesh = new MeshFigures();
    const store = mesh.thread(1);
    mesh.exchange(store);
    const lines = await mesh.lines();
    const of = (endpoint: string): string[] =>
      lines.filter((line) => line.includes(`endpoint="${endpoint}"`));
    const plain = endpointBlock.metrics.filter(
      ({ type, split }) => split === null && (type === 'counter' || type === 'gauge'),
    );
    expect(plain.length).toBeGreaterThan(2);
    expect(of('10.0.0.2:80')).toEqual(
      plain.map(({ name }) => `${name}{cluster="cart",endpoint="10.0.0.2:80"} 0`),
    );
    // No histogram: one line for each slot.
    expect(of('10.0.0.1:80')).toHaveLength(endpointBlock.size);
    expect(
      await mesh.value(
        'meshlock_endpoint_requests_total{code_class="5xx",cluster="cart",endpoint="10.0.0.1:80"}',
      ),
    ).toBe(0);
    expect(await mesh.value('meshlock_cluster_overflow_total{breaker="connections",cluster="cart"}')).toBe(0);
  });

  test('shows the overflow entity only once it has counted', async () => {
    const mesh = new MeshFigures(700);
    const store = mesh.thread(1);
    expect(await mesh.text()).not.toContain('"_other"');
    let base = 0;
    for (let i = 0; i < 60; i++) base = mesh.directory.baseOf(endpointBlock, ['cart', `10.1.0.${i}:80`]);
    store.add(base + EndpointSlot.successes, 1);
    expect(await mesh.value('meshlock_endpoint_successes_total{cluster="_other",endpoint="_other"}')).toBe(1);
    expect(await mesh.value('meshlock_metric_slots_refused_total')).toBeGreaterThan(0);
    expect(await mesh.value('meshlock_metric_slots_limit')).toBe(700);
  });

  test('escapes label values', async () => {
    const mesh = new MeshFigures();
    mesh.directory.baseOf(clusterBlock, ['a"b\\c\nd']);
    expect(await mesh.text()).toContain('meshlock_cluster_connections_total{cluster="a\\"b\\\\c\\nd"} 0\n');
  });

  test('writes OpenMetrics to who asks for it and plain text again to the next', async () => {
    const mesh = new MeshFigures();
    mesh.exchange(mesh.thread(1));
    const open = await mesh.exposition.render('application/openmetrics-text; version=1.0.0');
    expect(open.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(open.body.endsWith('\n# EOF\n')).toBe(true);
    expect(open.body).toContain('# TYPE meshlock_cluster_requests counter\n');
    expect(open.body).toContain('meshlock_cluster_requests_total{code_class="2xx",cluster="cart"} 1\n');
    expect(open.body).toContain('# TYPE meshlock_config_reloads counter\n');
    expect(open.body).toContain('meshlock_config_reloads_total{result="success"} 0\n');
    expect(open.body).toContain('_bucket{le="10.0",cluster="cart"} 1\n');
    const plain = await mesh.exposition.render('*/*');
    expect(plain.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(plain.body).toContain('# TYPE meshlock_cluster_requests_total counter\n');
    expect(plain.body).toContain('meshlock_config_reloads_total{result="success"} 0\n');
    expect(plain.body).toContain('_bucket{le="10",cluster="cart"} 1\n');
  });

  test('tells the figures of the process', async () => {
    const mesh = new MeshFigures();
    expect(await mesh.value('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(await mesh.value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(await mesh.value('process_start_time_seconds')).toBeLessThanOrEqual(Date.UTC(2026, 0, 1) / 1000);
    expect(await mesh.text()).toContain(`nodejs_version_info{version="${process.version}"`);
    expect(await mesh.value(`meshlock_build_info{version="1.2.3",node="${process.version}"}`)).toBe(1);
    // The four figures of one scrape are read one after the other, so the sum may be a little ahead.
    const user = (await mesh.value('process_cpu_user_seconds_total')) ?? Number.NaN;
    expect(await mesh.value('process_cpu_seconds_total')).toBeGreaterThanOrEqual(user);
  });

  test.skipIf(process.platform !== 'linux')('counts open descriptors', async () => {
    const mesh = new MeshFigures();
    expect(await mesh.value('process_open_fds')).toBeGreaterThan(3);
    expect(await mesh.value('process_max_fds')).toBeGreaterThan(100);
  });

  // The bound is ten times what it takes; it catches a cost that grows with the square of the endpoints.
  test('renders 2,000 busy endpoints', async () => {
    const mesh = new MeshFigures(1 << 16);
    const stores = [mesh.thread(1), mesh.thread(2)];
    for (let i = 0; i < 2000; i++) {
      const base = mesh.directory.baseOf(endpointBlock, ['cart', `10.1.${i >> 8}.${i & 255}:80`]);
      for (const store of stores) store.add(base + EndpointSlot.requests + 1, 1);
    }
    await mesh.text();
    const startMs = performance.now();
    const body = await mesh.text();
    expect(performance.now() - startMs).toBeLessThan(1000);
    expect(body.split('\n').filter((line) => line.includes('endpoint="10.1.'))).toHaveLength(
      2000 * endpointBlock.size,
    );
  });
});

describe('SlotDirectory', () => {
  test('no longer lists what was not retained, and lists it again when it is asked for', () => {
    const directory = new SlotDirectory(4096);
    const kept = directory.baseOf(clusterBlock, ['kept']);
    const dropped = directory.baseOf(clusterBlock, ['dropped']);
    directory.retain(new Set([kept]));
    const live = (): number[] => [...directory.liveEntities()].map((entity) => entity.base);
    expect(live()).toContain(kept);
    expect(live()).not.toContain(dropped);
    expect(live()).toHaveLength(5);
    expect(directory.baseOf(clusterBlock, ['dropped'])).toBe(dropped);
    expect(live()).toContain(dropped);
    expect([...directory.entities()]).toHaveLength(6);
  });
});

const promtool = 'promtool';
const withoutPromtool = spawnSync(promtool, ['--version']).error !== undefined;

describe('promtool check metrics', () => {
  const check = (body: string): { status: number | null; output: string } => {
    const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], {
      input: body,
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  };

  test.skipIf(withoutPromtool)('finds nothing in an idle exposition', async () => {
    const mesh = new MeshFigures();
    mesh.thread(1);
    expect(check(await mesh.text())).toEqual({ status: 0, output: '' });
  });

  test.skipIf(withoutPromtool)('finds nothing in a busy exposition', async () => {
    const mesh = busyMesh();
    expect(check(await mesh.text())).toEqual({ status: 0, output: '' });
  });

  test.skipIf(withoutPromtool)('would find a counter without _total', () => {
    expect(check('# HELP a_b x\n# TYPE a_b counter\na_b 1\n').status).not.toBe(0);
  });
});

/** Every metric has at least one sample. */
function busyMesh(): MeshFigures {
  const mesh = new MeshFigures();
  for (const number of [1, 2]) mesh.exchange(mesh.thread(number));
  mesh.exposition.retireThread(2);
  const { control } = mesh;
  control.reloaded(true, 1_760_000_000_000);
  control.threadReplaced('stalled');
  control.healthChecked('cart', 'timeout');
  control.outlierDetected('cart', 'consecutive-5xx', true);
  control.dnsResolved('cart', 'failure');
  control.setEndpoints('cart', [{ endpoint: '10.0.0.1:80', healthy: true, ejected: false }]);
  control.addWriter({ path: '/dev/stdout', writtenBytes: 10, droppedLines: 1, failures: 2 });
  control.setSpans({ exported: 4, droppedQueueFull: 1, droppedRejected: 0, droppedShutdown: 0 });
  return mesh;
}

describe('renderStats', () => {
  test("writes Envoy's names, sorted, and estimates quantiles in milliseconds", () => {
    const mesh = new MeshFigures();
    const store = mesh.thread(1);
    mesh.exchange(store);
    const lines = mesh.exposition.renderStats().trimEnd().split('\n');
    expect(lines).toEqual([...lines].sort());
    expect(lines).toContain('cluster.cart.upstream_rq_2xx: 1');
    expect(lines).toContain('cluster.cart.upstream_rq_total: 1');
    expect(lines).toContain('cluster.cart.upstream_rq_pending_overflow: 1');
    expect(lines).toContain('cluster.cart.endpoint.10.0.0.1_80.rq_success: 0');
    expect(lines).toContain('listener.in.downstream_cx_active: 1');
    expect(lines).toContain('listener.in.vhost.shop.route.cart.upstream_rq_2xx: 1');
    expect(lines).toContain('thread.1.local_replies.NR: 1');
    expect(lines).toContain(
      'cluster.cart.upstream_rq_time: P50(17.5) P90(23.5) P99(24.85) mean(20) count(1)',
    );
    expect(lines).toContain(
      'cluster.cart.endpoint.10.0.0.1_80.rq_time: P50(nan) P90(nan) P99(nan) mean(20) count(1)',
    );
  });

  test('filters by name and leaves out what was never used', () => {
    const mesh = new MeshFigures();
    mesh.exchange(mesh.thread(1));
    const cluster = mesh.exposition
      .renderStats(/^cluster\.cart\.upstream_cx_/)
      .trimEnd()
      .split('\n');
    expect(cluster).toHaveLength(8);
    expect(cluster.every((line) => line.startsWith('cluster.cart.upstream_cx_'))).toBe(true);
    expect(mesh.exposition.renderStats(null, true)).not.toContain('10.0.0.2_80');
    expect(mesh.exposition.renderStats(null, false)).toContain('10.0.0.2_80');
  });

  test('is available as data', () => {
    const mesh = new MeshFigures();
    mesh.exchange(mesh.thread(1));
    const stats = mesh.exposition.stats(/listener\.in\.(downstream_rq_time|downstream_rq_total)$/);
    expect(stats).toEqual([
      {
        name: 'listener.in.downstream_rq_time',
        type: 'histogram',
        used: true,
        histogram: { count: 1, sumMs: 20, p50Ms: 17.5, p90Ms: 23.5, p99Ms: expect.closeTo(24.85) },
      },
      { name: 'listener.in.downstream_rq_total', type: 'counter', used: true, value: 1 },
    ]);
  });
});

describe('thread block', () => {
  test('lies at the start of a store, where a thread counts without a directory', () => {
    const store = new CounterStore(CounterStore.allocate(4096));
    store.add(ThreadSlot.localReplies + ResponseFlag.UpstreamOverflow, 2);
    expect(store.get(ThreadSlot.localReplies + 4)).toBe(2);
    expect(ListenerSlot.connections).toBe(0);
  });
});

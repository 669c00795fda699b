import { describe, expect, test } from 'vitest';
import { BreakerGauges } from '../../../src/cluster/index.ts';
import { ClusterSlot, CounterStore, clusterBlock, SlotDirectory } from '../../../src/telemetry/index.ts';
import { leakedGauges } from '../harness/figures.ts';
import { connectPeer, replies, startProxy, TestProxy } from '../harness/index.ts';

const ok = replies([{ match: '/', direct_response: 200 }]);

describe('the harness', () => {
  test('finds a connection that outlives its client', async () => {
    const proxy = new TestProxy(ok, {});
    await proxy.start();
    const stranger = await connectPeer(proxy.port());
    stranger.send('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
    await stranger.response();
    await expect(proxy.close(100)).rejects.toThrow('1 downstream connections to end with their clients');
    stranger.destroy();
  });

  test('finds gauges and circuit breakers that do not return to zero', () => {
    const directory = new SlotDirectory(4096);
    const counters = new CounterStore(CounterStore.allocate(directory.capacity));
    const gauges = new BreakerGauges(4);
    const slot = directory.baseOf(clusterBlock, ['app']);
    new Int32Array(gauges.memory)[gauges.indexOf('app')] = 2;
    counters.add(slot + ClusterSlot.requestsActive, 1);
    expect(leakedGauges(directory, counters, gauges)).toEqual([
      'meshlock_cluster_requests_active {"cluster":"app"} = 1',
      'breaker app connections = 2',
    ]);
  });

  test('does not take a mistyped metric, label or listener for zero', async () => {
    const proxy = await startProxy(ok);
    expect(() => proxy.counter('meshlock_listener_request_total')).toThrow('there is no metric');
    expect(() => proxy.counter('meshlock_listener_requests_total', { code_class: '7xx' })).toThrow('7xx');
    expect(() => proxy.port('wbe')).toThrow('no listener wbe');
  });

  test('refuses a configuration as the program does, with every problem', async () => {
    await expect(startProxy('listeners: [{ address: 0, rutes: [] }]\nclusers: []')).rejects.toThrow(
      /rutes[\s\S]*clusers|clusers[\s\S]*rutes/,
    );
  });
});

/** A small mesh's counters for tests: two data threads, one listener, route, cluster and two endpoints. */
import { Registry } from 'prom-client';
import { ManualClock } from '../../../src/base/index.ts';
import { ControlMetrics, Exposition } from '../../../src/telemetry/control.ts';
import {
  ClusterSlot,
  CounterStore,
  clusterBlock,
  durationBucketOf,
  EndpointSlot,
  endpointBlock,
  ListenerSlot,
  listenerBlock,
  observe,
  ResponseFlag,
  RouteSlot,
  routeBlock,
  SlotDirectory,
  ThreadSlot,
} from '../../../src/telemetry/index.ts';

export class MeshFigures {
  readonly directory: SlotDirectory;
  readonly registry: Registry = new Registry();
  readonly control: ControlMetrics;
  readonly exposition: Exposition;
  readonly listener: number;
  readonly route: number;
  readonly cluster: number;
  readonly endpoints: readonly number[];

  constructor(capacity: number = 1 << 14) {
    this.directory = new SlotDirectory(capacity);
    this.control = new ControlMetrics({ registry: this.registry, version: '1.2.3' });
    this.exposition = new Exposition({
      directory: this.directory,
      registry: this.registry,
      clock: new ManualClock(),
    });
    this.listener = this.directory.baseOf(listenerBlock, ['in', 'inbound']);
    this.route = this.directory.baseOf(routeBlock, ['in', 'shop', 'cart']);
    this.cluster = this.directory.baseOf(clusterBlock, ['cart']);
    this.endpoints = ['10.0.0.1:80', '10.0.0.2:80'].map((key) =>
      this.directory.baseOf(endpointBlock, ['cart', key]),
    );
  }

  /** Registers a new store for the thread number. */
  thread(number: number): CounterStore {
    const store = new CounterStore(CounterStore.allocate(this.directory.capacity));
    this.exposition.addThread(number, store);
    return store;
  }

  /** Counts one finished exchange of 20 ms with status 200, still open on its connection. */
  exchange(store: CounterStore): void {
    store.add(ThreadSlot.heartbeat, 1);
    store.add(ThreadSlot.localReplies + ResponseFlag.NoRoute, 1);
    store.set(ThreadSlot.utilization, 0.25);
    store.add(this.listener + ListenerSlot.connectionsActive, 1);
    store.add(this.listener + ListenerSlot.requests + 1, 1);
    observe(store, this.listener + ListenerSlot.duration, durationBucketOf(0.02), 0.02);
    store.add(this.route + RouteSlot.requests + 1, 1);
    store.add(this.cluster + ClusterSlot.requests + 1, 1);
    store.add(this.cluster + ClusterSlot.overflow + 1, 1);
    observe(store, this.cluster + ClusterSlot.duration, durationBucketOf(0.02), 0.02);
    const endpoint = this.endpoints[0]!;
    store.add(endpoint + EndpointSlot.requests + 1, 1);
    store.add(endpoint + EndpointSlot.duration, 1);
    store.add(endpoint + EndpointSlot.duration + 1, 0.02);
  }

  async text(): Promise<string> {
    return (await this.exposition.render('')).body;
  }

  async lines(): Promise<string[]> {
    return (await this.text()).split('\n');
  }

  /** Value of the one sample with this name and these labels, in the order they are written. */
  async value(sample: string): Promise<number | null> {
    const line = (await this.lines()).find((candidate) => candidate.startsWith(`${sample} `));
    return line === undefined ? null : Number(line.slice(sample.length + 1));
  }
}

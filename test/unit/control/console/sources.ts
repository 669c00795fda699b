/** What the console is made of, with one of everything, and counters that a test writes itself. */
import type { ConsoleSources } from '../../../../src/control/console/state.ts';
import { TrafficFigures } from '../../../../src/control/console/traffic-figures.ts';
import { ThreadCounters } from '../../../../src/control/thread-counters.ts';
import { systemClock } from '../../../../src/base/index.ts';
import {
  clusterBlock,
  ClusterSlot,
  CounterStore,
  listenerBlock,
  ListenerSlot,
  SlotDirectory,
} from '../../../../src/telemetry/index.ts';
import { FakeSource } from '../../admin/fake-source.ts';

/** Of one thread, with listener `inbound` and cluster `app`, as the fake source has them. */
export class CountedTraffic {
  readonly figures: TrafficFigures;
  readonly #store = new CounterStore(CounterStore.allocate(1 << 12));
  readonly #listener: number;
  readonly #cluster: number;

  constructor() {
    const directory = new SlotDirectory(1 << 12);
    const counters = new ThreadCounters();
    counters.add(1, this.#store);
    this.#listener = directory.baseOf(listenerBlock, ['inbound', 'inbound']);
    this.#cluster = directory.baseOf(clusterBlock, ['app']);
    // Of a configuration before; it is not to be shown.
    directory.baseOf(clusterBlock, ['gone']);
    this.figures = new TrafficFigures(directory, counters);
  }

  /** `codeClass` as in the split of the metric: 1 is 2xx, 4 is 5xx. `bucket` of the durations. */
  count(requests: number, codeClass: number, bucket: number): void {
    const { values } = this.#store;
    values[this.#listener + ListenerSlot.requests + codeClass]! += requests;
    values[this.#listener + ListenerSlot.duration + bucket]! += requests;
    values[this.#cluster + ClusterSlot.requests + codeClass]! += requests;
    values[this.#cluster + ClusterSlot.duration + bucket]! += requests;
    values[this.#cluster + ClusterSlot.retries]! += 1;
    values[this.#listener + ListenerSlot.connectionsActive] = 3;
  }
}

const at = Date.UTC(2026, 10, 20, 3);

export function consoleSources(): ConsoleSources {
  const admin = new FakeSource();
  return {
    admin,
    clusters: { names: () => ['app'], count: () => ({ endpoints: 2, usable: 1 }) },
    health: {
      snapshot: {
        at,
        status: 'degraded',
        components: [
          {
            name: 'clusters',
            kind: 'cluster',
            required: true,
            status: 'degraded',
            freshness: 'fresh',
            detail: 'app: 1 of 2 endpoints are healthy',
            items: [{ name: 'app', status: 'degraded', detail: '1 of 2 endpoints are healthy' }],
            itemCount: 1,
            checkedAt: at,
            tookMs: 0.1,
            since: at,
          },
        ],
        transitions: [
          {
            at,
            component: 'clusters',
            from: 'healthy',
            to: 'degraded',
            cause: 'app lost one',
            captureId: '',
          },
        ],
      },
      gate: { state: 'open', hasOpened: true, waitingFor: [], override: null, since: at },
    },
    diagnosis: { monitor: null, obstacle: 'holmes.enabled is false' },
    traffic: new CountedTraffic().figures,
    clock: systemClock,
    configuration: () => ({
      origin: 'meshlock.yaml',
      version: 7,
      appliedAtMs: at,
      refused: null,
      waiting: [],
    }),
  };
}

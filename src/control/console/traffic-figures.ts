/**
 * What listeners and clusters have counted, as the console wants it: whole counters and the buckets of their durations
 * at one moment. The page takes differences of two answers; nothing is kept here for it.
 */
import {
  clusterBlock,
  ClusterSlot,
  durationBuckets,
  type Entity,
  listenerBlock,
  ListenerSlot,
  type SlotDirectory,
} from '../../telemetry/index.ts';
import type { ThreadCounters } from '../thread-counters.ts';

interface Flow {
  /** Finished exchanges or tries by class of status: 1xx, 2xx, 3xx, 4xx, 5xx, no answer. */
  readonly requests: readonly number[];
  /** One more than `bounds`: the last has no bound. Not cumulated. */
  readonly durations: readonly number[];
  readonly requestsActive: number;
  readonly connections: number;
  readonly connectionsActive: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

export interface ListenerFlow extends Flow {
  readonly name: string;
}

export interface ClusterFlow extends Flow {
  readonly name: string;
  readonly requestsPending: number;
  readonly retries: number;
  /** Refused by any circuit breaker. */
  readonly overflow: number;
  readonly connectFailures: number;
}

export interface TrafficView {
  /** Upper bounds of the buckets of durations, milliseconds. */
  readonly bounds: readonly number[];
  /** At most a hundred of each, those that counted most; the names are those of the configuration. */
  readonly listeners: readonly ListenerFlow[];
  readonly clusters: readonly ClusterFlow[];
  readonly left: { readonly listeners: number; readonly clusters: number };
}

const maxShown = 100;
const classes = 6;
const breakers = 4;
const boundsMs: readonly number[] = durationBuckets.map((seconds) => seconds * 1000);

export class TrafficFigures {
  readonly #directory: SlotDirectory;
  readonly #counters: ThreadCounters;

  constructor(directory: SlotDirectory, counters: ThreadCounters) {
    this.#directory = directory;
    this.#counters = counters;
  }

  /** `names`: those of the configuration in force; others are gone or were never there. */
  read(names: {
    readonly listeners: ReadonlySet<string>;
    readonly clusters: ReadonlySet<string>;
  }): TrafficView {
    const listeners = this.#places(listenerBlock, names.listeners);
    const clusters = this.#places(clusterBlock, names.clusters);
    const shownListeners = this.#busiest(listeners, ListenerSlot.requests, ListenerSlot.connections);
    const shownClusters = this.#busiest(clusters, ClusterSlot.requests, ClusterSlot.connections);
    return {
      bounds: boundsMs,
      listeners: shownListeners.map(([name, base]) => ({ name, ...this.#flow(base, ListenerSlot) })),
      clusters: shownClusters.map(([name, base]) => this.#cluster(name, base)),
      left: {
        listeners: listeners.length - shownListeners.length,
        clusters: clusters.length - shownClusters.length,
      },
    };
  }

  #places(block: Entity['block'], names: ReadonlySet<string>): [name: string, base: number][] {
    const places: [string, number][] = [];
    for (const { block: of, labels, base } of this.#directory.liveEntities()) {
      const [name = ''] = labels;
      if (of === block && names.has(name)) places.push([name, base]);
    }
    return places;
  }

  /** In the order of the configuration, unless there are too many. */
  #busiest(
    places: readonly [string, number][],
    requests: number,
    connections: number,
  ): readonly [string, number][] {
    if (places.length <= maxShown) return places;
    const counted = ([, base]: [string, number]): number =>
      this.#counters.totalOf(base + requests, classes) + this.#counters.total(base + connections);
    return places.toSorted((a, b) => counted(b) - counted(a)).slice(0, maxShown);
  }

  #cluster(name: string, base: number): ClusterFlow {
    const counters = this.#counters;
    return {
      name,
      ...this.#flow(base, ClusterSlot),
      requestsPending: counters.now(base + ClusterSlot.requestsPending),
      retries: counters.total(base + ClusterSlot.retries),
      overflow: counters.totalOf(base + ClusterSlot.overflow, breakers),
      connectFailures: counters.total(base + ClusterSlot.connectFailures),
    };
  }

  #flow(base: number, slots: typeof ListenerSlot | typeof ClusterSlot): Flow {
    const counters = this.#counters;
    const list = (slot: number, count: number): number[] =>
      Array.from({ length: count }, (_, i) => counters.total(base + slot + i));
    return {
      requests: list(slots.requests, classes),
      durations: list(slots.duration, durationBuckets.length + 1),
      requestsActive: counters.now(base + slots.requestsActive),
      connections: counters.total(base + slots.connections),
      connectionsActive: counters.now(base + slots.connectionsActive),
      bytesReceived: counters.total(base + slots.bytesReceived),
      bytesSent: counters.total(base + slots.bytesSent),
    };
  }
}

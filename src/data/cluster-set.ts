/** The clusters of one data thread, with its connections to them, kept up to date with the snapshots. */
import { isDeepStrictEqual } from 'node:util';
import type { Random } from '../base/index.ts';
import { CircuitBreakers, Cluster, ConnectionPool, type OutlierFailure } from '../cluster/index.ts';
import type { ClusterConfig } from '../config/index.ts';
import type { NetContext } from '../net/index.ts';
import type { ProxyCluster } from '../proxy/index.ts';
import type { CounterStore } from '../telemetry/index.ts';
import type { Snapshot } from './snapshot.ts';

export interface ClusterSetOptions {
  readonly net: NetContext;
  readonly counters: CounterStore;
  readonly breakerMemory: SharedArrayBuffer;
  readonly random: Random;
  readonly onOutlier: (cluster: string, endpoint: string, failure: OutlierFailure) => void;
}

interface Entry extends ProxyCluster {
  readonly pool: ConnectionPool;
}

export class ClusterSet {
  readonly #options: ClusterSetOptions;
  readonly #gauges: Int32Array;
  readonly #byName = new Map<string, Entry>();
  /** Pools that were replaced or belong to a cluster that is gone; they end with their last exchange. */
  readonly #old = new Set<ConnectionPool>();

  constructor(options: ClusterSetOptions) {
    this.#options = options;
    this.#gauges = new Int32Array(options.breakerMemory);
  }

  readonly find = (name: string): ProxyCluster | undefined => this.#byName.get(name);

  apply(snapshot: Snapshot): void {
    const names = new Set<string>();
    for (const config of snapshot.config.clusters) {
      names.add(config.name);
      const entry = this.#entryFor(config, snapshot);
      for (const endpoint of entry.cluster.update(snapshot.endpoints[config.name] ?? []))
        entry.pool.drop(endpoint);
    }
    for (const [name, entry] of this.#byName) {
      if (names.has(name)) continue;
      this.#byName.delete(name);
      this.#retire(entry.pool);
    }
  }

  /** Closes what has been idle for too long; call about once a second. */
  sweep(): void {
    for (const { pool } of this.#byName.values()) pool.sweep();
    for (const pool of this.#old) {
      pool.sweep();
      if (pool.empty) this.#old.delete(pool);
    }
  }

  close(): void {
    for (const { pool } of this.#byName.values()) pool.close();
  }

  /** The cluster of that name; connections are kept unless something changed that they depend on. */
  #entryFor(config: ClusterConfig, snapshot: Snapshot): Entry {
    const known = this.#byName.get(config.name);
    if (known !== undefined && isDeepStrictEqual(known.cluster.config, config)) return known;
    const cluster = known?.cluster ?? this.#createCluster(config, snapshot);
    if (known !== undefined) {
      cluster.configure(config);
      this.#retire(known.pool);
    }
    const entry = { cluster, pool: this.#createPool(config, cluster) };
    this.#byName.set(config.name, entry);
    return entry;
  }

  #createCluster(config: ClusterConfig, snapshot: Snapshot): Cluster {
    const { counters, random, net, onOutlier } = this.#options;
    const slot = snapshot.slots.clusters[config.name]!;
    const breakers = new CircuitBreakers({
      config: config.circuitBreakers,
      gauges: this.#gauges,
      index: snapshot.breakers[config.name]!,
      counters,
      slot,
    });
    return new Cluster({
      config,
      slot,
      counters,
      breakers,
      clock: net.clock,
      random,
      onOutlier: (endpoint, failure) => onOutlier(config.name, endpoint.key, failure),
    });
  }

  #createPool(config: ClusterConfig, cluster: Cluster): ConnectionPool {
    const { net, counters } = this.#options;
    const { breakers, slot } = cluster;
    return new ConnectionPool({ config, net, counters, breakers, slot });
  }

  #retire(pool: ConnectionPool): void {
    pool.close();
    this.#old.add(pool);
  }
}

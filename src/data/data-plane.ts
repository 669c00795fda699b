/**
 * Everything that one data thread runs: clusters, listeners and what connects them. A snapshot is applied in two steps:
 * first whatever can fail is made ready (modules loaded, sockets opened), then all of it takes effect at once. If
 * anything failed, nothing takes effect.
 */
import { isDeepStrictEqual } from 'node:util';
import { MeshlockError, type Random } from '../base/index.ts';
import type {
  HttpListenerConfig,
  ListenerConfig,
  SocketAddress,
  TcpListenerConfig,
} from '../config/index.ts';
import { createFilters, type StreamFilter } from '../filter/index.ts';
import type { NetContext } from '../net/index.ts';
import type { ExchangeTracer, ProxyContext, TcpContext, TcpOutcome } from '../proxy/index.ts';
import { RouteTable, WeightedClusters } from '../route/index.ts';
import { type CounterStore, type SpanRecord, Tracer } from '../telemetry/index.ts';
import { AccessLogs } from './access-logs.ts';
import { ClusterSet } from './cluster-set.ts';
import { FaultLog } from './fault-log.ts';
import { MeshSide } from './mesh-side.ts';
import { type ConnectionContext, ListenerRuntime } from './listener-runtime.ts';
import { type FromData, type ListenerFailure, routeKey, type Snapshot } from './snapshot.ts';

export interface DataPlaneOptions {
  readonly net: NetContext;
  readonly counters: CounterStore;
  readonly breakerMemory: SharedArrayBuffer;
  readonly random: Random;
  readonly threads: number;
  readonly send: (message: FromData, transfer?: readonly ArrayBuffer[]) => void;
  readonly emitSpan: (span: SpanRecord) => void;
}

export interface Applied {
  readonly failures: readonly ListenerFailure[];
  readonly listening: readonly { readonly listener: string; readonly address: SocketAddress }[];
}

/** A listener as it will be when everything else is ready too. */
interface Prepared {
  readonly config: ListenerConfig;
  readonly connections: ConnectionContext;
  readonly runtime: ListenerRuntime;
  readonly isNew: boolean;
}

export class DataPlane {
  readonly #options: DataPlaneOptions;
  readonly #clusters: ClusterSet;
  readonly #accessLogs: AccessLogs;
  readonly #mesh: MeshSide;
  readonly #listeners = new Map<string, ListenerRuntime>();
  readonly #addresses = new Map<ListenerRuntime, SocketAddress>();
  readonly #filters = new Map<string, { config: HttpListenerConfig; filters: readonly StreamFilter[] }>();
  /** Replaced or removed listeners whose connections are not all gone, and when what is left of them is cut. */
  readonly #leaving = new Map<ListenerRuntime, number>();

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    this.#clusters = new ClusterSet({
      net: options.net,
      counters: options.counters,
      breakerMemory: options.breakerMemory,
      random: options.random,
      onOutlier: (cluster, endpoint, failure) =>
        options.send({ kind: 'outlier', cluster, endpoint, failure }),
    });
    this.#accessLogs = new AccessLogs(options.counters, (path, lines) =>
      options.send({ kind: 'access-log', path, lines }, [lines.buffer]),
    );
    this.#mesh = new MeshSide(options.net.clock, (epoch) => options.send({ kind: 'edges', ...epoch }));
  }

  async apply(snapshot: Snapshot): Promise<Applied> {
    const failures: ListenerFailure[] = [];
    const prepared: Prepared[] = [];
    for (const config of snapshot.config.listeners) {
      try {
        prepared.push(await this.#prepare(config, snapshot));
      } catch (error) {
        failures.push(failureOf(config, error));
      }
    }
    if (failures.length > 0) this.#undo(prepared);
    else this.#commit(prepared, snapshot);
    const listening = [...this.#listeners].map(([listener, runtime]) => ({
      listener,
      address: this.#addresses.get(runtime)!,
    }));
    return { failures, listening };
  }

  /** Once a second: closes idle upstream connections, hands over collected log lines, ends drained listeners. */
  sweep(): void {
    this.#clusters.sweep();
    this.#accessLogs.flush();
    const now = this.#options.net.clock.now();
    for (const [runtime, cutAtMs] of this.#leaving) {
      if (now >= cutAtMs) runtime.cut();
      if (runtime.openConnections === 0) this.#leaving.delete(runtime);
    }
  }

  acknowledgeAccessLog(path: string, bytes: number): void {
    this.#accessLogs.acknowledge(path, bytes);
  }

  acknowledgeEdges(): void {
    this.#mesh.taken();
  }

  discourage(on: boolean): void {
    for (const runtime of this.#listeners.values()) runtime.discouraged = on;
  }

  /** Stops accepting everywhere. */
  drain(): void {
    for (const runtime of this.#listeners.values()) runtime.drain();
  }

  get openConnections(): number {
    let open = 0;
    for (const runtime of this.#all()) open += runtime.openConnections;
    return open;
  }

  /** Cuts every connection; answers how many there were. */
  cut(): number {
    let count = 0;
    for (const runtime of this.#all()) count += runtime.cut();
    this.#clusters.close();
    this.#accessLogs.flush();
    this.#mesh.close();
    return count;
  }

  *#all(): Iterable<ListenerRuntime> {
    yield* this.#listeners.values();
    yield* this.#leaving.keys();
  }

  // ------------------------------------------------------------------------------------- preparing

  async #prepare(config: ListenerConfig, snapshot: Snapshot): Promise<Prepared> {
    const slot = snapshot.slots.listeners[config.name]!;
    const connections = await this.#connectionContext(config, snapshot, slot);
    const known = this.#listeners.get(config.name);
    if (known?.accommodates(config)) return { config, connections, runtime: known, isNew: false };
    const { net, counters, threads, send } = this.#options;
    const runtime = new ListenerRuntime({
      config,
      connections,
      net,
      counters,
      slot,
      threads,
      log: (level, message, fields) => send({ kind: 'log', level, message, fields }),
    });
    this.#addresses.set(runtime, await runtime.listen());
    return { config, connections, runtime, isNew: true };
  }

  async #connectionContext(
    config: ListenerConfig,
    snapshot: Snapshot,
    slot: number,
  ): Promise<ConnectionContext> {
    const { protocol } = config;
    if (protocol.kind === 'tcp') return { kind: 'tcp', context: this.#tcpContext(config, protocol, slot) };
    return { kind: 'http', context: await this.#httpContext(config, protocol, snapshot, slot) };
  }

  async #httpContext(
    config: ListenerConfig,
    http: HttpListenerConfig,
    snapshot: Snapshot,
    slot: number,
  ): Promise<ProxyContext> {
    const { net, counters, random } = this.#options;
    const routes = new RouteTable({
      virtualHosts: http.virtualHosts,
      slotOf: (virtualHost, route) => snapshot.slots.routes[routeKey(config.name, virtualHost, route)]!,
    });
    return {
      http,
      routes,
      clusterOf: this.#clusters.find,
      filters: await this.#filtersOf(config.name, http),
      onFilterError: this.#filterErrors(config.name),
      counters,
      slot,
      net,
      clock: net.clock,
      random,
      accessLog: this.#accessLogs.open(config.accessLogs),
      tracer: this.#tracerOf(snapshot),
      mesh: this.#mesh.of(config.role, snapshot.config),
    };
  }

  #filterErrors(listener: string): (error: unknown) => void {
    const { net, send } = this.#options;
    const faults = new FaultLog(net.clock, (message, fields) =>
      send({ kind: 'log', level: 'error', message, fields }),
    );
    return (error) => {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      faults.report('a filter failed; its request was answered with 500', { listener, error: reason });
    };
  }

  /** Filters keep their state over a reload that does not change them. */
  async #filtersOf(listener: string, http: HttpListenerConfig): Promise<readonly StreamFilter[]> {
    const known = this.#filters.get(listener);
    if (known !== undefined && isDeepStrictEqual(known.config.filters, http.filters)) return known.filters;
    const filters = await createFilters(http.filters);
    this.#filters.set(listener, { config: http, filters });
    return filters;
  }

  #tracerOf(snapshot: Snapshot): ExchangeTracer | null {
    const { tracing } = snapshot.config;
    if (tracing.otlpEndpoint === null && tracing.sampling === 0) return null;
    const tracer = new Tracer({ config: tracing, random: this.#options.random });
    return { tracer, emit: this.#options.emitSpan };
  }

  #tcpContext(config: ListenerConfig, tcp: TcpListenerConfig, slot: number): TcpContext {
    const { net, counters, random } = this.#options;
    const clusters = new WeightedClusters(tcp.clusters);
    return {
      pickCluster: () => this.#clusters.find(clusters.pick(random)),
      idleTimeoutMs: tcp.idleTimeoutMs,
      net,
      counters,
      slot,
      record: this.#tcpRecorder(config),
    };
  }

  #tcpRecorder(config: ListenerConfig): ((outcome: TcpOutcome) => void) | null {
    const log = this.#accessLogs.open(config.accessLogs);
    if (log === null) return null;
    const { clock } = this.#options.net;
    return (outcome) => {
      const { downstream, durationMs } = outcome;
      const { entry } = log;
      entry.startMs = clock.wall() - durationMs;
      entry.durationMs = durationMs;
      entry.flag = outcome.flag;
      entry.bytesReceived = downstream.bytesReceived;
      entry.bytesSent = downstream.bytesSent;
      entry.upstreamCluster = outcome.cluster;
      entry.upstreamHost = outcome.endpoint;
      entry.upstreamLocalAddress = outcome.upstreamLocalAddress;
      entry.attempts = outcome.attempts;
      entry.connectionId = downstream.id;
      entry.downstreamRemoteAddress = outcome.remoteAddress;
      entry.downstreamLocalAddress = outcome.localAddress;
      log.write();
    };
  }

  // ------------------------------------------------------------------------------------- taking effect

  #commit(prepared: readonly Prepared[], snapshot: Snapshot): void {
    this.#clusters.apply(snapshot);
    this.#mesh.commit(snapshot.config.mesh);
    const before = new Map(this.#listeners);
    this.#listeners.clear();
    for (const { config, connections, runtime } of prepared) {
      runtime.update(config, connections);
      this.#listeners.set(config.name, runtime);
      if (before.get(config.name) === runtime) before.delete(config.name);
    }
    for (const [name, runtime] of before) {
      if (!this.#listeners.has(name)) this.#filters.delete(name);
      this.#leave(runtime, snapshot.config.drainTimeoutMs);
    }
  }

  /** What runs may finish for `drainMs`. */
  #leave(runtime: ListenerRuntime, drainMs: number): void {
    runtime.drain();
    this.#addresses.delete(runtime);
    this.#leaving.set(runtime, this.#options.net.clock.now() + drainMs);
  }

  #undo(prepared: readonly Prepared[]): void {
    for (const { runtime, isNew } of prepared) if (isNew) this.#leave(runtime, 0);
  }
}

function failureOf(config: ListenerConfig, error: unknown): ListenerFailure {
  const message = error instanceof Error ? error.message : String(error);
  const code =
    error instanceof MeshlockError ? error.code : ((error as NodeJS.ErrnoException).code ?? 'FAILED');
  return { listener: config.name, address: config.address, code, message };
}

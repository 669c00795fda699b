/** The control thread as the admin plane sees it: `AdminSource` over the control plane and its parts. */
import { getHeapStatistics } from 'node:v8';
import type {
  AdminSource,
  CertificateStatus,
  ClusterStatus,
  ConfigDump,
  DrainOptions,
  EndpointStatus,
  ListenerStatus,
  LogLevels,
  MachineInfo,
  MemoryStatus,
  MetricsText,
  Readiness,
  ReloadResult,
  ServerInfo,
  ServerState,
  Stat,
  ThreadStatus,
} from '../admin/index.ts';
import type { EndpointState } from '../cluster/index.ts';
import { type ClusterConfig, type LogLevel, redactConfig } from '../config/index.ts';
import { EndpointSlot, ListenerSlot } from '../telemetry/index.ts';
import type { Exposition, Log } from '../telemetry/control.ts';
import type { ClusterManager } from './cluster-manager.ts';
import type { Reloader } from './reloader.ts';
import type { Rollout } from './rollout.ts';
import { dataPathStats, serverStats } from './stat-list.ts';
import type { ThreadCounters } from './thread-counters.ts';
import { describeExit } from './thread-exit.ts';
import type { ThreadGroup, ThreadReport } from './thread-group.ts';

/** What the view can have the process do. */
export interface ProcessActions {
  drainListeners(options: DrainOptions): void;
  healthcheck(ok: boolean): void;
  quit(): void;
  reopenLogs(): Promise<void>;
}

export interface AdminViewOptions {
  readonly version: string;
  readonly origin: string;
  readonly commandLineOptions: Readonly<Record<string, string | number | boolean>>;
  readonly log: Log;
  readonly exposition: Exposition;
  readonly counters: ThreadCounters;
  readonly clusters: ClusterManager;
  readonly group: ThreadGroup;
  readonly rollout: Rollout;
  readonly reloader: Reloader;
  readonly actions: ProcessActions;
  state(): ServerState;
  readiness(): Readiness;
  uptimeMs(): number;
  machine(): MachineInfo | null;
}

const requestCounters = 6;

export class AdminView implements AdminSource {
  readonly #options: AdminViewOptions;

  constructor(options: AdminViewOptions) {
    this.#options = options;
  }

  serverInfo(): ServerInfo {
    const { version, commandLineOptions, rollout, state, uptimeMs } = this.#options;
    const node = rollout.inForce?.config.node ?? { id: '', service: '', version: '', release: '' };
    return {
      version,
      state: state(),
      node,
      uptimeMs: uptimeMs(),
      pid: process.pid,
      commandLineOptions,
    };
  }

  machine(): MachineInfo | null {
    return this.#options.machine();
  }

  readiness(): Readiness {
    return this.#options.readiness();
  }

  listeners(): readonly ListenerStatus[] {
    const { rollout, group, counters, state } = this.#options;
    const { inForce, closedListeners } = rollout;
    const failures = group.report().flatMap((thread) => thread.failures);
    return (inForce?.listeners ?? []).map(({ name, role, address }) => {
      const failure = failures.find(({ listener }) => listener === name)?.message ?? '';
      const isClosed = closedListeners === 'all' || (closedListeners === 'inbound' && role === 'inbound');
      const isDraining = isClosed || state() === 'DRAINING';
      const slot = rollout.listenerSlot(name);
      return {
        name,
        role,
        address,
        state: failure !== '' ? 'failed' : isDraining ? 'draining' : 'active',
        failure,
        connectionsActive: slot === undefined ? 0 : counters.now(slot + ListenerSlot.connectionsActive),
      };
    });
  }

  clusters(): readonly ClusterStatus[] {
    return (this.#options.rollout.inForce?.config.clusters ?? []).map((config) => this.#cluster(config));
  }

  configDump(): ConfigDump {
    const { rollout, origin, reloader } = this.#options;
    const { inForce } = rollout;
    if (inForce === null) return { version: 0, appliedAtMs: 0, origin, config: {} };
    const { version, appliedAtMs, config, listeners } = inForce;
    const names = reloader.waiting;
    return {
      version,
      appliedAtMs,
      origin,
      config: {
        ...redactConfig({ ...config, listeners }),
        ...(names.length > 0 && { waitingForRestart: names }),
      },
    };
  }

  async metrics(accept: string): Promise<MetricsText> {
    return this.#options.exposition.render(accept);
  }

  stats(): readonly Stat[] {
    const { exposition, state, uptimeMs, group, rollout, clusters, reloader } = this.#options;
    const { applied, refused } = reloader.counts;
    const listeners = this.listeners();
    return [
      ...serverStats({
        state: state(),
        uptimeMs: uptimeMs(),
        threads: group.count,
        listeners: listeners.filter((listener) => listener.state === 'active').length,
        clusters: rollout.inForce?.config.clusters.length ?? 0,
        warmingClusters: clusters.warming().length,
        connections: listeners.reduce((sum, { connectionsActive }) => sum + connectionsActive, 0),
        reloadsApplied: applied,
        reloadsRefused: refused,
      }),
      ...dataPathStats(exposition),
    ];
  }

  logLevels(): LogLevels {
    const { main, ...loggers } = this.#options.log.levels();
    return { level: main ?? 'info', loggers };
  }

  setLogLevel(level: LogLevel, logger: string | null): void {
    this.#options.log.setLevel(level, logger);
  }

  drainListeners(options: DrainOptions): void {
    this.#options.actions.drainListeners(options);
  }

  healthcheckFail(): void {
    this.#options.actions.healthcheck(false);
  }

  healthcheckOk(): void {
    this.#options.actions.healthcheck(true);
  }

  quit(): void {
    this.#options.actions.quit();
  }

  reload(): Promise<ReloadResult> {
    return this.#options.reloader.reload();
  }

  reopenLogs(): Promise<void> {
    return this.#options.actions.reopenLogs();
  }

  threads(): readonly ThreadStatus[] {
    return this.#options.group.report().map(threadStatus);
  }

  memory(): MemoryStatus {
    const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
    return {
      rssBytes: rss,
      heapUsedBytes: heapUsed,
      heapTotalBytes: heapTotal,
      heapLimitBytes: getHeapStatistics().heap_size_limit,
      externalBytes: external,
      arrayBuffersBytes: arrayBuffers,
    };
  }

  certs(): readonly CertificateStatus[] {
    return [];
  }

  #cluster(config: ClusterConfig): ClusterStatus {
    const { maxConnections, maxPending, maxRequests, maxRetries } = config.circuitBreakers;
    const managed = this.#options.clusters.get(config.name);
    return {
      name: config.name,
      discovery: config.discovery.kind,
      addedViaApi: false,
      limits: { maxConnections, maxPending, maxRequests, maxRetries },
      endpoints: (managed?.states() ?? []).map((state) =>
        this.#endpoint(state, managed?.nameOf(state) ?? ''),
      ),
    };
  }

  #endpoint(state: EndpointState, hostname: string): EndpointStatus {
    const { counters } = this.#options;
    const { slot, address, weight, priority, health, ejected } = state;
    return {
      address,
      hostname,
      weight,
      priority,
      failedActiveHealthCheck: health === 'unhealthy',
      failedOutlierCheck: ejected,
      connectionsActive: counters.now(slot + EndpointSlot.connectionsActive),
      connectFailures: counters.total(slot + EndpointSlot.connectFailures),
      requestsActive: counters.now(slot + EndpointSlot.requestsActive),
      requestsTotal: counters.totalOf(slot + EndpointSlot.requests, requestCounters),
      requestsSuccess: counters.total(slot + EndpointSlot.successes),
      requestsError: counters.total(slot + EndpointSlot.failures),
    };
  }
}

function threadStatus(report: ThreadReport): ThreadStatus {
  const { thread, state, silentMs, appliedVersion, restarts, lastReplacement } = report;
  return {
    thread,
    state: state === 'serving' ? 'running' : state === 'dead' ? 'stopped' : state,
    heartbeatAgeMs: Math.round(silentMs),
    snapshotVersion: appliedVersion,
    restarts,
    lastReplacement:
      lastReplacement === null
        ? null
        : { reason: describeExit(lastReplacement.exit), atMs: lastReplacement.atMs },
  };
}

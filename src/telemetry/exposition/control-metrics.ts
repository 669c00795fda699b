/**
 * What the control thread counts itself: everything that does not happen on the data path. Names and label values are
 * fixed here; every value that is known in advance starts at zero, so that its first increase is visible.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import { Collector, type Sample } from './collector.ts';

export type ThreadReplacementReason = 'crashed' | 'out-of-memory' | 'stalled';
export type HealthCheckResult = 'success' | 'failure' | 'timeout';
export type EjectionCause =
  | 'consecutive-5xx'
  | 'consecutive-gateway'
  | 'consecutive-local-origin'
  | 'success-rate';
export type DnsResult = 'success' | 'failure';

/** One endpoint as the control thread judges it. */
export interface EndpointHealth {
  /** `ip:port`. */
  readonly endpoint: string;
  /** By active health checks; without any, true. */
  readonly healthy: boolean;
  /** By outlier detection. */
  readonly ejected: boolean;
}

/** The running figures of something that writes or exports, read at each scrape. */
export interface WriterFigures {
  /** Label value, such as the access log's path. */
  readonly path: string;
  readonly writtenBytes: number;
  readonly droppedLines: number;
  readonly failures: number;
}

export interface SpanFigures {
  readonly exported: number;
  readonly droppedQueueFull: number;
  readonly droppedRejected: number;
  readonly droppedShutdown: number;
}

interface ControlMetricsOptions {
  /** The one that `Exposition` renders. */
  readonly registry: Registry;
  /** Of Meshlock. */
  readonly version: string;
}

export class ControlMetrics {
  readonly #reloads: Counter<'result'>;
  readonly #lastReloadOk: Gauge;
  readonly #lastReloadTime: Gauge;
  readonly #replacements: Counter<'reason'>;
  readonly #healthChecks: Counter<'cluster' | 'result'>;
  readonly #detections: Counter<'cluster' | 'cause'>;
  readonly #ejections: Counter<'cluster' | 'cause'>;
  readonly #dns: Counter<'cluster' | 'result'>;
  readonly #endpoints = new Map<string, readonly LabelledHealth[]>();
  readonly #writers = new Set<WriterFigures>();
  #spans: SpanFigures | null = null;

  constructor({ registry, version }: ControlMetricsOptions) {
    const registers = [registry];
    this.#reloads = new Counter({
      name: 'meshlock_config_reloads_total',
      help: 'Configurations that were applied or refused, the first one included.',
      labelNames: ['result'],
      registers,
    });
    for (const result of ['success', 'failure']) this.#reloads.inc({ result }, 0);
    this.#lastReloadOk = new Gauge({
      name: 'meshlock_config_last_reload_successful',
      help: '1 when the last configuration was applied, 0 when it was refused.',
      registers,
    });
    this.#lastReloadTime = new Gauge({
      name: 'meshlock_config_last_reload_success_timestamp_seconds',
      help: 'When a configuration was last applied, Unix time.',
      registers,
    });
    this.#replacements = new Counter({
      name: 'meshlock_thread_replacements_total',
      help: 'Data threads that were replaced, by why.',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of ['crashed', 'out-of-memory', 'stalled']) this.#replacements.inc({ reason }, 0);
    this.#healthChecks = new Counter({
      name: 'meshlock_health_checks_total',
      help: 'Finished active health checks.',
      labelNames: ['cluster', 'result'],
      registers,
    });
    this.#detections = new Counter({
      name: 'meshlock_outlier_detections_total',
      help: 'Endpoints found to be outliers, whether they were ejected or not.',
      labelNames: ['cluster', 'cause'],
      registers,
    });
    this.#ejections = new Counter({
      name: 'meshlock_outlier_ejections_total',
      help: 'Endpoints ejected by outlier detection.',
      labelNames: ['cluster', 'cause'],
      registers,
    });
    this.#dns = new Counter({
      name: 'meshlock_dns_lookups_total',
      help: 'Finished DNS look-ups.',
      labelNames: ['cluster', 'result'],
      registers,
    });
    for (const collector of this.#collectors(version)) collector.registerIn(registry);
  }

  /** A configuration was applied or refused. `wallMs`: Unix milliseconds. */
  reloaded(applied: boolean, wallMs: number): void {
    this.#reloads.inc({ result: applied ? 'success' : 'failure' });
    this.#lastReloadOk.set(applied ? 1 : 0);
    if (applied) this.#lastReloadTime.set(wallMs / 1000);
  }

  threadReplaced(reason: ThreadReplacementReason): void {
    this.#replacements.inc({ reason });
  }

  healthChecked(cluster: string, result: HealthCheckResult): void {
    this.#healthChecks.inc({ cluster, result });
  }

  /** `ejected`: false when enforcement or the ejection cap let the endpoint stay. */
  outlierDetected(cluster: string, cause: EjectionCause, ejected: boolean): void {
    this.#detections.inc({ cluster, cause });
    this.#ejections.inc({ cluster, cause }, ejected ? 1 : 0);
  }

  dnsResolved(cluster: string, result: DnsResult): void {
    this.#dns.inc({ cluster, result });
  }

  /** Replaces what is known of the cluster's endpoints; call it with each change. */
  setEndpoints(cluster: string, endpoints: readonly EndpointHealth[]): void {
    this.#endpoints.set(
      cluster,
      endpoints.map((state) => ({ ...state, labels: { cluster, endpoint: state.endpoint } })),
    );
  }

  /** Forgets every series of a cluster that is not among `clusters`. */
  async retainClusters(clusters: ReadonlySet<string>): Promise<void> {
    for (const cluster of this.#endpoints.keys()) {
      if (!clusters.has(cluster)) this.#endpoints.delete(cluster);
    }
    for (const metric of [this.#healthChecks, this.#detections, this.#ejections, this.#dns]) {
      await forgetOthers(metric, clusters);
    }
  }

  /** Shows the figures of an access-log writer until they are taken out again. */
  addWriter(figures: WriterFigures): void {
    this.#writers.add(figures);
  }

  removeWriter(figures: WriterFigures): void {
    this.#writers.delete(figures);
  }

  /** `null`: spans are not exported, and nothing is shown of them. */
  setSpans(figures: SpanFigures | null): void {
    this.#spans = figures;
  }

  #collectors(version: string): Collector[] {
    return [
      new Collector({
        name: 'meshlock_build_info',
        help: 'Version of Meshlock and of Node.js; the value is always 1.',
        type: 'gauge',
        labelNames: ['version', 'node'],
        read: () => [{ value: 1, labels: { version, node: process.version } }],
      }),
      ...this.#endpointCollectors(),
      ...this.#writerCollectors(),
      ...this.#spanCollectors(),
    ];
  }

  #endpointCollectors(): Collector[] {
    const each = (read: (state: LabelledHealth) => boolean) => (): Sample[] => {
      const samples: Sample[] = [];
      for (const states of this.#endpoints.values()) {
        for (const state of states) {
          samples.push({ value: read(state) ? 1 : 0, labels: {}, sharedLabels: state.labels });
        }
      }
      return samples;
    };
    return [
      new Collector({
        name: 'meshlock_endpoint_healthy',
        help: '1 when active health checks find the endpoint healthy, or when there are none.',
        type: 'gauge',
        labelNames: ['cluster', 'endpoint'],
        read: each((state) => state.healthy),
      }),
      new Collector({
        name: 'meshlock_endpoint_ejected',
        help: '1 while outlier detection keeps the endpoint out.',
        type: 'gauge',
        labelNames: ['cluster', 'endpoint'],
        read: each((state) => state.ejected),
      }),
    ];
  }

  #writerCollectors(): Collector[] {
    const each = (read: (writer: WriterFigures) => number) => (): Sample[] =>
      [...this.#writers].map((writer) => ({ value: read(writer), labels: { path: writer.path } }));
    return [
      new Collector({
        name: 'meshlock_access_log_written_bytes_total',
        help: 'Bytes of access log written.',
        type: 'counter',
        labelNames: ['path'],
        read: each((writer) => writer.writtenBytes),
      }),
      new Collector({
        name: 'meshlock_access_log_write_dropped_lines_total',
        help: 'Access-log lines dropped because the file could not be written for too long.',
        type: 'counter',
        labelNames: ['path'],
        read: each((writer) => writer.droppedLines),
      }),
      new Collector({
        name: 'meshlock_access_log_write_failures_total',
        help: 'Failed attempts to open or write an access log.',
        type: 'counter',
        labelNames: ['path'],
        read: each((writer) => writer.failures),
      }),
    ];
  }

  #spanCollectors(): Collector[] {
    return [
      new Collector({
        name: 'meshlock_spans_exported_total',
        help: 'Spans that the receiver has taken.',
        type: 'counter',
        read: () => (this.#spans === null ? [] : [{ value: this.#spans.exported, labels: {} }]),
      }),
      new Collector({
        name: 'meshlock_spans_dropped_total',
        help: 'Spans that were not exported, by why.',
        type: 'counter',
        labelNames: ['reason'],
        read: () => {
          if (this.#spans === null) return [];
          const { droppedQueueFull, droppedRejected, droppedShutdown } = this.#spans;
          return [
            { value: droppedQueueFull, labels: { reason: 'queue-full' } },
            { value: droppedRejected, labels: { reason: 'rejected' } },
            { value: droppedShutdown, labels: { reason: 'shutdown' } },
          ];
        },
      }),
    ];
  }
}

interface LabelledHealth extends EndpointHealth {
  readonly labels: { readonly cluster: string; readonly endpoint: string };
}

async function forgetOthers<T extends string>(
  metric: Counter<'cluster' | T>,
  clusters: ReadonlySet<string>,
): Promise<void> {
  for (const { labels } of (await metric.get()).values) {
    if (!clusters.has(String(labels.cluster))) metric.remove(labels);
  }
}

/** All clusters on the control thread, kept in step with the configuration, and what snapshots say of them. */
import type { Clock, Random } from '../base/index.ts';
import type { CheckResult, MembershipEvent } from '../cluster/control.ts';
import type { BreakerGauges, EndpointState, OutlierFailure } from '../cluster/index.ts';
import type { ClusterConfig } from '../config/index.ts';
import type { NameState } from '../discovery/index.ts';
import { endpointBlock, type SlotDirectory } from '../telemetry/index.ts';
import type { ControlMetrics } from '../telemetry/control.ts';
import type { ControlLog } from './log.ts';
import { endpointName, ManagedCluster } from './managed-cluster.ts';
import type { ThreadCounters } from './thread-counters.ts';

export interface ClusterManagerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: ControlLog;
  readonly directory: SlotDirectory;
  readonly gauges: BreakerGauges;
  readonly counters: ThreadCounters;
  readonly metrics: Pick<
    ControlMetrics,
    'setEndpoints' | 'retainClusters' | 'healthChecked' | 'outlierDetected' | 'dnsResolved'
  >;
  /** Endpoints, their health or their ejection changed: a new snapshot is due. */
  onChange(): void;
}

/** How often a warming cluster is asked whether it is done. */
const warmPollMs = 20;

export class ClusterManager {
  readonly #options: ClusterManagerOptions;
  readonly #clusters = new Map<string, ManagedCluster>();
  /** Set while a data thread's report is dealt with: did it lead to an ejection? */
  #ejectedByReport = false;
  #isReporting = false;

  constructor(options: ClusterManagerOptions) {
    this.#options = options;
  }

  get(name: string): ManagedCluster | undefined {
    return this.#clusters.get(name);
  }

  /** Begins with clusters that are new, so that they can warm; the others stay as they are. */
  add(configs: readonly ClusterConfig[]): void {
    for (const config of configs) {
      if (!this.#clusters.has(config.name)) this.#clusters.set(config.name, this.#create(config));
    }
  }

  /** Has all of these as configured. What is not mentioned stays until `retain`. */
  put(configs: readonly ClusterConfig[]): void {
    this.add(configs);
    for (const config of configs) this.#clusters.get(config.name)?.configure(config);
  }

  /** Closes every cluster that is not among `names`. */
  retain(names: ReadonlySet<string>): void {
    for (const [name, cluster] of this.#clusters) {
      if (names.has(name)) continue;
      cluster.close();
      this.#clusters.delete(name);
    }
    void this.#options.metrics.retainClusters(names);
  }

  get all(): readonly ManagedCluster[] {
    return [...this.#clusters.values()];
  }

  /** Names of clusters whose first look-ups or health checks have no result yet. */
  warming(): readonly string[] {
    return [...this.#clusters].filter(([, cluster]) => cluster.warming).map(([name]) => name);
  }

  /** Waits until nothing is warming, at most `deadlineMs`. Returns what still is. */
  async warm(deadlineMs: number): Promise<readonly string[]> {
    const { clock } = this.#options;
    const endMs = clock.now() + deadlineMs;
    for (;;) {
      const names = this.warming();
      if (names.length === 0 || clock.now() >= endMs) return names;
      await new Promise<void>((resolve) => {
        clock.after(warmPollMs, resolve);
      });
    }
  }

  /** Endpoints of each of these clusters, for a snapshot. */
  endpoints(configs: readonly ClusterConfig[]): Readonly<Record<string, readonly EndpointState[]>> {
    return Object.fromEntries(configs.map(({ name }) => [name, this.#clusters.get(name)?.states() ?? []]));
  }

  /** Where each of these clusters' circuit breakers count, for a snapshot. */
  breakers(configs: readonly ClusterConfig[]): Readonly<Record<string, number>> {
    return Object.fromEntries(configs.map(({ name }) => [name, this.#options.gauges.indexOf(name)]));
  }

  reportOutlier(cluster: string, endpoint: string, failure: OutlierFailure): void {
    const managed = this.#clusters.get(cluster);
    if (managed === undefined) return;
    this.#isReporting = true;
    this.#ejectedByReport = false;
    managed.reportOutlier(endpoint, failure);
    this.#isReporting = false;
    this.#options.metrics.outlierDetected(cluster, failure, this.#ejectedByReport);
  }

  close(): void {
    for (const cluster of this.#clusters.values()) cluster.close();
    this.#clusters.clear();
  }

  #create(config: ClusterConfig): ManagedCluster {
    const { clock, random, log, directory, counters, metrics } = this.#options;
    const { name } = config;
    return new ManagedCluster({
      config,
      clock,
      random,
      log,
      slotOf: (endpoint) => directory.baseOf(endpointBlock, [name, endpoint]),
      readTotal: (slot) => counters.total(slot),
      onChange: () => this.#changed(name),
      onEvent: (event) => this.#count(name, event),
      onCheck: (result) => metrics.healthChecked(name, resultOf(result)),
      onLookup: (succeeded) => metrics.dnsResolved(name, succeeded ? 'success' : 'failure'),
      onNameState: (state) => this.#report(name, state),
    });
  }

  #changed(name: string): void {
    const states = this.#clusters.get(name)?.states() ?? [];
    this.#options.metrics.setEndpoints(
      name,
      states.map((state) => ({
        endpoint: endpointName(state),
        healthy: state.health === 'healthy',
        ejected: state.ejected,
      })),
    );
    this.#options.onChange();
  }

  #count(cluster: string, event: MembershipEvent): void {
    if (event.kind !== 'ejected') return;
    this.#ejectedByReport = true;
    // What no data thread reported, the comparison of success rates has found.
    if (!this.#isReporting) this.#options.metrics.outlierDetected(cluster, 'success-rate', true);
  }

  #report(cluster: string, state: NameState): void {
    const { log } = this.#options;
    const fields = { cluster, name: state.name, failuresInRow: state.failuresInRow };
    if (state.error === null) log.info(`cluster ${cluster}: ${state.name} resolves again`, fields);
    else if (state.failuresInRow === 1) {
      const kept = state.state === 'stale' ? 'the last addresses stay in use' : 'there are no addresses yet';
      log.warn(`cluster ${cluster}: ${state.error}; ${kept}`, fields);
    }
  }
}

/** As `/metrics` names it. */
function resultOf({ kind, timedOut }: CheckResult): 'success' | 'failure' | 'timeout' {
  if (kind === 'passed') return 'success';
  return timedOut ? 'timeout' : 'failure';
}

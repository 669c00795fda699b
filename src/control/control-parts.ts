/**
 * The parts of the control thread and how they hang together. Nothing runs before the control plane begins it; in which
 * order that is, and in which it ends, is the control plane's.
 */
import { type Clock, formatAddress, type Random } from '../base/index.ts';
import type { Config, SocketAddress } from '../config/index.ts';
import { ControlMetrics, Exposition, type Log } from '../telemetry/control.ts';
import { AccessLogs } from './access-logs.ts';
import { AdminPlane } from './admin-plane.ts';
import { AdminView } from './admin-view.ts';
import { ClusterManager } from './cluster-manager.ts';
import { measureClusters } from './cluster-metrics.ts';
import type { ConfigSource } from './config-source.ts';
import { TrafficFigures } from './console/traffic-figures.ts';
import { healthFacts } from './health/health-facts.ts';
import { measureHealth } from './health/metrics.ts';
import { type HealthFacts, ProxyHealth } from './health/proxy-health.ts';
import { Machine } from './machine.ts';
import { EdgeCounts } from './mesh/edge-counts.ts';
import { measureEdges } from './mesh/edge-metrics.ts';
import { NodeReports } from './mesh/node-reports.ts';
import { measureNode } from './node-metrics.ts';
import { OperatorActions } from './operator-actions.ts';
import { canReusePort } from './platform.ts';
import { Reloader } from './reloader.ts';
import { Rollout } from './rollout.ts';
import { SelfDiagnosis } from './self-diagnosis/self-diagnosis.ts';
import { SpanOutput } from './span-output.ts';
import { Standing } from './standing.ts';
import { ThreadAccounting } from './thread-accounting.ts';
import { ThreadCounters } from './thread-counters.ts';
import { ThreadGroup } from './thread-group.ts';
import { deliver } from './thread-messages.ts';
import type { ThreadSupply } from './thread-supply.ts';

export interface ControlOptions {
  readonly source: ConfigSource;
  /** What `source` has answered: the configuration to start with. */
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
  /** Of Meshlock. */
  readonly version: string;
  /** For `/server_info`; nothing secret. */
  readonly commandLineOptions: Readonly<Record<string, string | number | boolean>>;
  /** Its workers have been started. */
  readonly supply: ThreadSupply;
  /** The admin plane asks for the end of the process. */
  onQuit(): void;
}

export interface ListeningOn {
  readonly name: string;
  readonly kind: 'http' | 'tcp';
  readonly address: SocketAddress;
}

export class ControlParts {
  readonly clusters: ClusterManager;
  readonly accessLogs: AccessLogs;
  readonly spans: SpanOutput;
  readonly edges: EdgeCounts;
  readonly reports: NodeReports;
  readonly diagnosis: SelfDiagnosis;
  readonly health: ProxyHealth;
  readonly group: ThreadGroup;
  readonly rollout: Rollout;
  readonly reloader: Reloader;
  readonly standing: Standing;
  readonly admin: AdminPlane;
  readonly #options: ControlOptions;
  readonly #counters: ThreadCounters = new ThreadCounters();
  readonly #exposition: Exposition;
  readonly #accounting: ThreadAccounting;

  /** Parts that need one another find each other when they run: none looks at another before all are there. */
  constructor(options: ControlOptions) {
    const { log, clock, random, version, source } = options;
    this.#options = options;
    const { directory, gauges } = options.supply;
    const counters = this.#counters;
    const exposition = new Exposition({ directory, clock });
    const { registry } = exposition;
    const metrics = new ControlMetrics({ registry, version });
    const accessLogs = new AccessLogs({ clock, log: log.child('access-log'), metrics });
    const spans = new SpanOutput({ clock, random, log: log.child('tracing'), metrics });
    const clusters = new ClusterManager({
      clock,
      random,
      log: log.child('cluster'),
      directory,
      gauges,
      counters,
      metrics,
      onChange: () => {
        this.rollout.push();
        this.health.changed();
      },
    });
    this.#exposition = exposition;
    this.accessLogs = accessLogs;
    this.spans = spans;
    this.edges = new EdgeCounts({ clock, threads: () => this.group.report().length });
    this.reports = new NodeReports({ counts: this.edges, clock, random, log: log.child('mesh') });
    this.clusters = clusters;
    this.#accounting = new ThreadAccounting({ directory, gauges, counters, exposition, metrics });
    this.diagnosis = new SelfDiagnosis({ clock, log: log.child('holmes'), registry, version });
    this.group = this.#makeGroup();
    this.standing = this.#makeStanding();
    const facts = this.#facts();
    this.health = this.#makeHealth(facts);
    measureHealth(registry, this.health);
    measureEdges(registry, this.edges);
    measureClusters(registry, clusters, gauges);
    measureNode(registry, () => this.config.node);
    const { group, standing } = this;
    const mayOpen = () => this.health.mayOpen();
    const rollout = new Rollout({ group, clusters, directory, accessLogs, clock, log, mayOpen });
    this.rollout = rollout;
    const obstacle = () => (standing.phase === 'serving' ? null : `one that is ${standing.phase}`);
    const followers = [this.diagnosis, this.reports];
    this.reloader = new Reloader({ source, rollout, spans, followers, metrics, clock, log, obstacle });
    this.admin = this.#makeAdmin(facts);
  }

  /** In force, or about to be. */
  get config(): Config {
    return this.rollout.inForce?.config ?? this.#options.config;
  }

  /** Where each listener accepts. */
  get listening(): readonly ListeningOn[] {
    const listeners = this.rollout.inForce?.listeners ?? [];
    return listeners.map(({ name, address, protocol }) => ({ name, kind: protocol.kind, address }));
  }

  async reopenLogs(): Promise<void> {
    await this.accessLogs.reopen();
    this.#options.log.info('access logs were reopened');
  }

  #makeGroup(): ThreadGroup {
    const { supply, clock, log: parent } = this.#options;
    const log = parent.child('threads');
    if (supply.warning !== null) log.warn(supply.warning);
    const { accessLogs, spans, clusters, edges } = this;
    const targets = { log, accessLogs, spans, clusters, edges };
    return new ThreadGroup({
      workers: supply.workers,
      respawn: (thread) => supply.spawn(thread),
      stallRestartMs: () => this.config.stallRestartMs,
      reusePort: canReusePort(),
      clock,
      log,
      events: {
        started: (thread, { memory, worker }) => {
          this.#accounting.started(thread, memory);
          this.diagnosis.started(thread, worker);
          this.health.changed();
        },
        ended: (thread, exit) => {
          this.#accounting.ended(thread, exit);
          this.diagnosis.ended(thread);
          this.health.changed();
        },
        message: (thread, message, reply) => deliver(targets, thread, message, reply),
      },
    });
  }

  #makeStanding(): Standing {
    const { group, clusters } = this;
    return new Standing({
      group,
      clusters,
      config: () => this.config,
      rollout: () => this.rollout,
      gate: () => this.health.gate,
    });
  }

  #facts(): HealthFacts {
    return healthFacts({
      clusters: this.clusters,
      accessLogs: this.accessLogs,
      spans: this.spans,
      captures: this.diagnosis,
      origin: this.#options.source.origin,
      rollout: () => this.rollout,
      reloader: () => this.reloader,
      readiness: () => this.standing.facts(),
      config: () => this.config,
      admin: () => this.admin.address,
    });
  }

  #makeHealth(facts: HealthFacts): ProxyHealth {
    const { clock, random, log } = this.#options;
    return new ProxyHealth({ clock, random, log: log.child('health'), facts, onOpen: () => this.#open() });
  }

  /** Where the listeners were held back, traffic begins here. */
  #open(): void {
    if (!this.rollout.isHeld || this.standing.phase === 'draining') return;
    this.rollout.open();
    const { log } = this.#options;
    for (const { name, kind, address } of this.listening) {
      log.info(`the gate is open: listener ${name} opens for ${kind} on ${formatAddress(address)}`);
    }
  }

  #makeAdmin({ configuration }: HealthFacts): AdminPlane {
    const { clock, log, supply } = this.#options;
    const { health, diagnosis } = this;
    return new AdminPlane({
      source: this.#makeView(),
      health,
      diagnosis,
      clusters: {
        names: () => (this.rollout.inForce?.config.clusters ?? []).map(({ name }) => name),
        count: (name) => this.clusters.get(name)?.count ?? { endpoints: 0, usable: 0 },
      },
      traffic: new TrafficFigures(supply.directory, this.#counters),
      clock,
      log,
      info: () => {
        const { id, version, release } = this.config.node;
        return { releaseId: release, version, serviceId: id };
      },
      configuration,
      isEnding: () => this.standing.phase === 'draining',
    });
  }

  #makeView(): AdminView {
    const { version, commandLineOptions, source, clock, log } = this.#options;
    const { clusters, group, rollout, reloader, standing } = this;
    const startedAtMs = clock.now();
    const machine = new Machine();
    return new AdminView({
      version,
      origin: source.origin,
      commandLineOptions,
      log,
      exposition: this.#exposition,
      counters: this.#counters,
      clusters,
      group,
      rollout,
      reloader,
      actions: this.#makeActions(),
      state: () => standing.state,
      readiness: () => standing.readiness(),
      uptimeMs: () => clock.now() - startedAtMs,
      machine: () => machine.info,
    });
  }

  #makeActions(): OperatorActions {
    const { clock, log, onQuit } = this.#options;
    const { group, rollout, health, standing } = this;
    return new OperatorActions({
      group,
      rollout,
      health,
      standing,
      clock,
      log,
      config: () => this.config,
      quit: onQuit,
      reopenLogs: () => this.reopenLogs(),
    });
  }
}

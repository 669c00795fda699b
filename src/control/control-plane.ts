/**
 * The control thread's life: starts the data threads and everything that serves them, reloads, drains, and ends. What
 * each part does is its own; here is only how they hang together and in which order.
 */
import type {
  AdminServer,
  DrainOptions,
  MachineInfo,
  Readiness,
  ReloadResult,
  ServerState,
} from '../admin/index.ts';
import { type Clock, formatAddress, type Random } from '../base/index.ts';
import type { Config, SocketAddress } from '../config/index.ts';
import { ControlMetrics, Exposition, type Log } from '../telemetry/control.ts';
import { AccessLogs } from './access-logs.ts';
import { AdminView } from './admin-view.ts';
import { ClusterManager } from './cluster-manager.ts';
import type { ConfigSource } from './config-source.ts';
import type { DrainOutcome } from './drain-round.ts';
import type { GrpcHealthServer } from './health/grpc/server.ts';
import { healthFacts } from './health/health-facts.ts';
import { measureHealth } from './health/metrics.ts';
import { ProxyHealth } from './health/proxy-health.ts';
import type { ServiceInfo } from '../../health/static.ts';
import { describeMachine } from './machine.ts';
import { EdgeCounts } from './mesh/edge-counts.ts';
import { measureEdges } from './mesh/edge-metrics.ts';
import { NodeReports } from './mesh/node-reports.ts';
import { canReusePort } from './platform.ts';
import { type ReadinessFacts, readinessOf } from './readiness.ts';
import { Reloader } from './reloader.ts';
import { Rollout } from './rollout.ts';
import { SelfDiagnosis } from './self-diagnosis/self-diagnosis.ts';
import { SpanOutput } from './span-output.ts';
import { ThreadAccounting } from './thread-accounting.ts';
import { ThreadCounters } from './thread-counters.ts';
import { ThreadGroup } from './thread-group.ts';
import { deliver } from './thread-messages.ts';
import type { ThreadSupply } from './thread-supply.ts';

export interface ControlPlaneOptions {
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

export class ControlPlane {
  readonly #options: ControlPlaneOptions;
  readonly #counters: ThreadCounters = new ThreadCounters();
  readonly #exposition: Exposition;
  readonly #clusters: ClusterManager;
  readonly #accessLogs: AccessLogs;
  readonly #spans: SpanOutput;
  readonly #edges: EdgeCounts;
  readonly #reports: NodeReports;
  readonly #accounting: ThreadAccounting;
  readonly #diagnosis: SelfDiagnosis;
  readonly #health: ProxyHealth;
  readonly #group: ThreadGroup;
  readonly #rollout: Rollout;
  readonly #reloader: Reloader;
  readonly #startedAtMs: number;
  #admin: AdminServer | null = null;
  #adminAddress: SocketAddress | null = null;
  #grpcHealth: GrpcHealthServer | null = null;
  #grpcHealthAddress: SocketAddress | null = null;
  #machine: MachineInfo | null = null;
  #looksAtMachine = false;
  #phase: 'starting' | 'serving' | 'draining' = 'starting';
  #failedByHand = false;

  constructor(options: ControlPlaneOptions) {
    const { log, clock, random, version, source } = options;
    this.#options = options;
    this.#startedAtMs = clock.now();
    const { directory, gauges } = options.supply;
    const counters = this.#counters;
    const exposition = new Exposition({ directory, clock });
    const metrics = new ControlMetrics({ registry: exposition.registry, version });
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
        this.#rollout.push();
        this.#health.changed();
      },
    });
    this.#exposition = exposition;
    this.#accessLogs = accessLogs;
    this.#spans = spans;
    this.#edges = new EdgeCounts({ clock, threads: () => this.#group.report().length });
    this.#reports = new NodeReports({ counts: this.#edges, clock, random, log: log.child('mesh') });
    this.#clusters = clusters;
    this.#accounting = new ThreadAccounting({ directory, gauges, counters, exposition, metrics });
    this.#diagnosis = new SelfDiagnosis({
      clock,
      log: log.child('holmes'),
      registry: exposition.registry,
      version,
    });
    this.#group = this.#makeGroup();
    this.#health = this.#makeHealth();
    measureHealth(exposition.registry, this.#health);
    measureEdges(exposition.registry, this.#edges, () => {
      const { id, service, version: nodeVersion, release } = this.#config.node;
      return { node_id: id, node_service: service, node_version: nodeVersion, node_release: release };
    });
    const mayOpen = () => this.#health.mayOpen();
    const rollout = new Rollout({
      group: this.#group,
      clusters,
      directory,
      accessLogs,
      clock,
      log,
      mayOpen,
    });
    this.#rollout = rollout;
    const obstacle = () => (this.#phase === 'serving' ? null : `one that is ${this.#phase}`);
    const followers = [this.#diagnosis, this.#reports];
    this.#reloader = new Reloader({ source, rollout, spans, followers, metrics, clock, log, obstacle });
  }

  /** Where the admin plane listens; `null` without one. */
  get adminAddress(): SocketAddress | null {
    return this.#adminAddress;
  }

  /** Where `grpc.health.v1` is served; `null` where it is not configured. */
  get grpcHealthAddress(): SocketAddress | null {
    return this.#grpcHealthAddress;
  }

  /** Where each listener accepts. */
  get listening(): readonly ListeningOn[] {
    const listeners = this.#rollout.inForce?.listeners ?? [];
    return listeners.map(({ name, address, protocol }) => ({ name, kind: protocol.kind, address }));
  }

  get threadCount(): number {
    return this.#group.count;
  }

  /** Rejects with a MeshlockError when the configuration cannot be brought into force; then `close` is still due. */
  async start(): Promise<void> {
    const { config, source, log } = this.#options;
    this.#group.start();
    this.#health.start();
    // Both are waited for, so that what a failure leaves behind is there to be closed.
    const outcomes = await Promise.allSettled([this.#reloader.first(config), this.#startOperation(config)]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    if (this.#phase === 'starting') this.#phase = 'serving';
    this.#health.cameUp();
    // Not before: loading it would make the start longer.
    const version = this.#rollout.inForce?.version ?? 0;
    for (const follower of [this.#diagnosis, this.#reports]) void follower.configure(config, version);
    source.subscribe({
      changed: () => {
        log.info(`${source.origin} has changed`);
        void this.reload();
      },
      unwatched: (error) => log.warn(`${source.origin} cannot be watched; it is polled`, { err: error }),
    });
  }

  /** What the listeners wait for before they accept; `null`: they accept. */
  get waitingFor(): readonly string[] | null {
    return this.#rollout.isHeld ? this.#health.gate.waitingFor : null;
  }

  /** Reads the configuration again. A refused one changes nothing. */
  async reload(): Promise<ReloadResult> {
    const result = await this.#reloader.reload();
    this.#health.changed();
    return result;
  }

  /** No longer ready, stops accepting, and waits until what runs has finished or `drain_timeout` is over. */
  async drain(): Promise<DrainOutcome> {
    this.#phase = 'draining';
    this.#options.source.close();
    this.#rollout.releaseHeld();
    this.#edges.close();
    this.#health.ending();
    return this.#group.drain(this.#config.drainTimeoutMs);
  }

  /** Ends everything; logs and spans get a moment to be written. False: a thread is stuck in native code. */
  async close(): Promise<boolean> {
    this.#phase = 'draining';
    this.#options.source.close();
    this.#rollout.releaseHeld();
    this.#health.ending();
    await this.#health.close();
    this.#clusters.close();
    // While the threads live: it takes out again what it has put into them.
    await this.#diagnosis.close();
    await this.#reports.close();
    const isClean = await this.#group.stop();
    await Promise.all([
      this.#accessLogs.close(),
      this.#spans.close(),
      this.#admin?.close(),
      this.#grpcHealth?.close(),
    ]);
    return isClean;
  }

  /** Ends the data threads and nothing else, whatever runs on them. False as with `close`. */
  abort(): Promise<boolean> {
    return this.#group.stop();
  }

  async reopenLogs(): Promise<void> {
    await this.#accessLogs.reopen();
    this.#options.log.info('access logs were reopened');
  }

  readiness(): Readiness {
    return readinessOf(this.#readinessFacts());
  }

  #readinessFacts(): ReadinessFacts {
    const { inForce, closedListeners, isHeld } = this.#rollout;
    return {
      phase: this.#phase,
      failedByHand: this.#failedByHand,
      closedListeners,
      threads: this.#group.report(),
      snapshotVersion: inForce?.snapshotVersion ?? 0,
      listeners: this.#config.listeners.map(({ name }) => name),
      warming: this.#clusters.warming(),
      isHeld,
      gate: this.#gateReasons(),
    };
  }

  /** Once it has opened only a person closes it for its own sake: what is wrong with a component is said there. */
  #gateReasons(): readonly string[] {
    const { hasOpened, state, override, waitingFor } = this.#health.gate;
    // Before that, readiness has the same reasons one by one.
    if (this.#phase !== 'serving' || state === 'open') return [];
    if (!hasOpened) return waitingFor;
    return override?.to === 'closed' ? waitingFor.slice(0, 1) : [];
  }

  /** In force, or about to be. */
  get #config(): Config {
    return this.#rollout.inForce?.config ?? this.#options.config;
  }

  #makeGroup(): ThreadGroup {
    const { supply, clock, log: parent } = this.#options;
    const log = parent.child('threads');
    if (supply.warning !== null) log.warn(supply.warning);
    const targets = {
      log,
      accessLogs: this.#accessLogs,
      spans: this.#spans,
      clusters: this.#clusters,
      edges: this.#edges,
    };
    return new ThreadGroup({
      workers: supply.workers,
      respawn: (thread) => supply.spawn(thread),
      stallRestartMs: () => this.#config.stallRestartMs,
      reusePort: canReusePort(),
      clock,
      log,
      events: {
        started: (thread, { memory, worker }) => {
          this.#accounting.started(thread, memory);
          this.#diagnosis.started(thread, worker);
          this.#health.changed();
        },
        ended: (thread, exit) => {
          this.#accounting.ended(thread, exit);
          this.#diagnosis.ended(thread);
          this.#health.changed();
        },
        message: (thread, message, reply) => deliver(targets, thread, message, reply),
      },
    });
  }

  #makeHealth(): ProxyHealth {
    const { clock, random, log: parent, source } = this.#options;
    const log = parent.child('health');
    return new ProxyHealth({
      clock,
      random,
      log,
      facts: healthFacts({
        clusters: this.#clusters,
        accessLogs: this.#accessLogs,
        spans: this.#spans,
        captures: this.#diagnosis,
        origin: source.origin,
        rollout: () => this.#rollout,
        reloader: () => this.#reloader,
        readiness: () => this.#readinessFacts(),
        config: () => this.#config,
        admin: () => this.#adminAddress,
      }),
      onOpen: () => this.#open(),
    });
  }

  /** Where the listeners were held back, traffic begins here. */
  #open(): void {
    if (!this.#rollout.isHeld || this.#phase === 'draining') return;
    this.#rollout.open();
    const { log } = this.#options;
    for (const { name, kind, address } of this.listening) {
      log.info(`the gate is open: listener ${name} opens for ${kind} on ${formatAddress(address)}`);
    }
  }

  async #startOperation(config: Config): Promise<void> {
    await this.#startAdmin(config);
    await this.#startGrpcHealth(config);
  }

  async #startGrpcHealth({ admin }: Config): Promise<void> {
    const { grpcAddress: address, token } = admin;
    if (address === undefined) return;
    const { GrpcHealthServer } = await import('./health/grpc/server.ts');
    // It was closed while that was loaded.
    if (this.#phase === 'draining') return;
    const { clock, log: parent } = this.#options;
    const log = parent.child('health');
    this.#grpcHealth = new GrpcHealthServer({ address, token, health: this.#health, clock, log });
    this.#grpcHealthAddress = await this.#grpcHealth.listen();
    log.info(`gRPC health is served on ${formatAddress(this.#grpcHealthAddress)}`);
  }

  async #startAdmin(config: Config): Promise<void> {
    const { address, token } = config.admin;
    if (address === null) return;
    const [{ AdminServer }, { diagnosisRoutes }, { healthRoutes }] = await Promise.all([
      import('../admin/index.ts'),
      import('./self-diagnosis/admin-routes.ts'),
      import('./health/admin-routes.ts'),
    ]);
    const { clock } = this.#options;
    const log = this.#options.log.child('admin');
    this.#admin = new AdminServer({
      address,
      token,
      source: this.#makeView(),
      routes: [
        ...diagnosisRoutes(this.#diagnosis, clock),
        ...healthRoutes(this.#health, () => this.#healthInfo(), clock),
      ],
      clock,
      log: {
        info: (fields, message) => log.info(message, { ...fields }),
        warn: (fields, message) => log.warn(message, { ...fields }),
        error: (fields, message) => log.error(message, { ...fields }),
      },
    });
    this.#adminAddress = await this.#admin.listen();
  }

  #makeView(): AdminView {
    const { version, commandLineOptions, source, onQuit, clock, log } = this.#options;
    return new AdminView({
      version,
      origin: source.origin,
      commandLineOptions,
      log,
      exposition: this.#exposition,
      counters: this.#counters,
      clusters: this.#clusters,
      group: this.#group,
      rollout: this.#rollout,
      reloader: this.#reloader,
      actions: {
        drainListeners: (options) => this.#drainListeners(options),
        healthcheck: (ok) => {
          this.#failedByHand = !ok;
          this.#health.failByHand(!ok);
        },
        quit: onQuit,
        reopenLogs: () => this.reopenLogs(),
      },
      state: () => this.#state(),
      readiness: () => this.readiness(),
      uptimeMs: () => clock.now() - this.#startedAtMs,
      machine: () => {
        void this.#lookAtMachine();
        return this.#machine;
      },
    });
  }

  #healthInfo(): ServiceInfo {
    const { id, version, release } = this.#config.node;
    return { releaseId: release, version, serviceId: id };
  }

  /** Once, when somebody asks: it starts processes, which a proxy should not do for nobody. */
  async #lookAtMachine(): Promise<void> {
    if (this.#looksAtMachine) return;
    this.#looksAtMachine = true;
    this.#machine = await describeMachine();
  }

  #state(): ServerState {
    if (this.#phase === 'starting') return 'INITIALIZING';
    return this.#phase === 'draining' || this.#failedByHand ? 'DRAINING' : 'LIVE';
  }

  #drainListeners({ graceful, inboundOnly, keepAccepting }: DrainOptions): void {
    const which = inboundOnly ? 'inbound' : 'all';
    this.#options.log.info(`draining ${which} listeners`, { graceful, keepAccepting });
    if (graceful) this.#group.discourage(true);
    if (keepAccepting) return;
    const close = () => {
      this.#rollout.closeListeners(which);
      this.#health.changed();
    };
    if (graceful) this.#options.clock.after(this.#config.drainTimeoutMs, close);
    else close();
  }
}

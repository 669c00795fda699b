/**
 * The control thread's life: starts the data threads and everything that serves them, reloads, drains, and ends. What
 * each part does is its own; here is only the order.
 */
import type { AdminServer, DrainOptions, Readiness, ReloadResult, ServerState } from '../admin/index.ts';
import { type Clock, formatProblem, MeshlockError, type Problem, type Random } from '../base/index.ts';
import { BreakerGauges } from '../cluster/index.ts';
import type { Config, SocketAddress } from '../config/index.ts';
import { ControlMetrics, Exposition, type Log } from '../telemetry/control.ts';
import { clusterBlock, CounterStore, SlotDirectory } from '../telemetry/index.ts';
import { AccessLogs } from './access-logs.ts';
import { AdminView } from './admin-view.ts';
import { ClusterManager } from './cluster-manager.ts';
import type { ConfigSource } from './config-source.ts';
import { LatestQueue } from './latest-queue.ts';
import { canReusePort, resolveThreadCount } from './platform.ts';
import { readinessOf } from './readiness.ts';
import { effectiveConfig, settingsThatWait } from './restart-settings.ts';
import { Rollout } from './rollout.ts';
import { SpanOutput } from './span-output.ts';
import { ThreadCounters } from './thread-counters.ts';
import { type DrainOutcome, ThreadGroup } from './thread-group.ts';
import type { ThreadExit } from './thread-exit.ts';
import { deliver } from './thread-messages.ts';

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
  /** Module of the data thread. */
  readonly entry: URL;
  /** The admin plane asks for the end of the process. */
  onQuit(): void;
}

export class ControlPlane {
  readonly #options: ControlPlaneOptions;
  readonly #log: Log;
  readonly #directory = new SlotDirectory();
  readonly #gauges = new BreakerGauges();
  readonly #counters = new ThreadCounters();
  readonly #exposition: Exposition;
  readonly #metrics: ControlMetrics;
  readonly #clusters: ClusterManager;
  readonly #accessLogs: AccessLogs;
  readonly #spans: SpanOutput;
  readonly #group: ThreadGroup;
  readonly #rollout: Rollout;
  readonly #reloads = new LatestQueue<ReloadResult>();
  readonly #startedAtMs: number;
  #admin: AdminServer | null = null;
  #adminAddress: SocketAddress | null = null;
  #watcher: { close(): void } | null = null;
  #phase: 'starting' | 'serving' | 'draining' = 'starting';
  #failedByHand = false;
  #waiting: readonly string[] = [];
  #applied = 0;
  #refused = 0;

  constructor(options: ControlPlaneOptions) {
    const { log, clock, random, version } = options;
    this.#options = options;
    this.#log = log;
    this.#startedAtMs = clock.now();
    const directory = this.#directory;
    this.#exposition = new Exposition({ directory, clock });
    const metrics = new ControlMetrics({ registry: this.#exposition.registry, version });
    this.#metrics = metrics;
    this.#group = this.#threads();
    this.#clusters = new ClusterManager({
      clock,
      random,
      log: log.child('cluster'),
      directory,
      gauges: this.#gauges,
      counters: this.#counters,
      metrics,
      onChange: () => this.#rollout.push(),
    });
    this.#accessLogs = new AccessLogs({ clock, log: log.child('access-log'), metrics });
    this.#spans = new SpanOutput({ clock, random, log: log.child('tracing'), metrics });
    const { clusters, accessLogs } = { clusters: this.#clusters, accessLogs: this.#accessLogs };
    this.#rollout = new Rollout({ group: this.#group, clusters, directory, accessLogs, clock, log });
  }

  /** Where the admin plane listens; `null` without one. */
  get adminAddress(): SocketAddress | null {
    return this.#adminAddress;
  }

  /** Where each listener accepts. */
  get listening(): readonly {
    readonly name: string;
    readonly kind: string;
    readonly address: SocketAddress;
  }[] {
    const listeners = this.#rollout.inForce?.listeners ?? [];
    return listeners.map(({ name, address, protocol }) => ({ name, kind: protocol.kind, address }));
  }

  get threadCount(): number {
    return this.#group.count;
  }

  /** Rejects with a MeshlockError when the configuration cannot be brought into force; then `close` is still due. */
  async start(): Promise<void> {
    const { config } = this.#options;
    // The threads load their code on other cores while this one goes on.
    this.#group.start();
    this.#spans.configure(config);
    await Promise.all([this.#rollout.apply(config), this.#startAdmin(config)]);
    this.#applied++;
    this.#metrics.reloaded(true, this.#options.clock.wall());
    if (this.#phase === 'starting') this.#phase = 'serving';
    await this.#watch();
  }

  /** Reads the configuration again. One at a time; of requests that come meanwhile the last one counts. */
  reload(): Promise<ReloadResult> {
    return this.#reloads.run(() => this.#reload());
  }

  /** No longer ready, stops accepting, and waits until what runs has finished or `drain_timeout` is over. */
  async drain(): Promise<DrainOutcome> {
    this.#phase = 'draining';
    this.#watcher?.close();
    const { drainTimeoutMs } = (this.#rollout.inForce ?? this.#options).config;
    return this.#group.drain(drainTimeoutMs);
  }

  /** Writes what is left of logs and spans, then ends everything. False: a thread is stuck in native code. */
  async close(): Promise<boolean> {
    this.#phase = 'draining';
    this.#watcher?.close();
    this.#clusters.close();
    const isClean = await this.#group.stop();
    await Promise.all([this.#accessLogs.close(), this.#spans.close(), this.#admin?.close()]);
    return isClean;
  }

  /** Ends the data threads at once, without regard for what runs. False as with `close`. */
  abort(): Promise<boolean> {
    return this.#group.stop();
  }

  async reopenLogs(): Promise<void> {
    await this.#accessLogs.reopen();
    this.#log.info('access logs were reopened');
  }

  readiness(): Readiness {
    const { inForce, closedListeners } = this.#rollout;
    return readinessOf({
      phase: this.#phase,
      failedByHand: this.#failedByHand,
      closedListeners,
      threads: this.#group.report(),
      snapshotVersion: inForce?.snapshotVersion ?? 0,
      listeners: (inForce ?? this.#options).config.listeners.map(({ name }) => name),
      warming: this.#clusters.warming(),
    });
  }

  // ------------------------------------------------------------------------------------- threads

  #threads(): ThreadGroup {
    const { config, entry, clock } = this.#options;
    const { count, warning } = resolveThreadCount(config.dataThreads);
    const log = this.#log.child('threads');
    if (warning !== null) log.warn(warning);
    return new ThreadGroup({
      count,
      entry,
      counterSlots: this.#directory.capacity,
      breakers: this.#gauges.memory,
      heapBytes: config.threadHeapBytes,
      stallRestartMs: () => (this.#rollout.inForce ?? this.#options).config.stallRestartMs,
      reusePort: canReusePort(),
      clock,
      log,
      events: {
        started: (thread, memory) => this.#threadStarted(thread, memory),
        ended: (thread, exit) => this.#threadEnded(thread, exit),
        stalled: () => {},
        message: (thread, message, reply) =>
          deliver(
            { log, accessLogs: this.#accessLogs, spans: this.#spans, clusters: this.#clusters },
            thread,
            message,
            reply,
          ),
      },
    });
  }

  #threadStarted(thread: number, memory: SharedArrayBuffer): void {
    const store = new CounterStore(memory);
    this.#stores.set(thread, store);
    this.#exposition.addThread(thread, store);
    this.#counters.add(thread, store);
  }
  readonly #stores = new Map<number, CounterStore>();

  #threadEnded(thread: number, exit: ThreadExit): void {
    const store = this.#stores.get(thread);
    if (store === undefined) return;
    this.#stores.delete(thread);
    // Before the counters are folded: what the thread held is in its gauges.
    this.#gauges.returnHeld(store, this.#clusterSlots());
    this.#exposition.retireThread(thread);
    this.#counters.retire(thread, this.#directory.used);
    if (exit.kind === 'stopped') return;
    const stuck = exit.kind === 'stall' || exit.kind === 'start-timeout';
    this.#metrics.threadReplaced(
      exit.kind === 'out-of-heap' ? 'out-of-memory' : stuck ? 'stalled' : 'crashed',
    );
  }

  /** Of every cluster there ever was: a removed one may still have held something. */
  #clusterSlots(): Readonly<Record<string, number>> {
    const slots: Record<string, number> = {};
    for (const { block, labels, base } of this.#directory.entities()) {
      if (block === clusterBlock) slots[labels[0]!] = base;
    }
    return slots;
  }

  // ------------------------------------------------------------------------------------- configuration

  async #watch(): Promise<void> {
    const { watch } = this.#options.source;
    if (watch === null) return;
    const watcher = await watch(
      () => {
        this.#log.info(`${this.#options.source.origin} has changed`);
        void this.reload();
      },
      (error) => this.#log.warn('the configuration file cannot be watched; it is polled', { err: error }),
    );
    if (this.#phase === 'draining') watcher.close();
    else this.#watcher = watcher;
  }

  async #reload(): Promise<ReloadResult> {
    const before = this.#rollout.inForce;
    if (this.#phase !== 'serving' || before === null) {
      return this.#refuse('not now', [
        { path: '', expected: 'a process that serves', got: `one that is ${this.#phase}` },
      ]);
    }
    const { config: started, source, clock } = this.#options;
    try {
      const wanted = await source.load();
      await this.#rollout.apply(effectiveConfig(started, wanted));
      this.#applied++;
      this.#metrics.reloaded(true, clock.wall());
      this.#settle(before.config, wanted);
    } catch (error) {
      if (!(error instanceof MeshlockError)) throw error;
      const own = { path: '', expected: 'a configuration that can be applied', got: error.message };
      return this.#refuse(error.message, error.problems.length > 0 ? error.problems : [own]);
    }
    const version = this.#rollout.inForce?.version ?? 0;
    this.#log.info(`configuration ${version} is in force`, { version, origin: source.origin });
    return { applied: true, version, problems: [] };
  }

  /** What is not part of a snapshot. */
  #settle(before: Config, wanted: Config): void {
    this.#spans.configure(wanted);
    if (before.log.level !== wanted.log.level) this.#log.setLevel(wanted.log.level);
    this.#waiting = settingsThatWait(this.#options.config, wanted);
    if (this.#waiting.length === 0) return;
    this.#log.warn(`needs a restart to take effect: ${this.#waiting.join(', ')}`, {
      settings: this.#waiting,
    });
  }

  #refuse(message: string, problems: readonly Problem[]): ReloadResult {
    this.#refused++;
    this.#metrics.reloaded(false, this.#options.clock.wall());
    const version = this.#rollout.inForce?.version ?? 0;
    this.#log.error(`configuration refused, ${version} stays in force: ${message}`, {
      problems: problems.map(formatProblem),
    });
    return { applied: false, version, problems };
  }

  // ------------------------------------------------------------------------------------- admin

  async #startAdmin(config: Config): Promise<void> {
    const { address, token } = config.admin;
    if (address === null) return;
    const { AdminServer } = await import('../admin/index.ts');
    const log = this.#log.child('admin');
    this.#admin = new AdminServer({
      address,
      token,
      source: this.#view(),
      clock: this.#options.clock,
      log: {
        info: (fields, message) => log.info(message, { ...fields }),
        warn: (fields, message) => log.warn(message, { ...fields }),
        error: (fields, message) => log.error(message, { ...fields }),
      },
    });
    this.#adminAddress = await this.#admin.listen();
  }

  #view(): AdminView {
    const { version, commandLineOptions, source, onQuit, clock } = this.#options;
    return new AdminView({
      version,
      origin: source.origin,
      commandLineOptions,
      log: this.#log,
      exposition: this.#exposition,
      counters: this.#counters,
      clusters: this.#clusters,
      group: this.#group,
      rollout: this.#rollout,
      actions: {
        drainListeners: (options) => this.#drainListeners(options),
        healthcheck: (ok) => {
          this.#failedByHand = !ok;
        },
        quit: onQuit,
        reload: () => this.reload(),
        reopenLogs: () => this.reopenLogs(),
      },
      state: () => this.#state(),
      readiness: () => this.readiness(),
      uptimeMs: () => clock.now() - this.#startedAtMs,
      waiting: () => this.#waiting,
      reloads: () => ({ applied: this.#applied, refused: this.#refused }),
    });
  }

  #state(): ServerState {
    if (this.#phase === 'starting') return 'INITIALIZING';
    return this.#phase === 'draining' || this.#failedByHand ? 'DRAINING' : 'LIVE';
  }

  #drainListeners({ graceful, inboundOnly, keepAccepting }: DrainOptions): void {
    const which = inboundOnly ? 'inbound' : 'all';
    this.#log.info(`draining ${which} listeners`, { graceful, keepAccepting });
    if (graceful) this.#group.discourage(true);
    if (keepAccepting) return;
    const close = () => this.#rollout.closeListeners(which);
    if (!graceful) close();
    else this.#options.clock.after((this.#rollout.inForce ?? this.#options).config.drainTimeoutMs, close);
  }
}

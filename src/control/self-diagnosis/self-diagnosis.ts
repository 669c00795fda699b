/**
 * The process watches itself: hands holmes the data threads and the process, keeps it in step with the configuration, and
 * shows what it found. The only place that knows holmes. Whatever fails in here is said and never stands in the way of
 * the traffic; its code is loaded when the proxy serves, so a start does not wait for it.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Worker } from 'node:worker_threads';
import type { CaptureRecord, Monitor, MonitorView, ProgramInfo, WorkerLinks } from '../../../holmes/index.ts';
import type * as HolmesDoor from '../../../holmes/index.ts';
import type { Clock } from '../../base/index.ts';
import type { Config, HolmesConfig } from '../../config/index.ts';
import type { Exposition, Log } from '../../telemetry/control.ts';
import { LatestQueue } from '../latest-queue.ts';
import { captureDirectory } from './capture-directory.ts';
import { configurationName } from './configuration-name.ts';
import { HolmesMetrics } from './metrics.ts';
import { fileNameOf, moduleOwners } from './module-owners.ts';
import type { MonitorAccess } from './monitor-access.ts';
import { needsNewMonitor, settingsOf } from './settings.ts';

export interface SelfDiagnosisOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Exposition['registry'];
  /** Of Meshlock. */
  readonly version: string;
}

type Holmes = typeof HolmesDoor;

interface Running {
  readonly holmes: Holmes;
  readonly monitor: Monitor;
  readonly links: WorkerLinks;
  readonly directory: string;
  /** What it was last told. */
  config: HolmesConfig;
}

const obstacles = { starting: 'holmes has not started yet', off: 'holmes.enabled is false' } as const;

/** A thread that is stuck in native code cannot let go of what was put into it. */
const closeMs = 2500;

export class SelfDiagnosis implements MonitorAccess {
  readonly #options: SelfDiagnosisOptions;
  readonly #metrics: HolmesMetrics;
  readonly #queue = new LatestQueue<void>();
  readonly #workers = new Map<number, Worker>();
  #wanted: Config | null = null;
  #configuration = '';
  #ownerOf: (url: string) => string = () => '';
  #running: Running | null = null;
  #obstacle: string = obstacles.starting;
  #isClosed = false;

  constructor(options: SelfDiagnosisOptions) {
    this.#options = options;
    this.#metrics = new HolmesMetrics(options.registry);
  }

  get monitor(): MonitorView | null {
    return this.#running?.monitor ?? null;
  }

  get obstacle(): string {
    return this.#obstacle;
  }

  /** A data thread begins. One of the same number, which it replaces, has ended or is about to. */
  started(thread: number, worker: Worker): void {
    this.#workers.set(thread, worker);
    if (this.#running !== null) this.#add(this.#running, thread, worker);
  }

  /** Its monitor finds out by itself; it only must not be watched again. */
  ended(thread: number): void {
    this.#workers.delete(thread);
  }

  /**
   * The configuration that is in force, once there is one, and each that follows. What was changed by hand meanwhile
   * stays until the configuration says another than before. Never rejects.
   */
  configure(config: Config, version: number): Promise<void> {
    this.#wanted = config;
    this.#configuration = configurationName(config, version);
    this.#ownerOf = moduleOwners(config);
    return this.#queue.run(() => this.#settle());
  }

  /** Never takes longer than 2.5 s: what then still hangs ends with the process. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const patience = this.#options.clock.after(closeMs, resolve);
    await Promise.race([this.#queue.run(() => this.#settle()), promise]);
    patience.cancel();
  }

  // off -> watching -> off, at each configuration
  async #settle(): Promise<void> {
    const wanted = this.#wanted?.holmes;
    if (wanted === undefined) return;
    try {
      const isOn = wanted.enabled && !this.#isClosed;
      const running = this.#running;
      this.#obstacle = this.#isClosed ? 'the process is ending' : obstacles[isOn ? 'starting' : 'off'];
      if (running !== null && (!isOn || needsNewMonitor(running.config, wanted))) await this.#stop(running);
      if (!isOn) return;
      if (this.#running === null) await this.#start(wanted);
      else this.#change(this.#running, wanted);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#obstacle = `holmes cannot watch this process: ${reason}`;
      this.#options.log.error(this.#obstacle, { err: error });
    }
  }

  async #start(config: HolmesConfig): Promise<void> {
    const { clock, log } = this.#options;
    const directory = await captureDirectory({ configured: config.directory, environment: process.env });
    const holmes = await import('../../../holmes/index.ts');
    const settings = settingsOf(config);
    const store = new holmes.DiskStore({ directory, limits: settings.limits, clock, log });
    const monitor = new holmes.Monitor({
      settings,
      store,
      program: () => this.#program(),
      clock,
      log,
      fileName: fileNameOf,
      ownerOf: (url) => this.#ownerOf(url),
      onCapture: (record) => this.#report(record, directory),
    });
    const running: Running = { holmes, monitor, links: new holmes.WorkerLinks(clock), directory, config };
    try {
      // Whoever asks from here on sees what lies there already.
      await store.open();
      const whole = new holmes.ProcessSubject({ clock });
      monitor.add(whole);
      for (const [thread, worker] of this.#workers) this.#add(running, thread, worker);
      // From here on threads that begin are added as they come.
      this.#running = running;
      this.#metrics.measure({
        monitor,
        unitOf: (name) => holmes.readingTable[name].unit,
        memoryLimit: () => whole.memoryLimitBytes,
      });
      await monitor.start();
    } catch (error) {
      await this.#stop(running);
      throw error;
    }
    const threads = this.#workers.size === 1 ? '1 data thread' : `${this.#workers.size} data threads`;
    log.info(`holmes watches the process and ${threads}; captures lie in ${directory}`);
  }

  #add({ holmes, monitor, links, config }: Running, thread: number, worker: Worker): void {
    const { clock } = this.#options;
    const { recorder } = settingsOf(config);
    const [name, title] = [`data-${thread}`, `data thread ${thread}`];
    monitor.add(new holmes.WorkerSubject({ worker, name, title, links, clock, recorder }));
  }

  #change(running: Running, config: HolmesConfig): void {
    if (isDeepStrictEqual(running.config, config)) return;
    running.config = config;
    running.monitor.configure(settingsOf(config));
  }

  async #stop(running: Running): Promise<void> {
    this.#metrics.measure(null);
    this.#running = null;
    await running.monitor.close();
    running.links.close();
  }

  #program(): ProgramInfo {
    return {
      name: 'meshlock',
      version: this.#options.version,
      configuration: this.#configuration,
      node: process.version,
      pid: process.pid,
      host: hostname(),
    };
  }

  #report({ id, subject, kind, rule, diagnosis }: CaptureRecord, directory: string): void {
    const fields = { capture: id, subject, kind, rule, folder: join(directory, id) };
    this.#options.log.warn(`${diagnosis.sentence} (capture ${id})`, fields);
  }
}

/**
 * The static health of this process: hands the health room the proxy's components, and its traffic gate the say over when
 * the listeners accept for the first time. The only place that knows health. Every check reads what the control thread
 * has in memory and takes microseconds.
 */
import {
  type ComponentReport,
  type GateView,
  type HealthLog,
  HealthRegistry,
  type HealthSnapshot,
  type Override,
  TrafficGate,
} from '../../../health/static.ts';
import type { Clock, Random } from '../../base/index.ts';
import type { Log } from '../../telemetry/control.ts';
import type { ReadinessFacts } from '../readiness.ts';
import type { MonitorAccess } from '../self-diagnosis/monitor-access.ts';
import { captureStoreReport } from './capture-health.ts';
import { type ClusterFacts, clustersReport } from './cluster-health.ts';
import { type ConfigurationFacts, configurationReport } from './configuration-health.ts';
import { type ListenerFacts, listenersReport } from './listener-health.ts';
import { type NameFacts, namesReport } from './name-health.ts';
import { type OutputFacts, OutputHealth } from './output-health.ts';
import { plainReport } from './report.ts';
import { threadsReport } from './thread-health.ts';

/** What the checks look at; each answers from memory. */
export interface HealthFacts {
  readiness(): ReadinessFacts;
  /** Of the configuration in force; empty before the first. */
  listeners(): ListenerFacts['listeners'];
  clusters(): readonly ClusterFacts[];
  names(): readonly NameFacts[];
  configuration(): ConfigurationFacts;
  accessLogs(): readonly OutputFacts[];
  spans(): readonly OutputFacts[];
  /** Where the admin API listens, or that it is to or not to. */
  admin(): { readonly isWanted: boolean; readonly address: string };
  readonly captures: MonitorAccess;
  /** `holmes.enabled` */
  wantsCaptures(): boolean;
}

export interface ProxyHealthOptions {
  readonly facts: HealthFacts;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The gate is open; may be said again. */
  onOpen(): void;
}

/** What the admin API, the metrics and the command line see. */
export interface HealthAccess {
  readonly snapshot: HealthSnapshot;
  readonly gate: GateView;
  override(override: Override | null): void;
}

interface Row {
  readonly name: string;
  readonly kind: string;
  readonly required: boolean;
  readonly report: () => ComponentReport;
  /** Only for what is optional: how many good looks in a row end a bad one, so that a loss can be seen for a while. */
  readonly recoverAfter?: number;
}

/** Twice a second for the required: a look costs microseconds, and nobody is to wait long for the gate. */
const requiredPeriodMs = 500;
const optionalPeriodMs = 5000;
const deadlineMs = 1000;
/** A capture this close to a transition may show its cause. */
const captureNearMs = 60_000;

export class ProxyHealth implements HealthAccess {
  readonly #options: ProxyHealthOptions;
  readonly #registry: HealthRegistry;
  readonly #gate: TrafficGate;
  readonly #required: readonly string[];
  readonly #optional: readonly string[];
  #isStarted = false;
  #isLooking = false;
  #isEnding = false;
  #isClosed = false;

  constructor(options: ProxyHealthOptions) {
    const { facts, clock, random } = options;
    this.#options = options;
    this.#registry = new HealthRegistry({
      clock,
      random: () => random.next(),
      log: this.#roomLog(),
      captureNear: (at) => captureNear(facts.captures, at),
    });
    const rows = this.#rows();
    for (const row of rows) this.#add(row);
    this.#required = rows.flatMap(({ name, required }) => (required ? [name] : []));
    this.#optional = rows.flatMap(({ name, required }) => (required ? [] : [name]));
    this.#gate = new TrafficGate({ registry: this.#registry, clock, log: this.#roomLog() });
    this.#gate.onChange((view) => this.#gateChanged(view));
  }

  get snapshot(): HealthSnapshot {
    return this.#registry.snapshot;
  }

  get gate(): GateView {
    return this.#gate.view;
  }

  /**
   * Whether listeners may accept as soon as the threads have them. Threads, ports and configuration are waited for by
   * whoever brings the first configuration into force; what is left are the clusters.
   */
  mayOpen(): boolean {
    const { override } = this.#gate.view;
    if (override !== null) return override.to === 'open';
    const { status } = clustersReport(this.#options.facts.clusters(), false);
    return status === 'healthy' || status === 'degraded';
  }

  start(): void {
    this.#isStarted = true;
    this.#registry.start();
  }

  /** Looks at everything required now; what it found is in the snapshot, and the gate has heard of it, when this returns. */
  look(): void {
    if (!this.#isStarted || this.#isClosed) return;
    for (const name of this.#required) void this.#registry.check(name);
  }

  /** Looks at everything, the optional parts too: the process has come up. */
  cameUp(): void {
    this.look();
    for (const name of this.#optional) void this.#registry.check(name);
  }

  /** As `look`, but soon, and once for many changes: something has happened that is not to wait for its turn. */
  changed(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    queueMicrotask(() => {
      this.#isLooking = false;
      this.look();
    });
  }

  /** Everything is about to stop, as it should. */
  ending(): void {
    this.#isEnding = true;
    this.changed();
  }

  override(override: Override | null): void {
    this.#gate.override(override);
  }

  failByHand(failed: boolean): void {
    this.#gate.failByHand(failed);
  }

  onTransition(listener: Parameters<HealthRegistry['onTransition']>[0]): () => void {
    return this.#registry.onTransition(listener);
  }

  /**
   * Hears when the snapshot or the gate says something else than before; when a component moves the gate it may hear
   * twice. Returns what ends it.
   */
  onChange(listener: () => void): () => void {
    const ends = [this.#registry.onChange(listener), this.#gate.onChange(listener)];
    return () => {
      for (const end of ends) end();
    };
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#gate.close();
    return this.#registry.close();
  }

  /** Parts that get well are no news at every start, nor is what stops when all of it is told to. */
  #roomLog(): HealthLog {
    const { log } = this.#options;
    return {
      info: (message, fields) => log.debug(...said(message, fields)),
      warn: (message, fields) => log[this.#isEnding ? 'debug' : 'warn'](...said(message, fields)),
    };
  }

  #gateChanged(view: GateView): void {
    // Also when it was open before: an override may have opened it when there was nothing to open yet.
    if (view.state === 'open') this.#options.onOpen();
  }

  #rows(): readonly Row[] {
    const { facts } = this.#options;
    const logs = new OutputHealth();
    const spans = new OutputHealth();
    const logWords = { noun: 'access log', unit: 'line', absent: 'there are none' };
    const spanWords = { noun: 'receiver', unit: 'span', absent: 'spans are not exported' };
    const threads = () => threadsReport(facts.readiness());
    const must = (name: string, kind: string, report: Row['report']): Row => ({
      name,
      kind,
      required: true,
      report,
    });
    const may = (name: string, kind: string, report: Row['report'], recoverAfter = 1): Row => ({
      name,
      kind,
      required: false,
      report,
      recoverAfter,
    });
    return [
      must('configuration', 'config', () => configurationReport(facts.configuration())),
      must('threads', 'thread', threads),
      must('listeners', 'listener', () =>
        listenersReport({ readiness: facts.readiness(), listeners: facts.listeners() }),
      ),
      must('clusters', 'cluster', () =>
        facts.configuration().version === 0 && facts.clusters().length === 0
          ? plainReport('starting', 'no configuration is in force yet')
          : clustersReport(facts.clusters(), this.#gate.view.hasOpened),
      ),
      may('dns', 'discovery', () => namesReport(facts.names())),
      may('access-logs', 'exporter', () => logs.report(facts.accessLogs(), logWords), 3),
      may('spans', 'exporter', () => spans.report(facts.spans(), spanWords), 3),
      may('captures', 'store', () => captureStoreReport(facts.captures, facts.wantsCaptures())),
      may('admin', 'api', () => adminReport(facts.admin())),
    ];
  }

  #add({ name, kind, required, report, recoverAfter = 1 }: Row): void {
    const periodMs = required ? requiredPeriodMs : optionalPeriodMs;
    this.#registry.add({
      name,
      kind,
      required,
      periodMs,
      deadlineMs,
      // What is looked at has its own hysteresis: health checks, heartbeats.
      failAfter: 1,
      recoverAfter,
      check: report,
    });
  }
}

function adminReport({ isWanted, address }: ReturnType<HealthFacts['admin']>): ComponentReport {
  if (!isWanted) return plainReport('healthy', 'admin.address is off');
  return address === '' ? plainReport('starting', 'does not listen yet') : plainReport('healthy', address);
}

/** `component` is how the log names the part of Meshlock that speaks. */
function said(
  message: string,
  { component, ...fields }: Readonly<Record<string, unknown>> = {},
): [string, Record<string, unknown>] {
  return typeof component === 'string'
    ? [`${message}: ${component}`, { part: component, ...fields }]
    : [message, fields];
}

/** Id of the capture that was decided nearest to `at` (Unix milliseconds), if one was about then. */
function captureNear({ monitor }: MonitorAccess, at: number): string {
  const captures = monitor?.figures().latest ?? [];
  const nearest = captures.toSorted((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at))[0];
  return nearest !== undefined && Math.abs(nearest.at - at) <= captureNearMs ? nearest.id : '';
}

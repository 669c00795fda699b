/**
 * Everything small that the console shows of this node, taken in one turn of the loop: the gate, the components and the
 * counters of one answer agree, and two answers with their times make rates.
 */
import type { GateView, HealthSnapshot } from '../../../health/static.ts';
import type { AdminSource, ListenerStatus, Readiness, ServerInfo, ThreadStatus } from '../../admin/index.ts';
import { type Clock, formatProblem } from '../../base/index.ts';
import type { ConfigurationFacts } from '../health/configuration-health.ts';
import type { HealthAccess } from '../health/proxy-health.ts';
import type { EndpointCount } from '../managed-cluster.ts';
import type { MonitorAccess } from '../self-diagnosis/monitor-access.ts';
import type { TrafficView } from './traffic-figures.ts';

export interface ConsoleSources {
  readonly admin: Pick<AdminSource, 'serverInfo' | 'readiness' | 'threads' | 'listeners'>;
  readonly clusters: ClusterSource;
  readonly health: Pick<HealthAccess, 'snapshot' | 'gate'>;
  readonly diagnosis: MonitorAccess;
  readonly traffic: TrafficSource;
  readonly clock: Pick<Clock, 'now' | 'wall'>;
  configuration(): ConfigurationFacts;
}

/** Not the admin API's list, which has every figure of every endpoint: this is read again and again for each open page. */
export interface ClusterSource {
  /** Of the configuration in force. */
  names(): readonly string[];
  /** Cheap, however many endpoints there are. */
  count(name: string): EndpointCount;
}

export interface TrafficSource {
  read(names: {
    readonly listeners: ReadonlySet<string>;
    readonly clusters: ReadonlySet<string>;
  }): TrafficView;
}

export interface ConsoleState {
  /** Unix milliseconds, for ages. */
  readonly at: number;
  /** Milliseconds of a clock that never jumps, for rates. */
  readonly tick: number;
  /** Another one after a restart: counters begin again. */
  readonly instance: string;
  readonly server: Omit<ServerInfo, 'commandLineOptions'>;
  readonly configuration: {
    readonly origin: string;
    readonly version: number;
    /** Unix milliseconds. */
    readonly appliedAt: number;
    readonly refused: { readonly at: number; readonly problems: readonly string[] } | null;
    readonly waiting: readonly string[];
  };
  readonly readiness: Pick<Readiness, 'ready' | 'reasons'>;
  readonly gate: GateView;
  readonly health: HealthSnapshot;
  readonly threads: readonly ThreadStatus[];
  readonly listeners: readonly ListenerStatus[];
  readonly clusters: readonly ClusterState[];
  readonly traffic: TrafficView;
  readonly diagnosis: {
    readonly on: boolean;
    /** Why not; empty when it is. */
    readonly obstacle: string;
  };
}

export interface ClusterState extends EndpointCount {
  readonly name: string;
}

/** Of what happened, the page shows the last only. */
const maxTransitions = 50;
/** A configuration can be wrong in very many places, and very many clusters can be waited for. */
const maxLines = 50;

/** `instance`: what tells this process from the one before and after it. */
export function consoleState(sources: ConsoleSources, instance: string): ConsoleState {
  const { admin, health, diagnosis, clock } = sources;
  const { version, state, node, uptimeMs, pid } = admin.serverInfo();
  const tick = clock.now();
  const listeners = admin.listeners();
  const { snapshot } = health;
  const traffic = sources.traffic.read({
    listeners: new Set(listeners.map(({ name }) => name)),
    clusters: new Set(sources.clusters.names()),
  });
  const shownListeners = new Set(traffic.listeners.map(({ name }) => name));
  const { ready, reasons } = admin.readiness();
  return {
    at: clock.wall(),
    tick,
    instance,
    server: { version, state, node, uptimeMs, pid },
    configuration: configurationState(sources.configuration()),
    readiness: { ready, reasons: firstOf(reasons) },
    gate: health.gate,
    health: { ...snapshot, transitions: snapshot.transitions.slice(0, maxTransitions) },
    threads: admin.threads(),
    listeners: listeners.filter(({ name }) => shownListeners.has(name)),
    clusters: traffic.clusters.map(({ name }) => ({ name, ...sources.clusters.count(name) })),
    traffic,
    diagnosis: {
      on: diagnosis.monitor !== null,
      obstacle: diagnosis.monitor === null ? diagnosis.obstacle : '',
    },
  };
}

function configurationState(facts: ConfigurationFacts): ConsoleState['configuration'] {
  const { origin, version, appliedAtMs, refused, waiting } = facts;
  return {
    origin,
    version,
    appliedAt: appliedAtMs,
    refused:
      refused === null ? null : { at: refused.atMs, problems: firstOf(refused.problems.map(formatProblem)) },
    waiting,
  };
}

function firstOf(lines: readonly string[]): readonly string[] {
  if (lines.length <= maxLines) return lines;
  return [...lines.slice(0, maxLines), `and ${lines.length - maxLines} more`];
}

/** Every figure under Envoy's names, with the kinds that the admin plane sorts by, and the process's own beside them. */
import type { ServerState, Stat } from '../admin/index.ts';
import type { Exposition, HistogramStat } from '../telemetry/control.ts';

export interface ServerFigures {
  readonly state: ServerState;
  readonly uptimeMs: number;
  readonly threads: number;
  readonly listeners: number;
  readonly clusters: number;
  readonly warmingClusters: number;
  readonly connections: number;
  /** Reloads since the start, the first configuration included. */
  readonly reloadsApplied: number;
  readonly reloadsRefused: number;
}

/** Envoy's numbers for its states. */
const stateNumbers: Readonly<Record<ServerState, number>> = {
  LIVE: 0,
  DRAINING: 1,
  PRE_INITIALIZING: 2,
  INITIALIZING: 3,
};

/** What the data path counts; `usedOnly` in the exposition decides what counts as used. */
export function dataPathStats(exposition: Exposition): Stat[] {
  const used = new Set(exposition.stats(null, true).map(({ name }) => name));
  return exposition.stats().map((stat): Stat => {
    const { name } = stat;
    if ('histogram' in stat) {
      return {
        type: 'histogram',
        name,
        used: stat.histogram.count > 0,
        quantiles: quantilesOf(stat.histogram),
      };
    }
    return { type: isGauge(name) ? 'gauge' : 'counter', name, value: stat.value, used: used.has(name) };
  });
}

export function serverStats(figures: ServerFigures): Stat[] {
  const gauge = (name: string, value: number): Stat => ({ type: 'gauge', name, value, used: true });
  const counter = (name: string, value: number): Stat => ({ type: 'counter', name, value, used: true });
  return [
    gauge('server.state', stateNumbers[figures.state]),
    gauge('server.live', figures.state === 'LIVE' ? 1 : 0),
    gauge('server.uptime', Math.floor(figures.uptimeMs / 1000)),
    gauge('server.concurrency', figures.threads),
    gauge('server.total_connections', figures.connections),
    gauge('listener_manager.workers_started', figures.state.endsWith('INITIALIZING') ? 0 : 1),
    gauge('listener_manager.total_listeners_active', figures.listeners),
    counter('listener_manager.lds.update_success', figures.reloadsApplied),
    counter('listener_manager.lds.update_rejected', figures.reloadsRefused),
    gauge('cluster_manager.active_clusters', figures.clusters),
    gauge('cluster_manager.warming_clusters', figures.warmingClusters),
    counter('cluster_manager.cds.update_success', figures.reloadsApplied),
    counter('cluster_manager.cds.update_rejected', figures.reloadsRefused),
  ];
}

/** By what the last part of the name says: Envoy's gauges of the data path end so, and so do our own of a thread. */
function isGauge(name: string): boolean {
  return /(_active|\.utilization_ratio|_bytes|_max_seconds)$/.test(name) && !/_[rt]x_bytes/.test(name);
}

function quantilesOf({ p50Ms, p90Ms, p99Ms }: HistogramStat): { quantile: number; value: number | null }[] {
  return [
    { quantile: 0.5, value: p50Ms },
    { quantile: 0.9, value: p90Ms },
    { quantile: 0.99, value: p99Ms },
  ];
}

/** What the checks look at, read from the parts of the control thread. */
import { formatAddress } from '../../base/index.ts';
import type { Config, SocketAddress } from '../../config/index.ts';
import type { AccessLogs } from '../access-logs.ts';
import type { ClusterManager } from '../cluster-manager.ts';
import type { ManagedCluster } from '../managed-cluster.ts';
import type { ReadinessFacts } from '../readiness.ts';
import type { Reloader } from '../reloader.ts';
import type { Rollout } from '../rollout.ts';
import type { MonitorAccess } from '../self-diagnosis/monitor-access.ts';
import type { SpanOutput } from '../span-output.ts';
import type { ClusterFacts } from './cluster-health.ts';
import type { OutputFacts } from './output-health.ts';
import type { HealthFacts } from './proxy-health.ts';

export interface ObservedParts {
  readonly clusters: Pick<ClusterManager, 'all'>;
  readonly accessLogs: Pick<AccessLogs, 'figures'>;
  readonly spans: Pick<SpanOutput, 'figures'>;
  readonly captures: MonitorAccess;
  /** Asked when a check runs, because they are made later. */
  rollout(): Pick<Rollout, 'inForce'>;
  reloader(): Pick<Reloader, 'lastRefused' | 'waiting'>;
  readiness(): ReadinessFacts;
  /** In force, or about to be. */
  config(): Config;
  /** Where the configuration comes from, for people. */
  readonly origin: string;
  /** Where the admin API listens; `null`: not yet, or nowhere. */
  admin(): SocketAddress | null;
}

export function healthFacts(parts: ObservedParts): HealthFacts {
  const { clusters, accessLogs, spans, captures, origin } = parts;
  return {
    captures,
    wantsCaptures: () => parts.config().holmes.enabled,
    readiness: () => parts.readiness(),
    listeners: () => parts.rollout().inForce?.listeners ?? [],
    clusters: () => clusters.all.map(clusterFacts),
    names: () => clusters.all.flatMap((cluster) => cluster.names()),
    configuration: () => {
      const { inForce } = parts.rollout();
      const { lastRefused, waiting } = parts.reloader();
      const { version = 0, appliedAtMs = 0 } = inForce ?? {};
      return { origin, version, appliedAtMs, refused: lastRefused, waiting };
    },
    accessLogs: () =>
      accessLogs
        .figures()
        .map(({ path, droppedLines, failures }) => ({ name: path, dropped: droppedLines, failures })),
    spans: () => spanFacts(spans.figures),
    admin: () => {
      const address = parts.admin();
      const isWanted = parts.config().admin.address !== null;
      return { isWanted, address: address === null ? '' : formatAddress(address) };
    },
  };
}

function clusterFacts(cluster: ManagedCluster): ClusterFacts {
  const { config, warming } = cluster;
  return {
    name: config.name,
    isChecked: config.healthCheck !== null,
    warming,
    endpoints: cluster.states(),
    lookupError: cluster.names().find(({ error }) => error !== null)?.error ?? '',
  };
}

/** What the receiver refused or could not be sent counts as dropped; so does what did not fit the queue. */
function spanFacts(figures: SpanOutput['figures']): readonly OutputFacts[] {
  if (figures === null) return [];
  const { endpoint, droppedQueueFull, droppedRejected } = figures;
  return [{ name: endpoint, dropped: droppedQueueFull + droppedRejected, failures: 0 }];
}

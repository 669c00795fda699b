/** What the panels have to tell of the planted faults: somebody who looks has to find them. */
import { badVersion, losingNode, stuckNode } from './planted-mesh.ts';

export interface PlantedPanel {
  readonly tells: string;
  readonly dashboard: string;
  /** Read by the query of the panel. */
  readonly metric: string;
  /** Of a series that it shows; `instance` is the name of the target. */
  readonly labels: Readonly<Record<string, string>>;
  /** Holds for a value of that series at some time. */
  readonly holds: (value: number) => boolean;
}

export const plantedPanels: readonly PlantedPanel[] = [
  {
    tells: 'which node loses calls, and in which of its modules',
    dashboard: 'mesh',
    metric: 'meshlock_suspect',
    labels: { node: losingNode, module: 'inbound_downstream' },
    holds: (share) => share > 0.1,
  },
  {
    tells: 'that a release has failed',
    dashboard: 'mesh',
    metric: 'meshlock_release_verdict',
    labels: badVersion,
    holds: (verdict) => verdict === -1,
  },
  {
    tells: 'that a release has failed',
    dashboard: 'release',
    metric: 'meshlock_release_verdict',
    labels: badVersion,
    holds: (verdict) => verdict === -1,
  },
  {
    tells: 'which nodes of it are to blame',
    dashboard: 'release',
    metric: 'meshlock_suspect',
    labels: { node: 'cart-3', module: 'application', version: badVersion.version },
    holds: (share) => share > 0.1,
  },
  {
    tells: 'which thread was stuck, and by which rule it was captured',
    dashboard: 'self-diagnosis',
    metric: 'meshlock_holmes_last_capture_timestamp_seconds',
    labels: { instance: stuckNode, subject: 'data-1', rule: 'stall', kind: 'cpu' },
    holds: (at) => at > 0,
  },
  {
    tells: 'that the only endpoint of a cluster is not healthy',
    dashboard: 'upstreams',
    metric: 'meshlock_endpoint_healthy',
    labels: { cluster: 'dying' },
    holds: (worse) => worse === 2,
  },
  {
    tells: 'that an endpoint was ejected',
    dashboard: 'upstreams',
    metric: 'meshlock_endpoint_ejected',
    labels: { cluster: 'shop' },
    holds: (worse) => worse === 1,
  },
  {
    tells: 'which limit of which cluster is reached',
    dashboard: 'upstreams',
    metric: 'meshlock_cluster_overflow_total',
    labels: { cluster: 'narrow', breaker: 'requests' },
    holds: (perSecond) => perSecond > 0,
  },
];

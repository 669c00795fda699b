/** What a node's admin API tells of it: captures, decisions, readings, clusters, components. */
import type { CaptureRecord, Decision, RingView } from '../../../holmes/index.ts';
import type { LocalNode } from '../../mesh/local-node.ts';
import { fetched } from './fetched.ts';

export interface EndpointView {
  readonly port: number;
  /** Outlier detection keeps it out. */
  readonly ejected: boolean;
  /** Active health checks find it unhealthy. */
  readonly checkedDown: boolean;
}

export interface ComponentState {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
}

/** Newest first. */
export function capturesOf({ admin }: LocalNode): Promise<readonly CaptureRecord[]> {
  return fetched(`${admin}/captures?format=json`);
}

/** Newest first, those that found the reading in order left out. */
export function decisionsOf({ admin }: LocalNode): Promise<readonly Decision[]> {
  return fetched(`${admin}/holmes/decisions?format=json`);
}

/** Of one subject; `null` when it is not watched. What could not be read is `null` in it. */
export async function ringOf({ admin }: LocalNode, subject: string): Promise<RingView | null> {
  const rings = await fetched<readonly RingView[]>(`${admin}/holmes/rings?format=json`);
  return rings.find((ring) => ring.subject === subject) ?? null;
}

export async function endpointsOf({ admin }: LocalNode): Promise<readonly EndpointView[]> {
  const { cluster_statuses: clusters } = await fetched<ClustersAnswer>(`${admin}/clusters?format=json`);
  return clusters.flatMap(({ host_statuses: endpoints }) =>
    endpoints.map(({ address, health_status: health }) => ({
      port: address.socket_address.port_value,
      ejected: health.failed_outlier_check,
      checkedDown: health.failed_active_health_check,
    })),
  );
}

export async function componentsOf({ admin }: LocalNode): Promise<readonly ComponentState[]> {
  const { checks } = await fetched<HealthAnswer>(`${admin}/v1/health`, { also: 503 });
  return Object.entries(checks).flatMap(([name, [check]]) =>
    name.endsWith(':status') && check !== undefined
      ? [{ name: check.componentId, status: check.observedValue, detail: check.output ?? check.detail ?? '' }]
      : [],
  );
}

interface ClustersAnswer {
  readonly cluster_statuses: readonly {
    readonly host_statuses: readonly {
      readonly address: { readonly socket_address: { readonly port_value: number } };
      readonly health_status: {
        readonly failed_outlier_check: boolean;
        readonly failed_active_health_check: boolean;
      };
    }[];
  }[];
}

interface HealthAnswer {
  readonly checks: Readonly<
    Record<
      string,
      readonly {
        readonly componentId: string;
        readonly observedValue: string;
        readonly detail?: string;
        /** In place of `detail` when it is not well. */
        readonly output?: string;
      }[]
    >
  >;
}

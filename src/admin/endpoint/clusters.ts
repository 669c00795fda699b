/** `/clusters`: upstreams with their limits, endpoints and figures, in Envoy's text and JSON. */
import { formatAddress } from '../../base/index.ts';
import { answer } from '../reply.ts';
import type { AdminRoute } from '../route.ts';
import { socketAddress } from '../socket-text.ts';
import type { AdminSource, ClusterStatus, EndpointStatus } from '../source.ts';

export function clusterRoutes(source: AdminSource): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/clusters',
      summary: 'Every cluster with its limits and, for each endpoint, its health and figures.',
      handle: (request) => {
        const clusters = source.clusters();
        return answer(request.format, 200, {
          text: () => clusters.flatMap(clusterLines).join('\n'),
          json: () => ({ cluster_statuses: clusters.map(clusterStatus) }),
        });
      },
    },
  ];
}

function clusterLines(cluster: ClusterStatus): string[] {
  const limits = Object.entries(thresholds(cluster)).map(
    ([key, value]) => `${cluster.name}::default_priority::${key}::${value}`,
  );
  return [
    `${cluster.name}::observability_name::${cluster.name}`,
    ...limits,
    `${cluster.name}::added_via_api::${cluster.addedViaApi}`,
    ...cluster.endpoints.flatMap((endpoint) => endpointLines(cluster.name, endpoint)),
  ];
}

function endpointLines(cluster: string, endpoint: EndpointStatus): string[] {
  const facts: Record<string, string | number> = {
    ...figures(endpoint),
    hostname: endpoint.hostname,
    health_flags: healthFlags(endpoint),
    weight: endpoint.weight,
    priority: endpoint.priority,
  };
  const where = `${cluster}::${formatAddress(endpoint.address)}`;
  return Object.entries(facts).map(([key, value]) => `${where}::${key}::${value}`);
}

export function clusterStatus(cluster: ClusterStatus): object {
  return {
    name: cluster.name,
    observability_name: cluster.name,
    discovery: cluster.discovery,
    added_via_api: cluster.addedViaApi,
    circuit_breakers: { thresholds: [{ priority: 'DEFAULT', ...thresholds(cluster) }] },
    host_statuses: cluster.endpoints.map(hostStatus),
  };
}

function hostStatus(endpoint: EndpointStatus): object {
  const stats = Object.entries(figures(endpoint)).map(([name, value]) => ({
    name,
    value,
    type: name.endsWith('_active') ? 'GAUGE' : 'COUNTER',
  }));
  return {
    address: socketAddress(endpoint.address),
    hostname: endpoint.hostname,
    weight: endpoint.weight,
    priority: endpoint.priority,
    health_status: {
      eds_health_status: 'HEALTHY',
      failed_active_health_check: endpoint.failedActiveHealthCheck,
      failed_outlier_check: endpoint.failedOutlierCheck,
    },
    stats,
  };
}

function thresholds(cluster: ClusterStatus): Record<string, number> {
  return {
    max_connections: cluster.limits.maxConnections,
    max_pending_requests: cluster.limits.maxPending,
    max_requests: cluster.limits.maxRequests,
    max_retries: cluster.limits.maxRetries,
  };
}

/** Under Envoy's names for the figures of a host. */
function figures(endpoint: EndpointStatus): Record<string, number> {
  return {
    cx_active: endpoint.connectionsActive,
    cx_connect_fail: endpoint.connectFailures,
    rq_active: endpoint.requestsActive,
    rq_error: endpoint.requestsError,
    rq_success: endpoint.requestsSuccess,
    rq_total: endpoint.requestsTotal,
  };
}

/** `healthy`, or every failed check as in Envoy: `/failed_active_hc/failed_outlier_check`. */
function healthFlags(endpoint: EndpointStatus): string {
  const flags = [
    endpoint.failedActiveHealthCheck ? '/failed_active_hc' : '',
    endpoint.failedOutlierCheck ? '/failed_outlier_check' : '',
  ].join('');
  return flags === '' ? 'healthy' : flags;
}

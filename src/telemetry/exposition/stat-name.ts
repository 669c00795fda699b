/**
 * What Envoy calls our figures, for people and agents that read `/stats`. A figure that Envoy does not have keeps our
 * own name without `meshlock_` and the kind. A split metric has one name per label value; `*` stands for the value.
 */
const envoyNames: Readonly<Record<string, string | Readonly<Record<string, string>>>> = {
  meshlock_listener_connections_total: 'downstream_cx_total',
  meshlock_listener_connections_active: 'downstream_cx_active',
  meshlock_listener_connections_rejected_total: 'downstream_cx_overflow',
  meshlock_listener_requests_total: 'downstream_rq_*',
  meshlock_listener_requests_active: 'downstream_rq_active',
  meshlock_listener_malformed_requests_total: 'downstream_cx_protocol_error',
  meshlock_listener_received_bytes_total: 'downstream_cx_rx_bytes_total',
  meshlock_listener_sent_bytes_total: 'downstream_cx_tx_bytes_total',
  meshlock_listener_request_duration_seconds: 'downstream_rq_time',
  meshlock_route_requests_total: 'upstream_rq_*',
  meshlock_route_retries_total: 'upstream_rq_retry',
  meshlock_route_timeouts_total: 'upstream_rq_timeout',
  meshlock_route_request_duration_seconds: 'upstream_rq_time',
  meshlock_cluster_connections_total: 'upstream_cx_total',
  meshlock_cluster_connections_active: 'upstream_cx_active',
  meshlock_cluster_connect_failures_total: 'upstream_cx_connect_fail',
  meshlock_cluster_connect_timeouts_total: 'upstream_cx_connect_timeout',
  meshlock_cluster_requests_total: 'upstream_rq_*',
  meshlock_cluster_requests_active: 'upstream_rq_active',
  meshlock_cluster_requests_pending: 'upstream_rq_pending_active',
  meshlock_cluster_request_timeouts_total: 'upstream_rq_timeout',
  meshlock_cluster_request_resets_total: { local: 'upstream_rq_tx_reset', upstream: 'upstream_rq_rx_reset' },
  meshlock_cluster_retries_total: 'upstream_rq_retry',
  meshlock_cluster_retries_active: 'upstream_rq_retry_active',
  meshlock_cluster_retries_succeeded_total: 'upstream_rq_retry_success',
  meshlock_cluster_overflow_total: {
    connections: 'upstream_cx_overflow',
    pending: 'upstream_rq_pending_overflow',
    requests: 'upstream_rq_active_overflow',
    retries: 'upstream_rq_retry_overflow',
  },
  meshlock_cluster_no_healthy_endpoint_total: 'upstream_cx_none_healthy',
  meshlock_cluster_panic_picks_total: 'lb_healthy_panic',
  meshlock_cluster_received_bytes_total: 'upstream_cx_rx_bytes_total',
  meshlock_cluster_sent_bytes_total: 'upstream_cx_tx_bytes_total',
  meshlock_cluster_request_duration_seconds: 'upstream_rq_time',
  meshlock_endpoint_requests_total: 'rq_*',
  meshlock_endpoint_requests_active: 'rq_active',
  meshlock_endpoint_connections_active: 'cx_active',
  meshlock_endpoint_connect_failures_total: 'cx_connect_fail',
  meshlock_endpoint_successes_total: 'rq_success',
  meshlock_endpoint_request_duration_seconds: 'rq_time',
};

/** Last part of the stat's name. `splitValue`: of the metric's own label, or `null`. */
export function statName(kind: string, metric: string, splitValue: string | null): string {
  const known = envoyNames[metric];
  if (typeof known === 'object') return known[splitValue ?? ''] ?? `${ownName(kind, metric)}.${splitValue}`;
  if (known !== undefined) return known.replace('*', splitValue ?? '');
  return splitValue === null ? ownName(kind, metric) : `${ownName(kind, metric)}.${splitValue}`;
}

/** First part: `cluster.cart`, `cluster.cart.endpoint.10_0_0_1_80`, `listener.in.vhost.shop.route.cart`. */
export function statPrefix(kind: string, labels: Readonly<Record<string, string>>): string {
  const at = (label: string): string => (labels[label] ?? '').replaceAll(':', '_');
  switch (kind) {
    case 'route':
      return `listener.${at('listener')}.vhost.${at('virtual_host')}.route.${at('route')}`;
    case 'endpoint':
      return `cluster.${at('cluster')}.endpoint.${at('endpoint')}`;
    default:
      return `${kind}.${at(kind)}`;
  }
}

function ownName(kind: string, metric: string): string {
  return metric
    .replace(/^meshlock_/, '')
    .replace(new RegExp(`^${kind}_`), '')
    .replace(/_total$/, '');
}

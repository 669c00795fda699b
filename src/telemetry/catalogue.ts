/**
 * Every metric of the data path, by the thing it describes. This file is the only place where such a metric gets its
 * name; the exposition, the documentation test and the dashboards read it from here.
 */
import { type Block, BlockBuilder } from './block.ts';
import type { CounterStore } from './counter-store.ts';
import { responseFlagNames } from './response-flag.ts';

/** Seconds. From a loopback hop to Envoy's default route timeout, about 2.5 steps a decade. */
export const durationBuckets: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

const codeClass = { label: 'code_class', values: ['1xx', '2xx', '3xx', '4xx', '5xx', 'none'] } as const;

/** Index into a `code_class` split. 0 as the status means that no answer was sent or received. */
export function codeClassOf(status: number): number {
  return status >= 100 && status < 600 ? ((status / 100) | 0) - 1 : 5;
}

const listener = new BlockBuilder('listener', ['listener', 'role']);
export const ListenerSlot: Readonly<
  Record<
    | 'connections'
    | 'connectionsActive'
    | 'connectionsRejected'
    | 'connectionsReset'
    | 'requests'
    | 'requestsActive'
    | 'malformed'
    | 'bytesReceived'
    | 'bytesSent'
    | 'duration',
    number
  >
> = {
  connections: listener.counter('meshlock_listener_connections_total', 'Accepted downstream connections.'),
  connectionsActive: listener.gauge('meshlock_listener_connections_active', 'Open downstream connections.'),
  connectionsRejected: listener.counter(
    'meshlock_listener_connections_rejected_total',
    'Downstream connections closed at once because the listener was at its limit.',
  ),
  connectionsReset: listener.counter(
    'meshlock_listener_connections_reset_total',
    'Downstream connections that ended by reset, timeout or error instead of a clean close.',
  ),
  requests: listener.counter(
    'meshlock_listener_requests_total',
    'Finished exchanges by class of the status sent downstream; none: no answer was sent.',
    codeClass,
  ),
  requestsActive: listener.gauge('meshlock_listener_requests_active', 'Exchanges in flight.'),
  malformed: listener.counter(
    'meshlock_listener_malformed_requests_total',
    'Requests refused by the protocol decoder.',
  ),
  bytesReceived: listener.counter('meshlock_listener_received_bytes_total', 'Bytes read from downstream.'),
  bytesSent: listener.counter('meshlock_listener_sent_bytes_total', 'Bytes written to downstream.'),
  duration: listener.histogram(
    'meshlock_listener_request_duration_seconds',
    'From the first byte of the request to the last byte of the answer.',
    durationBuckets,
  ),
};
export const listenerBlock: Block = listener.build();

const route = new BlockBuilder('route', ['listener', 'virtual_host', 'route']);
export const RouteSlot: Readonly<Record<'requests' | 'retries' | 'timeouts' | 'duration', number>> = {
  requests: route.counter(
    'meshlock_route_requests_total',
    'Finished exchanges by class of the status sent downstream.',
    codeClass,
  ),
  retries: route.counter('meshlock_route_retries_total', 'Further tries that were started.'),
  timeouts: route.counter('meshlock_route_timeouts_total', 'Exchanges ended by the route timeout.'),
  duration: route.histogram(
    'meshlock_route_request_duration_seconds',
    'From the first byte of the request to the last byte of the answer.',
    durationBuckets,
  ),
};
export const routeBlock: Block = route.build();

const cluster = new BlockBuilder('cluster', ['cluster']);
export const ClusterSlot: Readonly<
  Record<
    | 'connections'
    | 'connectionsActive'
    | 'connectFailures'
    | 'connectTimeouts'
    | 'requests'
    | 'requestsActive'
    | 'requestsPending'
    | 'requestTimeouts'
    | 'requestResets'
    | 'retries'
    | 'retriesActive'
    | 'retriesSucceeded'
    | 'overflow'
    | 'noHealthyEndpoint'
    | 'panicPicks'
    | 'bytesReceived'
    | 'bytesSent'
    | 'duration',
    number
  >
> = {
  connections: cluster.counter('meshlock_cluster_connections_total', 'Upstream connections opened.'),
  connectionsActive: cluster.gauge('meshlock_cluster_connections_active', 'Open upstream connections.'),
  connectFailures: cluster.counter('meshlock_cluster_connect_failures_total', 'Connects refused or failed.'),
  connectTimeouts: cluster.counter('meshlock_cluster_connect_timeouts_total', 'Connects that timed out.'),
  requests: cluster.counter(
    'meshlock_cluster_requests_total',
    'Finished tries by class of the upstream status; none: no answer came.',
    codeClass,
  ),
  requestsActive: cluster.gauge('meshlock_cluster_requests_active', 'Tries in flight.'),
  requestsPending: cluster.gauge(
    'meshlock_cluster_requests_pending',
    'Requests that wait for an upstream connection.',
  ),
  requestTimeouts: cluster.counter('meshlock_cluster_request_timeouts_total', 'Tries ended by a timeout.'),
  requestResets: cluster.counter(
    'meshlock_cluster_request_resets_total',
    'Tries ended by a reset, by whose.',
    {
      label: 'origin',
      values: ['local', 'upstream'],
    },
  ),
  retries: cluster.counter('meshlock_cluster_retries_total', 'Further tries that were started.'),
  retriesActive: cluster.gauge('meshlock_cluster_retries_active', 'Retries in flight.'),
  retriesSucceeded: cluster.counter(
    'meshlock_cluster_retries_succeeded_total',
    'Retries whose answer was passed on with a status below 500.',
  ),
  overflow: cluster.counter('meshlock_cluster_overflow_total', 'Refused by a circuit breaker, by which.', {
    label: 'breaker',
    values: ['connections', 'pending', 'requests', 'retries'],
  }),
  noHealthyEndpoint: cluster.counter(
    'meshlock_cluster_no_healthy_endpoint_total',
    'Requests for which no endpoint could be picked.',
  ),
  panicPicks: cluster.counter(
    'meshlock_cluster_panic_picks_total',
    'Picks made over all endpoints because too few were healthy.',
  ),
  bytesReceived: cluster.counter('meshlock_cluster_received_bytes_total', 'Bytes read from upstream.'),
  bytesSent: cluster.counter('meshlock_cluster_sent_bytes_total', 'Bytes written to upstream.'),
  duration: cluster.histogram(
    'meshlock_cluster_request_duration_seconds',
    'From the start of a try to the last byte of its answer.',
    durationBuckets,
  ),
};
export const clusterBlock: Block = cluster.build();

const endpoint = new BlockBuilder('endpoint', ['cluster', 'endpoint']);
export const EndpointSlot: Readonly<
  Record<
    | 'requests'
    | 'requestsActive'
    | 'connectionsActive'
    | 'connectFailures'
    | 'successes'
    | 'failures'
    | 'duration',
    number
  >
> = {
  requests: endpoint.counter(
    'meshlock_endpoint_requests_total',
    'Finished tries by class of the upstream status; none: no answer came.',
    codeClass,
  ),
  requestsActive: endpoint.gauge('meshlock_endpoint_requests_active', 'Tries in flight.'),
  connectionsActive: endpoint.gauge('meshlock_endpoint_connections_active', 'Open connections.'),
  connectFailures: endpoint.counter(
    'meshlock_endpoint_connect_failures_total',
    'Failed or timed-out connects.',
  ),
  successes: endpoint.counter(
    'meshlock_endpoint_successes_total',
    'Tries that count as success for outlier detection.',
  ),
  failures: endpoint.counter(
    'meshlock_endpoint_failures_total',
    'Tries that count as failure for outlier detection.',
  ),
  duration: endpoint.summary('meshlock_endpoint_request_duration_seconds', 'Duration of tries.'),
};
export const endpointBlock: Block = endpoint.build();

const thread = new BlockBuilder('thread', ['thread']);
export const ThreadSlot: Readonly<
  Record<
    | 'heartbeat'
    | 'utilization'
    | 'heapUsed'
    | 'heapLimit'
    | 'externalMemory'
    | 'loopDelayMax'
    | 'localReplies'
    | 'accessLogDropped',
    number
  >
> = {
  heartbeat: thread.counter('meshlock_thread_heartbeats_total', 'Beats of the thread, ten a second.'),
  utilization: thread.gauge(
    'meshlock_thread_utilization_ratio',
    'Share of a core that the thread used in the last second.',
  ),
  heapUsed: thread.gauge('meshlock_thread_heap_used_bytes', 'JavaScript heap in use.'),
  heapLimit: thread.gauge('meshlock_thread_heap_limit_bytes', 'Limit of the JavaScript heap.'),
  externalMemory: thread.gauge(
    'meshlock_thread_external_memory_bytes',
    'Buffers outside the JavaScript heap.',
  ),
  loopDelayMax: thread.gauge(
    'meshlock_thread_loop_delay_max_seconds',
    'Longest delay of the event loop in the last second.',
  ),
  localReplies: thread.counter(
    'meshlock_local_replies_total',
    'Answers made by the proxy itself, by response flag.',
    { label: 'flag', values: responseFlagNames },
  ),
  accessLogDropped: thread.counter(
    'meshlock_access_log_dropped_total',
    'Access-log records dropped because the queue towards the writer was full.',
  ),
};
/** Always at base 0 of every store. */
export const threadBlock: Block = thread.build();

/** Where a histogram of durations counts one of so many seconds: to be found once for all histograms that it goes to. */
export function durationBucketOf(seconds: number): number {
  let bucket = 0;
  while (bucket < durationBuckets.length && seconds > durationBuckets[bucket]!) bucket++;
  return bucket;
}

/** Counts `seconds`, which belong to `bucket`, in the histogram of durations that starts at `slot`. */
export function observe(counters: CounterStore, slot: number, bucket: number, seconds: number): void {
  const { values } = counters;
  values[slot + bucket]! += 1;
  values[slot + durationBuckets.length + 1]! += seconds;
}

/**
 * Every default of the configuration, once, in the file's own notation, with the reason beside it. The schema, the
 * JSON Schema and the reference read these. "Envoy's" means the value of its v3 API (protos of v1.39).
 */

export const processDefaults = {
  /** One per core that the process may use; the control thread is idle enough to share. */
  data_threads: 'auto',
  /** Longer than any stall a healthy thread has (a full mark-compact of gigabytes takes seconds), shorter than the
   *  minute after which callers and pagers act. */
  stall_restart: '30s',
  /** Node's own limit already follows the memory of the machine or the cgroup. */
  thread_heap: 0,
  /** What Kubernetes waits between SIGTERM and SIGKILL. */
  drain_timeout: '30s',
} as const;

export const nodeDefaults = {
  /** Spans and metrics need a name; the proxy's own is at least true. */
  service: 'meshlock',
  version: '',
  release: '',
} as const;

export const adminDefaults = {
  /** Loopback, because it can stop the process; the port is the one Envoy's examples use. */
  address: '127.0.0.1:9901',
} as const;

export const logDefaults = {
  level: 'info',
  /** Read by machines far more often than by people. */
  format: 'json',
} as const;

export const tracingDefaults = {
  /** Istio's share: enough to see the shape of traffic, cheap enough to leave on. Only with `otlp_endpoint`. */
  sampling: '1%',
  /** Marking traces as sampled that nobody exports would make every service behind export its half. */
  sampling_without_receiver: '0%',
  propagate: ['w3c'],
} as const;

/**
 * Those of holmes, the library, in the file's notation; a test compares the two. `docs/self-diagnosis.md` has the reason
 * of each rule. 0 as `abs` or `max` is none.
 */
export const holmesDefaults = {
  /** Its cost is measured (docs/benchmarks.md), and the capture that matters is the one nobody had switched on for. */
  enabled: true,
  /** mosn/holmes'. */
  interval: '5s',
  /** Of what the process may use: with less left, work for a capture is taken from the traffic. */
  max_cpu: '95%',
  /** Early enough for a profile while there is memory left to make one. */
  near_out_of_memory: ['70%', '88%'],
  /** A bad minute fills a disk no faster than this. */
  max_captures_per_minute: 12,
} as const;

export const holmesRuleDefaults = {
  cpu: { min: '10%', diff: '25%', abs: '70%', max: 0, cooldown: '1m' },
  event_loop_delay: { min: '50ms', diff: '100%', abs: '250ms', max: 0, cooldown: '1m' },
  gc: { min: '10%', diff: '50%', abs: '30%', max: 0, cooldown: '1m' },
  heap: { min: '10%', diff: '25%', abs: '60%', max: '95%', cooldown: '1m' },
  external: { min: '64MiB', diff: '25%', abs: 0, max: 0, cooldown: '1m' },
  rss: { min: '10%', diff: '25%', abs: '80%', max: '97%', cooldown: '1m' },
  handles: { min: 1000, diff: '25%', abs: 50_000, max: 200_000, cooldown: '10m' },
  descriptors: { min: '20%', diff: '25%', abs: '80%', max: 0, cooldown: '10m' },
} as const;

export const holmesStallDefaults = {
  /** Three beats and a half: with the look ten times a second a stall is noticed within half a second. */
  after: '300ms',
  cooldown: '1m',
} as const;

export const holmesRecorderDefaults = {
  /** Names what runs for 50 ms; costs 1 to 3 % of a busy thread. */
  frequency: 100,
  window: '30s',
  before: '10s',
  after: '5s',
  arm: '5s',
} as const;

export const holmesRetentionDefaults = {
  max_bytes: '256MiB',
  max_count: 200,
  /** A week. */
  max_age: '168h',
} as const;

export const holmesPyroscopeDefaults = { timeout: '10s' } as const;

export const meshDefaults = {
  /** Strangers learn who answers them; that is for whoever runs a mesh to decide. */
  enabled: false,
  /** Loopback, RFC 1918 and RFC 4193: where a mesh lives. Whoever speaks from elsewhere is outside of it. */
  trust: ['127.0.0.0/8', '::1', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
  /** Some 200 bytes each, on every data thread; more than the callers and callees of almost any service. */
  max_peers: 1000,
} as const;

export const listenerDefaults = {
  role: 'gateway',
  protocol: 'http',
  /** A PROXY header from somebody who is not a balancer is a forged address. */
  proxy_protocol: 'off',
  /** The descriptor limit is the real bound; a number here would be a guess. */
  max_connections: 0,
  /** Linux's own `somaxconn` since 5.4; Node's 511 drops connections in a burst. */
  backlog: 4096,
  /** How other nodes recognise a loop. */
  via: 'meshlock',
  /** Envoy's tcp_proxy. */
  tcp_idle_timeout: '1h',
} as const;

export const forwardedDefaults = {
  /** In a mesh the caller is another proxy. An edge must say `replace`. */
  mode: 'append',
  /** One id from the edge to the last service. */
  keep_request_id: true,
} as const;

export const httpLimitDefaults = {
  /** Envoy's. */
  max_head_size: '60KiB',
  /** What nginx and Apache take; browsers stay below. */
  max_request_line_size: '8KiB',
  /** Envoy's. */
  max_header_count: 100,
  /** Bodies are streamed, so a large one costs no memory; the application knows what it accepts. */
  max_body_size: 0,
  max_requests_per_connection: 0,
  /** Slow enough for a bad mobile link, short enough that holding heads open is no cheap attack (Slowloris). */
  head_timeout: '10s',
  /** Envoy's. */
  idle_timeout: '1h',
  /** Node's http server; bounds a slow upload that the head timeout no longer covers. */
  request_timeout: '5m',
  /** nginx's `send_timeout`: a reader that takes nothing for a minute is gone. */
  send_timeout: '60s',
  /** Envoy's. */
  stream_idle_timeout: '5m',
} as const;

export const accessLogDefaults: { readonly text: string; readonly json: Readonly<Record<string, string>> } = {
  /** Envoy's default line. */
  text:
    '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% ' +
    '%RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% ' +
    '"%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"',
  /** The same figures by name. */
  json: {
    start_time: '%START_TIME%',
    method: '%REQ(:METHOD)%',
    path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
    protocol: '%PROTOCOL%',
    response_code: '%RESPONSE_CODE%',
    response_flags: '%RESPONSE_FLAGS%',
    bytes_received: '%BYTES_RECEIVED%',
    bytes_sent: '%BYTES_SENT%',
    duration: '%DURATION%',
    upstream_service_time: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
    x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
    user_agent: '%REQ(USER-AGENT)%',
    request_id: '%REQ(X-REQUEST-ID)%',
    authority: '%REQ(:AUTHORITY)%',
    upstream_host: '%UPSTREAM_HOST%',
  },
};

export const routeDefaults = {
  /** Envoy's, but only until the head of the answer begins: a long download is no failure. */
  timeout: '15s',
  max_duration: 0,
  weight: 1,
} as const;

export const redirectDefaults = { status: 301, strip_query: false } as const;

export const directResponseDefaults = { body: '', content_type: 'text/plain; charset=utf-8' } as const;

/** What `retry: {}` means. Without `retry` nothing is retried: only the owner knows what is safe to repeat. */
export const retryDefaults = {
  /** Cases in which the upstream has certainly not begun to work on the request. */
  on: ['connect-failure', 'refused-stream', 'reset-before-request'],
  /** Envoy's. */
  attempts: 1,
  per_try_timeout: 0,
  /** Envoy's, and ten times that. */
  backoff_base: '25ms',
  backoff_max: '250ms',
  /** Most API calls fit; times 1024 requests it is 64 MiB at the worst. */
  max_body_size: '64KiB',
} as const;

export const clusterDefaults = {
  type: 'static',
  /** Envoy's. */
  connect_timeout: '5s',
  /** Envoy's. */
  panic_threshold: '50%',
  proxy_protocol: 'off',
} as const;

export const endpointDefaults = { weight: 1, priority: 0 } as const;

export const dnsDefaults = {
  /** Envoy's `dns_refresh_rate`. */
  refresh_rate: '5s',
  /** The zone's owner knows best how long an answer holds. */
  respect_ttl: true,
  family: 'auto',
} as const;

export const balancerDefaults = {
  /** Envoy's. With unequal weights it is `weighted_round_robin`, or the weights would be ignored. */
  type: 'round_robin',
  /** Envoy's: power of two choices. */
  choices: 2,
  /** Envoy's. */
  active_request_bias: 1,
  /** Linkerd's and Finagle's window. */
  decay: '10s',
  /** Linkerd's: a new endpoint is neither flooded nor shunned. */
  default_rtt: '30ms',
  /** Envoy's. */
  min_ring_size: 1024,
  /** Envoy's. */
  max_ring_size: 8_388_608,
  /** Envoy's and the paper's; prime. */
  table_size: 65_537,
} as const;

export const slowStartDefaults = {
  /** Envoy's: linear. */
  aggression: 1,
  /** Envoy's. */
  min_weight: '10%',
} as const;

export const poolDefaults = {
  /** Holds a burst of a few hundred concurrent calls; 256 idle sockets cost about 1 MiB. */
  max_idle_per_endpoint: 256,
  /** Below the 5 s after which Node's own http server closes an idle connection: the side that sends next must give
   *  up first, or a request meets a closing connection. */
  idle_timeout: '4s',
  max_requests_per_connection: 0,
  /** Finds a peer that vanished without a word long before the idle timeout of an hour; one empty segment a minute. */
  tcp_keepalive: '60s',
} as const;

/** Envoy's. */
export const circuitBreakerDefaults = {
  max_connections: 1024,
  max_pending_requests: 1024,
  max_requests: 1024,
  max_retries: 3,
} as const;

/** Envoy's. */
export const retryBudgetDefaults = { ratio: '20%', min_concurrency: 3 } as const;

export const healthCheckDefaults = {
  /** An endpoint that stops answering is out after 3 x 5 s. */
  interval: '5s',
  /** A health endpoint that needs a second is not healthy. */
  timeout: '1s',
  /** A share of the interval, so that a fleet does not check in step. */
  jitter_of_interval: 0.1,
  healthy_threshold: 2,
  /** One lost packet is no outage. */
  unhealthy_threshold: 3,
  method: 'GET',
  host: '',
  expected_statuses: ['200-299'],
} as const;

/** Envoy's, each of them. */
export const outlierDetectionDefaults = {
  interval: '10s',
  base_ejection_time: '30s',
  max_ejection_time: '300s',
  max_ejection_ratio: '10%',
  consecutive_5xx: 5,
  enforce_consecutive_5xx: '100%',
  consecutive_gateway_failure: 5,
  enforce_consecutive_gateway_failure: '0%',
  consecutive_local_origin_failure: 5,
  enforce_consecutive_local_origin_failure: '100%',
  split_local_origin: false,
  enforce_success_rate: '100%',
  success_rate_minimum_endpoints: 5,
  success_rate_request_volume: 100,
  success_rate_stdev_factor: 1.9,
} as const;

/** Envoy's limits for an answer's head. */
export const upstreamHttpDefaults = { max_head_size: '60KiB', max_header_count: 100 } as const;

/**
 * The finished configuration: what the file, and later xDS and registries, are turned into, and the only thing that
 * the rest of the program reads. Plain data with every default filled in, so it can be posted to a data thread as it
 * is. Durations are in milliseconds, sizes in bytes, ratios 0..1; `0` as a limit or timeout means "none" where the
 * comment says so. Nothing here has behaviour.
 */

export interface Config {
  readonly node: NodeIdentity;
  readonly admin: AdminConfig;
  /** How many data threads carry traffic; `auto` was resolved by the loader's caller. */
  readonly dataThreads: number | 'auto';
  /** A data thread that has not answered for this long is replaced; 0 means never. */
  readonly stallRestartMs: number;
  /** V8 old-space limit of one data thread; 0 means Node's own default. */
  readonly threadHeapBytes: number;
  /** How long running exchanges may take to finish when the process or a listener drains. */
  readonly drainTimeoutMs: number;
  readonly log: LogConfig;
  readonly tracing: TracingConfig;
  readonly holmes: HolmesConfig;
  readonly mesh: MeshConfig;
  readonly listeners: readonly ListenerConfig[];
  readonly clusters: readonly ClusterConfig[];
}

export interface NodeIdentity {
  readonly id: string;
  readonly service: string;
  readonly version: string;
  /** The release order that brought this version here; empty when unknown. */
  readonly release: string;
}

export interface AdminConfig {
  /** `null`: no admin plane. */
  readonly address: SocketAddress | null;
  /** Bearer token required of every request; empty means none, which only a loopback address may have. A secret. */
  readonly token: string;
  /** Where `grpc.health.v1` is served, under the same token; not there: nowhere. */
  readonly grpcAddress?: SocketAddress;
}

export interface SocketAddress {
  /** An IP literal; a host name only where the comment of the field that holds it says so. */
  readonly host: string;
  readonly port: number;
}

export const LogLevel = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LogLevel)[number];

export interface LogConfig {
  readonly level: LogLevel;
  /** `json` lines, or `text` for people. */
  readonly format: 'json' | 'text';
}

export type TraceFormat = 'w3c' | 'b3';

export interface TracingConfig {
  /** Share of new traces that are sampled, 0..1. A caller's own decision is kept. */
  readonly sampling: number;
  /** Formats written towards the upstream; both are always understood from the caller. */
  readonly propagate: readonly TraceFormat[];
  /** OTLP/gRPC receiver, such as `http://127.0.0.1:4317`; `null` means spans are not exported. */
  readonly otlpEndpoint: string | null;
}

// ---------------------------------------------------------------------------------------------- self-diagnosis

/** How the process watches itself and captures profiles. Limits that are switched off are `Infinity`. */
export interface HolmesConfig {
  readonly enabled: boolean;
  /** Where captures lie, absolute; `null`: in the user's state folder, which `src/control` knows. */
  readonly directory: string | null;
  /** Between samples. */
  readonly intervalMs: number;
  readonly rules: Readonly<Record<HolmesRuleName, HolmesRuleConfig>>;
  /** CPU share of the process at or above which only captures that cost nothing more are taken. */
  readonly maxCpu: number;
  readonly stall: HolmesStallConfig;
  /** Shares of old space at which a heap profile is saved. */
  readonly nearOutOfMemory: readonly number[];
  readonly recorder: HolmesRecorderConfig;
  readonly retention: HolmesRetentionConfig;
  /** By rules, of all subjects together. */
  readonly maxCapturesPerMinute: number;
  /** `null`: captures are not pushed. */
  readonly pyroscope: HolmesPyroscopeConfig | null;
}

export type HolmesRuleName =
  | 'cpu'
  | 'event_loop_delay'
  | 'gc'
  | 'heap'
  | 'external'
  | 'rss'
  | 'handles'
  | 'descriptors';

/** `min`, `abs` and `max` in the reading's unit: share 0..1, milliseconds, bytes or a count. */
export interface HolmesRuleConfig {
  readonly enabled: boolean;
  /** Below it nothing happens. */
  readonly min: number;
  /** Captures when so much above the average of the readings before, as a share of it. */
  readonly diff: number;
  /** Captures at or above it. */
  readonly abs: number;
  /** Captures nothing at or above it. */
  readonly max: number;
  readonly cooldownMs: number;
}

export interface HolmesStallConfig {
  readonly enabled: boolean;
  readonly afterMs: number;
  readonly cooldownMs: number;
}

export interface HolmesRecorderConfig {
  /** Between two samples of the flight recorder, in microseconds. */
  readonly intervalUs: number;
  readonly windowMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly armMs: number;
}

export interface HolmesRetentionConfig {
  readonly maxBytes: number;
  readonly maxCount: number;
  readonly maxAgeMs: number;
}

export interface HolmesPyroscopeConfig {
  /** Without a trailing slash. */
  readonly url: string;
  readonly application: string;
  /** Bearer token; empty: none. A secret. */
  readonly token: string;
  readonly timeoutMs: number;
}

// ---------------------------------------------------------------------------------------------- mesh

/** How nodes introduce themselves and count their calls. */
export interface MeshConfig {
  readonly enabled: boolean;
  /** Whose introductions are believed. */
  readonly trust: readonly AddressRange[];
  /** Peers told apart in one epoch. */
  readonly maxPeers: number;
  /** `null`: the counts are pushed nowhere. */
  readonly aggregator: MeshAggregatorConfig | null;
}

/** Addresses that agree with `address`, an IP literal, in the first `prefix` bits. */
export interface AddressRange {
  readonly address: string;
  readonly prefix: number;
}

export interface MeshAggregatorConfig {
  /** Without a trailing slash. */
  readonly url: string;
  /** Bearer token; empty: none. A secret. */
  readonly token: string;
}

// ---------------------------------------------------------------------------------------------- listeners

export type ListenerRole = 'inbound' | 'outbound' | 'gateway';

export interface ListenerConfig {
  readonly name: string;
  readonly address: SocketAddress;
  /** Whose calls these are: of the application (outbound), to it (inbound), or a gateway's. */
  readonly role: ListenerRole;
  /** `require`: every connection starts with a PROXY header; `accept`: it may. */
  readonly proxyProtocol: 'off' | 'accept' | 'require';
  /** Connections at once over all data threads; more are closed at once. 0: no limit. */
  readonly maxConnections: number;
  /** Listen backlog handed to the kernel. */
  readonly backlog: number;
  readonly accessLogs: readonly AccessLogConfig[];
  readonly protocol: HttpListenerConfig | TcpListenerConfig;
}

export interface HttpListenerConfig {
  readonly kind: 'http';
  readonly virtualHosts: readonly VirtualHostConfig[];
  readonly filters: readonly FilterConfig[];
  readonly limits: HttpLimits;
  /** Pseudonym in `Via`; empty means no `Via` is added. */
  readonly via: string;
  readonly forwarded: ForwardedConfig;
}

export interface ForwardedConfig {
  /** `append`: keep what came in `X-Forwarded-*` and append; `replace`: the caller is not trusted; `off`: leave alone. */
  readonly mode: 'append' | 'replace' | 'off';
  /** Keep a caller's `X-Request-Id` (true) or always make a new one (false). One is made where none came. */
  readonly keepRequestId: boolean;
}

export interface HttpLimits {
  /** Request line plus all fields. Beyond: 431. */
  readonly maxHeadBytes: number;
  /** Request line alone. Beyond: 414. */
  readonly maxRequestLineBytes: number;
  readonly maxHeaderCount: number;
  /** Body of a request; beyond: 413. 0: no limit. */
  readonly maxBodyBytes: number;
  /** Then `Connection: close`. 0: no limit. */
  readonly maxRequestsPerConnection: number;
  /** From the first byte of a head (or from the accept) to its end; then 408 and close. 0: none. */
  readonly headTimeoutMs: number;
  /** A keep-alive connection without a request is closed after this. 0: none. */
  readonly idleTimeoutMs: number;
  /** From the first byte of a request to the end of its body; then 408. 0: none. */
  readonly requestTimeoutMs: number;
  /** Bytes wait for a peer that has taken none for this long: the connection is closed. 0: none. */
  readonly sendTimeoutMs: number;
  /** A started exchange on which nothing moves in either direction. 0: none. */
  readonly streamIdleTimeoutMs: number;
}

export interface TcpListenerConfig {
  readonly kind: 'tcp';
  readonly clusters: readonly WeightedCluster[];
  /** Neither side sent anything for this long. 0: none. */
  readonly idleTimeoutMs: number;
}

export interface AccessLogConfig {
  /** A file, or `/dev/stdout` or `/dev/stderr`. */
  readonly path: string;
  /** Envoy command operators as one line of text, or as the values of a JSON object. */
  readonly format: AccessLogFormat;
}

export type AccessLogFormat =
  | { readonly kind: 'text'; readonly template: string }
  | { readonly kind: 'json'; readonly fields: Readonly<Record<string, string>> };

/** A built-in filter by name, or a user's own by module path (resolved absolute by the loader). */
export interface FilterConfig {
  readonly name: string;
  readonly module: string | null;
  /** Handed to the filter's own `parseConfig`. */
  readonly options: unknown;
}

// ---------------------------------------------------------------------------------------------- routes

export interface VirtualHostConfig {
  readonly name: string;
  /** `example.com`, `*.example.com`, `api.*`, `*`, each with an optional `:port`. Lower case. */
  readonly domains: readonly string[];
  readonly routes: readonly RouteConfig[];
  /** Of every forwarded request and every answer of this host, applied before the route's own. */
  readonly requestHeaders: HeaderMutations;
  readonly responseHeaders: HeaderMutations;
}

export interface RouteConfig {
  readonly name: string;
  readonly match: RouteMatch;
  readonly action: RouteAction;
  readonly requestHeaders: HeaderMutations;
  readonly responseHeaders: HeaderMutations;
}

export interface RouteMatch {
  readonly path: PathMatch;
  /** Upper-case methods; empty means any. */
  readonly methods: readonly string[];
  /** All must hold. Names are lower case. */
  readonly headers: readonly NamedMatch[];
  readonly query: readonly NamedMatch[];
  /** Match `CONNECT` requests, and only those. */
  readonly connect: boolean;
}

export type PathMatch =
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'regex'; readonly value: string };

export interface NamedMatch {
  readonly name: string;
  readonly value: ValueMatch;
  readonly invert: boolean;
}

export type ValueMatch =
  | { readonly kind: 'present' }
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'suffix'; readonly value: string }
  | { readonly kind: 'contains'; readonly value: string }
  | { readonly kind: 'regex'; readonly value: string };

export type RouteAction = ForwardAction | RedirectAction | DirectReplyAction;

export interface ForwardAction {
  readonly kind: 'forward';
  /** One or more; weights are relative. */
  readonly clusters: readonly WeightedCluster[];
  /** Replaces the matched prefix (of a prefix or exact match); `null` leaves the path. */
  readonly prefixRewrite: string | null;
  /** Replaces `Host`; `null` leaves it. */
  readonly hostRewrite: string | null;
  /** From the end of the request to the first byte of the answer's head, over all tries. 0: none. */
  readonly timeoutMs: number;
  /** The whole exchange from its first byte. 0: none. */
  readonly maxDurationMs: number;
  readonly retry: RetryConfig;
  readonly hashPolicy: readonly HashPolicy[];
  /** Protocols that `Upgrade` may switch to (lower case), such as `websocket`. */
  readonly upgrades: readonly string[];
}

export interface WeightedCluster {
  readonly cluster: string;
  readonly weight: number;
}

export const RetryCondition = [
  'connect-failure',
  'refused-stream',
  'reset',
  'reset-before-request',
  'gateway-error',
  '5xx',
  'retriable-4xx',
  'retriable-status-codes',
] as const;
export type RetryCondition = (typeof RetryCondition)[number];

export interface RetryConfig {
  readonly on: readonly RetryCondition[];
  /** Used by `retriable-status-codes`. */
  readonly statusCodes: readonly number[];
  /** Tries after the first. 0: never retry. */
  readonly attempts: number;
  /** For each try, from the moment it has a connection to the answer's head. 0: only the route's timeout. */
  readonly perTryTimeoutMs: number;
  /** Full jitter: the wait before try n is a random share of min(max, base * 2^(n-1)). */
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** A request body up to this size is kept so that it can be sent again; a larger one is never retried once begun. */
  readonly maxBodyBytes: number;
}

export type HashPolicy =
  | { readonly kind: 'header'; readonly name: string; readonly terminal: boolean }
  | { readonly kind: 'cookie'; readonly name: string; readonly terminal: boolean }
  | { readonly kind: 'query'; readonly name: string; readonly terminal: boolean }
  | { readonly kind: 'source-ip'; readonly terminal: boolean };

export interface RedirectAction {
  readonly kind: 'redirect';
  readonly status: 301 | 302 | 303 | 307 | 308;
  /** `null` keeps the request's own part. */
  readonly scheme: string | null;
  readonly host: string | null;
  readonly port: number | null;
  /** Replaces the whole path; `null` keeps it. Not together with `prefixRewrite`. */
  readonly path: string | null;
  readonly prefixRewrite: string | null;
  readonly stripQuery: boolean;
}

export interface DirectReplyAction {
  readonly kind: 'reply';
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
}

/** Applied in the order remove, set, add. Names are as written; comparison ignores case. */
export interface HeaderMutations {
  readonly remove: readonly string[];
  readonly set: readonly HeaderPair[];
  readonly add: readonly HeaderPair[];
}

export interface HeaderPair {
  readonly name: string;
  readonly value: string;
}

// ---------------------------------------------------------------------------------------------- clusters

export interface ClusterConfig {
  readonly name: string;
  readonly discovery: ClusterDiscovery;
  readonly balancer: BalancerConfig;
  readonly connectTimeoutMs: number;
  readonly pool: PoolConfig;
  readonly circuitBreakers: CircuitBreakerConfig;
  readonly healthCheck: HealthCheckConfig | null;
  readonly outlierDetection: OutlierDetectionConfig | null;
  /** Below this share of healthy endpoints in every priority, all are used. 0 switches panic off. */
  readonly panicThreshold: number;
  readonly slowStart: SlowStartConfig | null;
  /** PROXY header written at the start of each upstream connection. */
  readonly proxyProtocol: 'off' | 'v1' | 'v2';
  readonly http: UpstreamHttpConfig;
}

export type ClusterDiscovery = StaticDiscovery | DnsDiscovery;

export interface StaticDiscovery {
  readonly kind: 'static';
  readonly endpoints: readonly EndpointConfig[];
}

/** Every address that each name resolves to is an endpoint. */
export interface DnsDiscovery {
  readonly kind: 'strict-dns';
  /** `address.host` may be a name. */
  readonly endpoints: readonly EndpointConfig[];
  /** Used when the answer has no TTL, and after a failed look-up. */
  readonly refreshMs: number;
  readonly respectTtl: boolean;
  readonly family: 'auto' | 'v4' | 'v6' | 'all';
  /** `ip:port` of the servers to ask; empty means the system's. */
  readonly resolvers: readonly string[];
}

export interface EndpointConfig {
  readonly address: SocketAddress;
  /** 1..128, relative within its priority. */
  readonly weight: number;
  /** 0 is preferred; a higher number takes over as the lower ones lose health. */
  readonly priority: number;
  readonly metadata: Readonly<Record<string, string>>;
}

export type BalancerConfig =
  | { readonly kind: 'round-robin' }
  | { readonly kind: 'weighted-round-robin' }
  | { readonly kind: 'random' }
  | { readonly kind: 'least-request'; readonly choices: number; readonly activeRequestBias: number }
  | { readonly kind: 'peak-ewma'; readonly decayMs: number; readonly defaultRttMs: number }
  | { readonly kind: 'ring-hash'; readonly minRingSize: number; readonly maxRingSize: number }
  | { readonly kind: 'maglev'; readonly tableSize: number };

export interface SlowStartConfig {
  readonly windowMs: number;
  /** Weight grows as t^(1/aggression). */
  readonly aggression: number;
  readonly minWeight: number;
}

export interface PoolConfig {
  /** Idle upstream connections kept per endpoint and data thread. */
  readonly maxIdlePerEndpoint: number;
  readonly idleTimeoutMs: number;
  /** Then the connection is closed after its answer. 0: no limit. */
  readonly maxRequestsPerConnection: number;
  /** TCP keep-alive probes after this much silence. 0: off. */
  readonly tcpKeepaliveMs: number;
}

/** Limits over all data threads. */
export interface CircuitBreakerConfig {
  readonly maxConnections: number;
  /** Requests that wait for a connection. */
  readonly maxPending: number;
  readonly maxRequests: number;
  /** Concurrent retries; used when `retryBudget` is null. */
  readonly maxRetries: number;
  readonly retryBudget: RetryBudgetConfig | null;
}

export interface RetryBudgetConfig {
  /** Retries may be this share of the active requests, 0..1. */
  readonly ratio: number;
  readonly minConcurrency: number;
}

export interface HealthCheckConfig {
  readonly intervalMs: number;
  /** Added to each interval, uniformly 0..jitter. */
  readonly jitterMs: number;
  readonly timeoutMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  readonly check: HttpHealthCheck | TcpHealthCheck;
}

export interface HttpHealthCheck {
  readonly kind: 'http';
  readonly path: string;
  /** `Host`; empty means the endpoint's address. */
  readonly host: string;
  readonly method: 'GET' | 'HEAD' | 'OPTIONS';
  /** Inclusive ranges. */
  readonly expectedStatuses: readonly (readonly [number, number])[];
}

export interface TcpHealthCheck {
  readonly kind: 'tcp';
  /** Bytes to send, and what the answer must contain; both may be empty (connect only). */
  readonly send: string;
  readonly receive: string;
}

/** Envoy's outlier detection. Thresholds count, `enforce*` are 0..1 shares of detections that eject; 0 switches off. */
export interface OutlierDetectionConfig {
  readonly intervalMs: number;
  readonly baseEjectionMs: number;
  readonly maxEjectionMs: number;
  /** Share of the endpoints that may be ejected at once, but always at least one. */
  readonly maxEjectionRatio: number;
  readonly consecutive5xx: number;
  readonly enforceConsecutive5xx: number;
  readonly consecutiveGatewayFailure: number;
  readonly enforceConsecutiveGatewayFailure: number;
  readonly consecutiveLocalOriginFailure: number;
  readonly enforceConsecutiveLocalOriginFailure: number;
  /** Tell failures of the local side (connect, timeout, reset) from the upstream's answers. */
  readonly splitLocalOrigin: boolean;
  readonly enforceSuccessRate: number;
  readonly successRateMinimumEndpoints: number;
  readonly successRateRequestVolume: number;
  /** Ejected below mean - factor * standard deviation; 1.9 by default. */
  readonly successRateStdevFactor: number;
}

export interface UpstreamHttpConfig {
  /** Answer head plus status line. Beyond: 502. */
  readonly maxHeadBytes: number;
  readonly maxHeaderCount: number;
}

/**
 * What the admin API asks of the process, as one interface: `src/control` implements it, a test fakes it. The source
 * hands out facts as plain data and carries out changes; paths, parameters, formats and refusals are the API's.
 * Every answer is taken from the control thread's own memory, so it comes at once while data threads are stuck. No
 * answer may hold a secret.
 */
import type { Problem } from '../base/index.ts';
import type { LogLevel, NodeIdentity, SocketAddress } from '../config/index.ts';

export interface AdminSource {
  serverInfo(): ServerInfo;
  /** `null` until the first question for it has been answered. */
  machine(): MachineInfo | null;
  readiness(): Readiness;
  listeners(): readonly ListenerStatus[];
  clusters(): readonly ClusterStatus[];
  configDump(): ConfigDump;
  /** The exposition in the format that `accept` (the request's header, empty if none) asks for. */
  metrics(accept: string): Promise<MetricsText>;
  /** Under Envoy's dotted names, unfiltered, in any order: the API filters, sorts and formats. */
  stats(): readonly Stat[];
  logLevels(): LogLevels;
  /** `logger` is one of `logLevels().loggers`; `null` means all of them. */
  setLogLevel(level: LogLevel, logger: string | null): void;
  /** Starts draining and returns; it goes on in the background. */
  drainListeners(options: DrainOptions): void;
  /** From now on `readiness()` says not ready, until `healthcheckOk`. Traffic goes on. */
  healthcheckFail(): void;
  healthcheckOk(): void;
  /** Starts an orderly exit and returns. Called once the answer to the request has been sent. */
  quit(): void;
  /** Reads the configuration again; a refused one changes nothing. Does not reject for a bad configuration. */
  reload(): Promise<ReloadResult>;
  /** Closes and opens every log file (rotation). Rejects with an error that names the file. */
  reopenLogs(): Promise<void>;
  threads(): readonly ThreadStatus[];
  memory(): MemoryStatus;
  /** Empty while no certificate is configured. */
  certs(): readonly CertificateStatus[];
}

/** Envoy's states. `DRAINING` also after `/healthcheck/fail`. */
export type ServerState = 'LIVE' | 'DRAINING' | 'PRE_INITIALIZING' | 'INITIALIZING';

export interface ServerInfo {
  readonly version: string;
  readonly state: ServerState;
  readonly node: NodeIdentity;
  /** Milliseconds since the process started. */
  readonly uptimeMs: number;
  readonly pid: number;
  /** As given, option names without dashes; nothing secret (a configuration given inline is left out). */
  readonly commandLineOptions: Readonly<Record<string, string | number | boolean>>;
}

/** The machine that the process runs on, which may be larger than what the process may use of it. */
export interface MachineInfo {
  /** Maker and model. */
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Name and release of the operating system. */
  readonly system: string;
  readonly kernel: string;
  readonly architecture: string;
  /** Such as `KVM`; empty on bare metal. */
  readonly virtualization: string;
}

export interface Readiness {
  readonly ready: boolean;
  /** Why not, for people; empty when ready. */
  readonly reasons: readonly string[];
  /** Everything that must be ready, in the order of starting. */
  readonly components: readonly ComponentReadiness[];
}

export interface ComponentReadiness {
  /** Such as `listener inbound` or `cluster app`. */
  readonly name: string;
  readonly ready: boolean;
  /** What is missing; empty when ready. */
  readonly reason: string;
}

export interface ListenerStatus {
  readonly name: string;
  readonly role: 'inbound' | 'outbound' | 'gateway';
  /** Where it accepts; a configured port 0 is the real one once it listens. */
  readonly address: SocketAddress;
  readonly state: 'starting' | 'active' | 'draining' | 'failed';
  /** Why it failed; empty otherwise. */
  readonly failure: string;
  readonly connectionsActive: number;
}

export interface ClusterStatus {
  readonly name: string;
  readonly discovery: 'static' | 'strict-dns';
  /** True when it came from a control plane or registry instead of the file. */
  readonly addedViaApi: boolean;
  readonly limits: {
    readonly maxConnections: number;
    readonly maxPending: number;
    readonly maxRequests: number;
    readonly maxRetries: number;
  };
  readonly endpoints: readonly EndpointStatus[];
}

export interface EndpointStatus {
  readonly address: SocketAddress;
  /** The name it was resolved from; empty for an address that was configured as such. */
  readonly hostname: string;
  readonly weight: number;
  readonly priority: number;
  /** An active health check has failed it. */
  readonly failedActiveHealthCheck: boolean;
  /** Outlier detection has ejected it. */
  readonly failedOutlierCheck: boolean;
  /** Over all data threads. */
  readonly connectionsActive: number;
  readonly connectFailures: number;
  readonly requestsActive: number;
  readonly requestsTotal: number;
  readonly requestsSuccess: number;
  readonly requestsError: number;
}

export interface ConfigDump {
  /** Rises with each applied configuration. */
  readonly version: number;
  /** Unix milliseconds at which it was applied. */
  readonly appliedAtMs: number;
  /** The file it came from, or such as `command line`. */
  readonly origin: string;
  /** Redacted, JSON-serialisable; its keys are the sections (`listeners`, `clusters`, ...). */
  readonly config: object;
}

export interface MetricsText {
  readonly contentType: string;
  readonly body: string;
}

export type Stat =
  | {
      readonly type: 'counter' | 'gauge';
      readonly name: string;
      readonly value: number;
      /** It has been written since the start (a gauge may have returned to 0): what `?usedonly` keeps. */
      readonly used: boolean;
    }
  | { readonly type: 'text'; readonly name: string; readonly value: string; readonly used: boolean }
  | {
      readonly type: 'histogram';
      readonly name: string;
      readonly used: boolean;
      /** Ascending and the same for every histogram; `quantile` 0..1, `value` in milliseconds as Envoy's are, `null` while nothing was observed. */
      readonly quantiles: readonly { readonly quantile: number; readonly value: number | null }[];
    };

export interface LogLevels {
  /** Of loggers without a level of their own. */
  readonly level: LogLevel;
  /** By logger name (a room, such as `admin`): its level in force. */
  readonly loggers: Readonly<Record<string, LogLevel>>;
}

export interface DrainOptions {
  /** Ask keep-alive connections to go elsewhere for the drain time first, and only then stop accepting. */
  readonly graceful: boolean;
  /** Only listeners whose role is inbound. */
  readonly inboundOnly: boolean;
  /** Only together with `graceful`: discourage keep-alive, but never stop accepting (Envoy's `skip_exit`). */
  readonly keepAccepting: boolean;
}

export interface ReloadResult {
  readonly applied: boolean;
  /** Of the configuration in force afterwards. */
  readonly version: number;
  /** Why it was refused; empty when applied. */
  readonly problems: readonly Problem[];
}

export interface ThreadStatus {
  /** 1-based, stable over replacements. */
  readonly thread: number;
  readonly state: 'starting' | 'running' | 'stalled' | 'draining' | 'stopped';
  /** Milliseconds since its last sign of life. */
  readonly heartbeatAgeMs: number;
  /** Version of the snapshot it has applied; 0 before the first. */
  readonly snapshotVersion: number;
  readonly restarts: number;
  readonly lastReplacement: ThreadReplacement | null;
}

export interface ThreadReplacement {
  /** Such as `stalled for 10.2 s` or `out of heap`. */
  readonly reason: string;
  /** Unix milliseconds. */
  readonly atMs: number;
}

/** Bytes. The heap figures are the control thread's, `rss` is the whole process. */
export interface MemoryStatus {
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  readonly heapLimitBytes: number;
  readonly externalBytes: number;
  readonly arrayBuffersBytes: number;
}

export interface CertificateStatus {
  /** What uses it, such as `listener inbound`. */
  readonly owner: string;
  /** File or secret name. */
  readonly path: string;
  readonly serial: string;
  /** As Node prints them: `DNS:a.example`, `URI:spiffe://...`, `IP Address:10.0.0.1`. */
  readonly subjectAltNames: readonly string[];
  /** Unix milliseconds. */
  readonly validFromMs: number;
  readonly expiresAtMs: number;
}

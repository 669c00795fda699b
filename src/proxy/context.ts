/** What the exchanges of one listener share on one data thread. Replaced as a whole when the configuration changes. */
import type { Clock, Random } from '../base/index.ts';
import type { Cluster, ConnectionPool } from '../cluster/index.ts';
import type { HttpListenerConfig } from '../config/index.ts';
import type { StreamFilter } from '../filter/index.ts';
import type { NetContext } from '../net/index.ts';
import type { RouteTable } from '../route/index.ts';
import type { CounterStore } from '../telemetry/index.ts';
import type { AccessLog } from './access-log.ts';
import type { ExchangeTracer } from './exchange-trace.ts';
import type { ListenerMesh } from './mesh/listener-mesh.ts';

/** A cluster with this thread's connections to it. */
export interface ProxyCluster {
  readonly cluster: Cluster;
  readonly pool: ConnectionPool;
}

export interface ProxyContext {
  readonly http: HttpListenerConfig;
  readonly routes: RouteTable;
  /** By name; the newest state, also for an exchange that began under an older configuration. */
  readonly clusterOf: (name: string) => ProxyCluster | undefined;
  readonly filters: readonly StreamFilter[];
  /** A filter threw. The exchange has been answered with 500; here it is told to whoever can mend it. */
  readonly onFilterError: (error: unknown) => void;
  readonly counters: CounterStore;
  /** Base of the listener's counters. */
  readonly slot: number;
  readonly net: NetContext;
  readonly clock: Clock;
  readonly random: Random;
  readonly accessLog: AccessLog | null;
  readonly tracer: ExchangeTracer | null;
  /** `null`: this node is in no mesh. */
  readonly mesh: ListenerMesh | null;
}

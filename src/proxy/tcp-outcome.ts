import type { Connection } from '../net/index.ts';
import type { ResponseFlag } from '../telemetry/index.ts';

/** How a TCP session ended. */
export interface TcpOutcome {
  readonly downstream: Connection;
  /** `ip:port` of the client and of this side towards it. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** `ip:port` of this side towards the endpoint; empty when none was connected. */
  readonly upstreamLocalAddress: string;
  readonly flag: ResponseFlag;
  readonly durationMs: number;
  readonly cluster: string;
  /** Empty when none was picked. */
  readonly endpoint: string;
  readonly attempts: number;
}

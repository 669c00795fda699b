import type { Connection } from '../net/index.ts';
import type { ResponseFlag } from '../telemetry/index.ts';

/** How a TCP session ended. */
export interface TcpOutcome {
  readonly downstream: Connection;
  readonly flag: ResponseFlag;
  readonly durationMs: number;
  readonly cluster: string;
  /** Empty when none was picked. */
  readonly endpoint: string;
  readonly attempts: number;
}

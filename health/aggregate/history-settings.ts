/** Where history is read from, and how far back. */
import { noToken, type TokenSource } from './token-source.ts';

export interface HistorySettings {
  /** Prometheus, VictoriaMetrics or what speaks their query API; empty: no history is read. */
  readonly url: string;
  readonly token: TokenSource;
  /** So far back; at most a week. */
  readonly lookbackMs: number;
  /** For one question. */
  readonly timeoutMs: number;
}

export const defaultHistorySettings: HistorySettings = {
  url: '',
  token: noToken,
  // As long as the aggregator keeps its own counts.
  lookbackMs: 6 * 3_600_000,
  timeoutMs: 10_000,
};

/** Everything that can be set for an aggregator, with defaults. `parse-settings.ts` reads it from a file's content. */
import { defaultHistorySettings, type HistorySettings } from './history-settings.ts';
import { defaultVerdictSettings, type VerdictSettings } from '../verdict/verdict-settings.ts';
import type { JournalSettings } from './journal.ts';
import type { LedgerSettings } from './release-ledger.ts';
import type { ShardSettings } from './shard-settings.ts';

export interface AggregateSettings {
  readonly listen: { readonly host: string; readonly port: number };
  /** Bearer token (or password of Basic, for those that can only send a URL); empty: everybody may. */
  readonly token: string;
  readonly window: {
    /** Reports are kept for so many epochs of ten seconds. */
    readonly epochs: number;
    /** An inference looks at so many. */
    readonly inferEpochs: number;
    /** After an epoch's end reports may come for so long before it is judged. */
    readonly graceMs: number;
    readonly maxBytes: number;
  };
  readonly nodes: {
    readonly max: number;
    /** A node that was silent for so many epochs is no longer waited for. */
    readonly forgetEpochs: number;
  };
  /** Counts for the verdicts on releases. */
  readonly ledger: LedgerSettings;
  readonly journal: JournalSettings;
  readonly limits: {
    /** Of `POST /v1/epochs` and `/v1/observations`, and of other bodies. */
    readonly maxReportBytes: number;
    readonly maxBodyBytes: number;
    readonly maxConnections: number;
  };
  readonly verdict: VerdictSettings;
  /** A PromQL engine that knows the calls of minutes which nobody has reported here. */
  readonly history: HistorySettings;
  /** Other aggregators, whose nodes this one judges together with its own. */
  readonly shards: readonly ShardSettings[];
}

const mebibyte: number = 1024 * 1024;

export const defaultAggregateSettings: AggregateSettings = {
  listen: { host: '127.0.0.1', port: 9921 },
  token: '',
  // A quarter of an hour; a minute has enough calls to tell 2 % of failures, and is soon over.
  window: { epochs: 90, inferEpochs: 6, graceMs: 5000, maxBytes: 256 * mebibyte },
  nodes: { max: 10_000, forgetEpochs: 30 },
  // Six hours: longer than a careful release takes; two of them epoch by epoch.
  ledger: { keepEpochs: 2160, fineEpochs: 720, maxRows: 200_000 },
  journal: { path: '', fsync: 'epoch', compactBytes: 16 * mebibyte, maxBytes: 512 * mebibyte },
  limits: { maxReportBytes: 4 * mebibyte, maxBodyBytes: mebibyte, maxConnections: 2000 },
  verdict: defaultVerdictSettings,
  history: defaultHistorySettings,
  shards: [],
};

/** What stands in the journal, one JSON object a record, and how state is made of it again. */
import { ModuleKind } from '../infer/evidence.ts';
import type { EpochWindow, SeenKey } from './epoch-window.ts';
import type { ReleaseCatalog, VersionRecord } from './release-catalog.ts';
import type { LedgerRow, ReleaseLedger } from './release-ledger.ts';
import type { ReleaseEvent } from './release-events.ts';
import type { SuspectLog, SuspectTimes } from './suspect-log.ts';

/** Counts that were added for an epoch, and whose reports they are: those must not count again. */
export interface CountsRecord {
  readonly kind: 'counts';
  readonly epoch: number;
  readonly rows: readonly LedgerRow[];
  readonly seen: readonly (readonly [node: string, incarnation: number, viewpoints: number])[];
}

export type StateRecord =
  | typeof headRecord
  | CountsRecord
  | { readonly kind: 'versions'; readonly versions: readonly VersionRecord[] }
  | { readonly kind: 'suspects'; readonly times: readonly SuspectTimes[] }
  | { readonly kind: 'event'; readonly event: ReleaseEvent };

export interface State {
  readonly window: EpochWindow;
  readonly ledger: ReleaseLedger;
  readonly catalog: ReleaseCatalog;
  readonly suspects: SuspectLog;
  readonly event: (event: ReleaseEvent) => void;
}

export const headRecord: { readonly kind: 'journal'; readonly format: 1 } = { kind: 'journal', format: 1 };

/** So that a record stays far below what a crash could tear: rows or keys in one. */
const chunk = 1000;

export function countsRecords(
  epoch: number,
  rows: readonly LedgerRow[],
  seen: readonly SeenKey[],
): readonly CountsRecord[] {
  const records: CountsRecord[] = [];
  const length = Math.max(rows.length, seen.length);
  for (let at = 0; at < length; at += chunk) {
    records.push({
      kind: 'counts',
      epoch,
      rows: rows.slice(at, at + chunk),
      seen: seen
        .slice(at, at + chunk)
        .map(({ node, incarnation, viewpoints }) => [node, incarnation, viewpoints]),
    });
  }
  return records;
}

/** Adds up what the records say; answers how many were of no known kind (of a newer version) and passed over. */
export function replay(records: readonly unknown[], state: State): number {
  let unknown = 0;
  for (const record of records) if (!replayOne(record, state)) unknown++;
  return unknown;
}

/** The checksum says that it is what was written, so the shape is that of its kind. */
function replayOne(value: unknown, { window, ledger, catalog, suspects, event }: State): boolean {
  const record = value as StateRecord;
  switch (record.kind) {
    case 'journal':
      if (record.format !== headRecord.format)
        throw new Error('the journal is of a newer version of the program');
      return true;
    case 'counts':
      for (const row of record.rows) {
        ledger.add(record.epoch, row);
        catalog.touch(row[1], row[2], record.epoch);
      }
      for (const [node, incarnation, viewpoints] of record.seen)
        window.remember({ node, incarnation, viewpoints }, record.epoch);
      return true;
    case 'versions':
      for (const version of record.versions) catalog.recall(version);
      return true;
    case 'suspects':
      suspects.recall(record.times.filter(([, kind]) => ModuleKind.includes(kind)));
      return true;
    case 'event':
      event(record.event);
      return true;
    default:
      return false;
  }
}

/** The whole state, for a new file. */
export function* snapshot(
  { window, ledger, catalog, suspects }: Omit<State, 'event'>,
  events: readonly ReleaseEvent[],
): IterableIterator<StateRecord> {
  yield headRecord;
  for (const versions of chunks(catalog.records())) yield { kind: 'versions', versions };
  for (const [epoch, rows] of ledger.entries()) yield* countsRecords(epoch, rows, []);
  for (const [epoch, keys] of window.seen()) yield* countsRecords(epoch, [], keys);
  yield { kind: 'suspects', times: suspects.times() };
  for (const event of events) yield { kind: 'event', event };
}

export function* chunks<T>(list: readonly T[]): IterableIterator<readonly T[]> {
  for (let at = 0; at < list.length; at += chunk) yield list.slice(at, at + chunk);
}

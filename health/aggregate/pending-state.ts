/**
 * What was learned since the journal was last written. It is handed over once an epoch; what could not be written is
 * kept and tried again, up to a bound, and then the oldest epochs are given up with a word in the log.
 */
import type { SeenKey } from './epoch-window.ts';
import type { Journal } from './journal.ts';
import type { ReleaseCatalog, VersionRecord } from './release-catalog.ts';
import type { ReleaseEvent } from './release-events.ts';
import { type LedgerRow, type LedgerSettings, ReleaseLedger } from './release-ledger.ts';
import { chunks, countsRecords, type StateRecord } from './state-records.ts';
import type { SuspectLog } from './suspect-log.ts';

/** Reports that wait; of 1,000 nodes an hour. */
const maxSeen = 360_000;
const maxEvents = 200;

interface Batch {
  readonly counts: ReleaseLedger;
  readonly seen: Map<number, SeenKey[]>;
  readonly events: ReleaseEvent[];
  versions: readonly VersionRecord[];
  suspects: boolean;
}

export class PendingState {
  readonly #settings: LedgerSettings;
  #batch: Batch;
  #seenCount = 0;
  #isWriting = false;

  constructor(settings: LedgerSettings) {
    this.#settings = { ...settings, fineEpochs: settings.keepEpochs };
    this.#batch = this.#newBatch();
  }

  get isEmpty(): boolean {
    const { seen, events, suspects, versions } = this.#batch;
    return seen.size + events.length + versions.length === 0 && !suspects && !this.#isWriting;
  }

  counted(epoch: number, key: SeenKey, rows: readonly LedgerRow[]): void {
    for (const row of rows) this.#batch.counts.add(epoch, row);
    this.#addSeen(epoch, [key]);
  }

  event(event: ReleaseEvent): void {
    this.#batch.events.push(event);
    if (this.#batch.events.length > maxEvents) this.#batch.events.shift();
  }

  suspectsChanged(): void {
    this.#batch.suspects = true;
  }

  /** Nothing is to be written. */
  forget(): void {
    this.#batch = this.#newBatch();
    this.#seenCount = 0;
  }

  /** Answers whether everything is written. Not to be called again before it is done. */
  async flush(
    journal: Pick<Journal, 'append'>,
    catalog: ReleaseCatalog,
    suspects: SuspectLog,
  ): Promise<boolean> {
    const batch = this.#batch;
    // Last epochs of suspects that stay go along, so that "since" outlives a crash.
    if (suspects.active.length > 0) batch.suspects = true;
    batch.versions = [...batch.versions, ...catalog.changes()];
    if (this.isEmpty) return true;
    this.forget();
    this.#isWriting = true;
    const isWritten = await journal.append(recordsOf(batch, suspects));
    this.#isWriting = false;
    if (!isWritten) this.#takeBack(batch);
    return isWritten;
  }

  #takeBack(batch: Batch): void {
    for (const [epoch, rows] of batch.counts.entries())
      for (const row of rows) this.#batch.counts.add(epoch, row);
    for (const [epoch, keys] of batch.seen) this.#addSeen(epoch, keys);
    this.#batch.events.unshift(...batch.events.slice(0, maxEvents - this.#batch.events.length));
    this.#batch.versions = newestOf([...batch.versions, ...this.#batch.versions]);
    this.#batch.suspects ||= batch.suspects;
  }

  #addSeen(epoch: number, keys: readonly SeenKey[]): void {
    const { seen, counts } = this.#batch;
    const known = seen.get(epoch);
    if (known === undefined) seen.set(epoch, [...keys]);
    else for (const key of keys) known.push(key);
    this.#seenCount += keys.length;
    while (this.#seenCount > maxSeen && seen.size > 1) {
      const oldest = Math.min(...seen.keys());
      this.#seenCount -= seen.get(oldest)?.length ?? 0;
      seen.delete(oldest);
      counts.drop(oldest);
    }
  }

  #newBatch(): Batch {
    return {
      counts: new ReleaseLedger(this.#settings),
      seen: new Map(),
      events: [],
      versions: [],
      suspects: false,
    };
  }
}

function newestOf(records: readonly VersionRecord[]): readonly VersionRecord[] {
  return [...new Map(records.map((record) => [`${record[0]}\n${record[1]}`, record])).values()];
}

function recordsOf(batch: Batch, suspects: SuspectLog): readonly StateRecord[] {
  const records: StateRecord[] = [];
  for (const versions of chunks(batch.versions)) records.push({ kind: 'versions', versions });
  const rows = new Map(batch.counts.entries());
  for (const [epoch, keys] of batch.seen) records.push(...countsRecords(epoch, rows.get(epoch) ?? [], keys));
  for (const event of batch.events) records.push({ kind: 'event', event });
  if (batch.suspects) records.push({ kind: 'suspects', times: suspects.times() });
  return records;
}

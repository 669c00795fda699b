/**
 * The state of an aggregator on disk: an append-only file of checked records. It is rewritten (to a new file, which
 * then takes the old one's name) when it has grown to twice what the state needs, so a crash at any moment leaves either
 * the old file or the new one, whole. One writer at a time: two aggregators may not share a file.
 *
 * What `append` has returned for survives the end of the process; with `fsync: 'epoch'` also that of the machine. Counts
 * are appended once an epoch, so a crash loses at most those of the epoch under way: less evidence, never false evidence.
 */
import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HealthLog } from '../log.ts';
import { decodeJournal, encodeRecord } from './journal-record.ts';

export interface JournalSettings {
  /** Empty: nothing is kept on disk. */
  readonly path: string;
  /** `epoch`: each append reaches the disk before it counts as done; `never`: when the system writes it. */
  readonly fsync: 'epoch' | 'never';
  /** Not rewritten below this size. */
  readonly compactBytes: number;
  /** A file that is larger is refused at the start: it is read into memory. */
  readonly maxBytes: number;
}

export interface JournalFigures {
  readonly bytes: number;
  readonly appended: number;
  readonly compactions: number;
  readonly errors: number;
  /** Found at the start: bytes of a torn last record, and records before it with a wrong checksum. */
  readonly tornBytes: number;
  readonly damaged: number;
}

export class Journal {
  readonly #settings: JournalSettings;
  readonly #log: HealthLog;
  #file: FileHandle | null = null;
  /** Length of the part that is known to be good; after a failed append the file is cut back to it. */
  #bytes = 0;
  #compactedBytes = 0;
  #mustCut = false;
  #appended = 0;
  #compactions = 0;
  #errors = 0;
  #tornBytes = 0;
  #damaged = 0;

  constructor(settings: JournalSettings, log: HealthLog) {
    this.#settings = settings;
    this.#log = log;
  }

  get figures(): JournalFigures {
    return {
      bytes: this.#bytes,
      appended: this.#appended,
      compactions: this.#compactions,
      errors: this.#errors,
      tornBytes: this.#tornBytes,
      damaged: this.#damaged,
    };
  }

  /** Reads what is there and drops a torn last record. Throws what the file system throws: without state no start. */
  async open(): Promise<readonly unknown[]> {
    const { path, maxBytes } = this.#settings;
    if (path === '') return [];
    await mkdir(dirname(path), { recursive: true });
    // A rewrite that did not come to its end.
    await rm(newPath(path), { force: true });
    const size = (await stat(path).catch(nothing))?.size ?? 0;
    if (size > maxBytes)
      throw new Error(`${path} has ${size} bytes, more than the ${maxBytes} that are read`);
    const bytes = (await readFile(path).catch(nothing)) ?? Buffer.alloc(0);
    const { records, goodBytes, tornBytes, damaged } = decodeJournal(bytes);
    this.#tornBytes = tornBytes;
    this.#damaged = damaged;
    if (tornBytes > 0) this.#log.warn('the journal ends in a torn record: dropped', { path, tornBytes });
    if (damaged > 0) this.#log.warn('the journal has damaged records: skipped', { path, damaged });
    this.#file = await open(path, 'a', 0o600);
    if (tornBytes > 0) await this.#file.truncate(goodBytes);
    this.#bytes = goodBytes;
    return records;
  }

  /** `false`: not written (the reason is logged and counted); the caller keeps what it wanted to say and tries again. */
  async append(records: readonly object[]): Promise<boolean> {
    const file = this.#file;
    if (file === null || records.length === 0) return true;
    const bytes = Buffer.concat(records.map(encodeRecord));
    try {
      if (this.#mustCut) await file.truncate(this.#bytes);
      this.#mustCut = true;
      await file.appendFile(bytes);
      if (this.#settings.fsync === 'epoch') await file.datasync();
      this.#mustCut = false;
    } catch (error) {
      this.#failed('the journal cannot be written', error);
      return false;
    }
    this.#bytes += bytes.length;
    this.#appended += records.length;
    return true;
  }

  get wantsCompaction(): boolean {
    return (
      this.#file !== null && this.#bytes > Math.max(this.#settings.compactBytes, 2 * this.#compactedBytes)
    );
  }

  /** Replaces everything by `records`. A failure leaves the old file in use. */
  async compact(records: Iterable<object>): Promise<void> {
    const { path } = this.#settings;
    if (this.#file === null) return;
    let next: FileHandle | null = null;
    try {
      await rm(newPath(path), { force: true });
      next = await open(newPath(path), 'a', 0o600);
      let length = 0;
      for (const record of records) {
        const bytes = encodeRecord(record);
        await next.appendFile(bytes);
        length += bytes.length;
      }
      await next.sync();
      await rename(newPath(path), path);
      // The open file is now the one with the old name, whatever fails after this.
      const old = this.#file;
      this.#file = next;
      next = null;
      this.#bytes = length;
      this.#compactedBytes = length;
      this.#mustCut = false;
      this.#compactions++;
      await old.close();
      await syncDirectory(dirname(path));
    } catch (error) {
      this.#failed('the journal cannot be compacted', error);
      await next?.close().catch(() => {});
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  #failed(message: string, error: unknown): void {
    this.#errors++;
    this.#log.warn(message, { path: this.#settings.path, reason: String(error) });
  }
}

function newPath(path: string): string {
  return `${path}.new`;
}

/** So that the new name survives a power failure too. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** For what need not be there; anything else than that is told. */
function nothing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}

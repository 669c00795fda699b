/**
 * The store in a directory: one folder per capture, an index in memory, and limits on count, bytes and age.
 *
 * A capture that cannot be written stays in memory, bounded, and is written when the disk can be written again. Several
 * processes may share a directory: each lists what it found there when it opened and what it stored itself, and evicts
 * neither what another live process stored nor what it is writing.
 */
import { randomBytes } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import type { CaptureFormat, CaptureRecord } from '../capture/capture.ts';
import type { Clock, Timer } from '../clock.ts';
import type { HolmesLog } from '../log.ts';
import { CaptureFolders, scratchPrefix, type StoredCapture } from './capture-folder.ts';
import { freeCaptureId, isCaptureId } from './capture-id.ts';
import { CaptureIndex } from './capture-index.ts';
import { scanDirectory } from './directory-scan.ts';
import { type Disk, isDiskFull, machineDisk, meaningOf } from './disk.ts';
import { DiskQueue } from './disk-queue.ts';
import { removeLeftovers } from './leftovers.ts';
import { LimitKeeper } from './limit-keeper.ts';
import { ownMark } from './owner.ts';
import { takeIntoMemory } from './new-file.ts';
import type { CaptureStore, NewFile, StoreFigures, StoreLimits } from './store.ts';
import { Unsaved } from './unsaved.ts';

const notAnswering = 'the disk does not answer';
const retryMs = 30_000;
const ageLookMs = 3600 * 1000;

export interface DiskStoreOptions {
  /** Made when it is not there. */
  readonly directory: string;
  readonly limits: StoreLimits;
  readonly clock: Clock;
  readonly log: HolmesLog;
  /** For tests; the machine's by default. */
  readonly disk?: Disk;
}

interface Arrival {
  readonly record: Omit<CaptureRecord, 'files'>;
  readonly files: readonly NewFile[];
  readonly sequence: number;
}

export class DiskStore implements CaptureStore {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #log: HolmesLog;
  readonly #disk: Disk;
  readonly #folders: CaptureFolders;
  readonly #queue: DiskQueue;
  readonly #index = new CaptureIndex();
  readonly #unsaved = new Unsaved();
  readonly #keeper: LimitKeeper;
  readonly #scratch: string;
  /** Ids of captures on their way to the disk. */
  readonly #arriving = new Set<string>();
  #sequence = 0;
  #problem = '';
  #retry: Timer | null = null;
  #ageLook: Timer | null = null;
  #isClosed = false;

  constructor({ directory, limits, clock, log, disk = machineDisk }: DiskStoreOptions) {
    this.#directory = resolve(directory);
    this.#clock = clock;
    this.#log = log;
    this.#disk = disk;
    const mark = ownMark();
    this.#folders = new CaptureFolders({ directory: this.#directory, mark, disk });
    this.#queue = new DiskQueue(clock);
    this.#keeper = new LimitKeeper({ index: this.#index, folders: this.#folders, limits, clock, log });
    this.#scratch = join(this.#directory, `${scratchPrefix}${mark}-${randomBytes(6).toString('hex')}`);
  }

  async open(): Promise<void> {
    const outcome = await this.#queue.attempt(() => this.#read());
    if (outcome.kind === 'failed') this.#fail(meaningOf(outcome.error));
    if (outcome.kind === 'late') this.#fail(notAnswering);
    this.#ageLook ??= this.#clock.every(ageLookMs, () => this.#evictSoon());
  }

  /** Rejects for an id that cannot be a file name only. */
  async put(record: Omit<CaptureRecord, 'files'>, files: readonly NewFile[]): Promise<CaptureRecord> {
    if (!isCaptureId(record.id)) throw new TypeError(`not an id of a capture: ${JSON.stringify(record.id)}`);
    const id = freeCaptureId(record.id, (taken) => this.#isTaken(taken));
    const arrival: Arrival = { record: { ...record, id }, files, sequence: ++this.#sequence };
    if (this.#queue.isStuck) return this.#keepWhatIsHere(arrival, notAnswering);
    this.#arriving.add(id);
    const outcome = await this.#queue.attempt(() => this.#store(arrival));
    this.#arriving.delete(id);
    switch (outcome.kind) {
      case 'done':
        if (this.#unsaved.size > 0) this.#saveSoon();
        return outcome.value;
      case 'late':
        return this.#keepWhatIsHere(arrival, notAnswering);
      case 'failed': {
        const kept = await takeIntoMemory(files, this.#disk);
        return this.#keep(arrival, kept, meaningOf(outcome.error));
      }
    }
  }

  list(): readonly CaptureRecord[] {
    return [...this.#index.all(), ...this.#unsaved.all()]
      .sort((a, b) => b.sequence - a.sequence)
      .map(({ record }) => record);
  }

  get(id: string): CaptureRecord | null {
    return this.#unsaved.get(id)?.record ?? this.#index.get(id)?.record ?? null;
  }

  /** Rejects with the file system's error when the file is there and cannot be read. */
  async read(id: string, format: CaptureFormat): Promise<Uint8Array | null> {
    const kept = this.#unsaved.get(id)?.files.get(format);
    if (kept !== undefined) return kept;
    const entry = this.#index.get(id);
    if (entry?.record.files.some((file) => file.format === format) !== true) return null;
    const bytes = await this.#folders.read(id, format);
    // Another process that shares the directory, or a person, has removed it.
    if (bytes === null && !(await this.#folders.exists(id))) this.#index.delete(id);
    return bytes;
  }

  /** Rejects with an Error for people when it is there and cannot be removed. Also removes captures of other processes. */
  async delete(id: string): Promise<boolean> {
    if (this.#unsaved.delete(id)) return true;
    if (this.#index.get(id) === null) return false;
    const outcome = await this.#queue.attempt(() => this.#folders.remove(id));
    if (outcome.kind !== 'done') {
      const why = outcome.kind === 'late' ? notAnswering : meaningOf(outcome.error);
      throw new Error(`cannot delete ${id} in ${this.#directory}: ${why}`);
    }
    this.#index.delete(id);
    return true;
  }

  /** Rejects with the file system's error when there can be no such file. The file is the caller's until it is put. */
  async scratchFile(name: string): Promise<string> {
    if (!isCaptureId(name)) throw new TypeError(`not a file name: ${JSON.stringify(name)}`);
    await this.#disk.mkdir(this.#scratch, { recursive: true, mode: 0o700 });
    return join(this.#scratch, name);
  }

  /** Before the directory is made: of the nearest one above it that is there. */
  async freeBytes(): Promise<number> {
    for (let path = this.#directory; ; path = dirname(path)) {
      try {
        const { bavail, bsize } = await this.#disk.statfs(path);
        return bavail * bsize;
      } catch {
        if (path === dirname(path)) return Number.POSITIVE_INFINITY;
      }
    }
  }

  configure(limits: StoreLimits): void {
    this.#keeper.configure(limits);
    this.#evictSoon();
  }

  figures(): StoreFigures {
    return {
      captures: this.#index.size,
      bytes: this.#index.bytes,
      limits: this.#keeper.limits,
      evicted: this.#keeper.evicted,
      unsaved: this.#unsaved.size,
      problem: this.#problem,
    };
  }

  /** Stops the timers, waits for what is under way (not for a disk that hangs), removes the folder for scratch files. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#ageLook?.cancel();
    await this.#queue.attempt(() => this.#disk.rm(this.#scratch, { recursive: true, force: true }));
  }

  async #read(): Promise<void> {
    await this.#disk.mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const names = await this.#disk.readdir(this.#directory);
    const wallMs = this.#clock.wall();
    const removed = await removeLeftovers({ directory: this.#directory, names, wallMs, disk: this.#disk });
    if (removed > 0) this.#log.info('removed captures that were never finished', { removed });
    const { maxCount } = this.#keeper.limits;
    const found = await scanDirectory({ names, folders: this.#folders, maxCount, wallMs });
    for (const { record, bytes, isOthers } of found.captures) {
      const firstLook = this.#keeper.found(record.at);
      this.#index.add({ record, bytes, isOthers, firstLook, sequence: ++this.#sequence });
    }
    if (found.foreign.length > 0) {
      const fields = {
        directory: this.#directory,
        count: found.foreign.length,
        names: found.foreign.slice(0, 5),
      };
      this.#log.warn('left alone what is no capture of this version', fields);
    }
    await this.#keeper.remove(found.surplus);
    await this.#keeper.evict();
  }

  /** On the queue. Rejects when it is not on the disk. */
  async #store(arrival: Arrival): Promise<CaptureRecord> {
    const { record, files, sequence } = arrival;
    const bytes = await this.#folders.weigh(record, files);
    const { maxBytes, maxCount } = this.#keeper.limits;
    if (bytes > maxBytes || maxCount < 1) {
      throw new Error(
        `a capture of ${bytes} bytes is over the limits (${maxBytes} bytes, ${maxCount} captures)`,
      );
    }
    const stored = await this.#write(record, files).catch(async (error: unknown) => {
      if (!isDiskFull(error) || !(await this.#keeper.makeRoom(bytes, await this.freeBytes()))) throw error;
      return this.#write(record, files);
    });
    this.#unsaved.delete(record.id);
    this.#index.add({ ...stored, sequence, firstLook: this.#keeper.made(), isOthers: false });
    if (this.#problem !== '') this.#log.info('captures can be written again', { directory: this.#directory });
    this.#problem = '';
    await this.#keeper.evict();
    return stored.record;
  }

  async #write(record: Omit<CaptureRecord, 'files'>, files: readonly NewFile[]): Promise<StoredCapture> {
    let { id } = record;
    // Another process that shares the directory may have had the same subject in the same millisecond.
    for (let number = 2; await this.#folders.exists(id); number++) id = `${record.id}-${number}`;
    return this.#folders.write({ ...record, id }, files);
  }

  #evictSoon(): void {
    if (!this.#queue.isStuck) void this.#queue.attempt(() => this.#keeper.evict());
  }

  #isTaken(id: string): boolean {
    return this.get(id) !== null || this.#arriving.has(id);
  }

  /** When not even a read would come back: without files that lie on the disk. */
  #keepWhatIsHere(arrival: Arrival, problem: string): CaptureRecord {
    const here = arrival.files.flatMap((file) =>
      'bytes' in file ? [[file.format, file.bytes] as const] : [],
    );
    return this.#keep(arrival, new Map(here), problem);
  }

  #keep(
    { record, sequence }: Arrival,
    files: ReadonlyMap<CaptureFormat, Uint8Array>,
    problem: string,
  ): CaptureRecord {
    this.#fail(problem);
    const kept = this.#unsaved.keep(record, files, sequence);
    if (!this.#isClosed) this.#retry ??= this.#clock.every(retryMs, () => this.#saveSoon());
    return kept.record;
  }

  #saveSoon(): void {
    if (!this.#queue.isStuck) void this.#queue.attempt(() => this.#saveUnsaved());
  }

  /** Oldest first, until one cannot be written; those that never will be stay where they are. */
  async #saveUnsaved(): Promise<void> {
    for (const { record, files, sequence } of this.#unsaved.all()) {
      if (this.#unsaved.get(record.id) === null) continue;
      const newFiles = [...files].map(([format, bytes]) => ({ format, bytes }));
      if ((await this.#folders.weigh(record, newFiles)) > this.#keeper.limits.maxBytes) continue;
      try {
        await this.#store({ record, files: newFiles, sequence });
      } catch (error) {
        this.#fail(meaningOf(error));
        return;
      }
    }
    if (this.#unsaved.size > 0) return;
    this.#retry?.cancel();
    this.#retry = null;
  }

  /** Said once: a full disk fails every time in the same way. */
  #fail(reason: string): void {
    const problem = `cannot write captures to ${this.#directory}: ${reason}`;
    if (problem !== this.#problem) this.#log.warn(problem);
    this.#problem = problem;
  }
}

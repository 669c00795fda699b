/**
 * Appends to one file without ever waiting for it: chunks in the order they came, one write at a time. A file that
 * cannot be opened or written is told of once, tried again with growing pauses, and never costs more than the bounded
 * queue; what does not fit is dropped and counted.
 */
import type { Clock, Timer } from '../../base/index.ts';
import { AppendFile } from './append-file.ts';

interface AppendWriterOptions {
  /** A file, or `/dev/stdout` or `/dev/stderr`. */
  readonly path: string;
  readonly clock: Clock;
  readonly maxQueuedBytes: number;
  /** The file has begun to fail; not called again before it has recovered. */
  readonly onFailure: (error: NodeJS.ErrnoException) => void;
  /** It is written again; so many lines were lost. */
  readonly onRecovery: (droppedLines: number) => void;
}

interface Chunk {
  readonly bytes: Uint8Array;
  readonly done: () => void;
}

const firstPauseMs = 500;
const maxPauseMs = 30_000;
/** A full pipe is not an error; its reader is given a moment. */
const busyPauseMs = 20;
/** Pauses for a full pipe while the process ends. */
const maxBusyAtEnd = 10;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

export class AppendWriter {
  readonly #options: AppendWriterOptions;
  readonly #file: AppendFile;
  readonly #queue: Chunk[] = [];
  /** The first chunk is with the kernel. */
  #writing = false;
  #queuedBytes = 0;
  /** Bytes of the first chunk that are written already. */
  #offset = 0;
  #running: Promise<void> | null = null;
  #closing = false;
  /** Told when the file has been opened anew, or could not be. */
  #reopened: (() => void)[] = [];
  #endPause: (() => void) | null = null;
  #pauseMs = firstPauseMs;
  /** Lines lost in the current episode; `null` while all is well. */
  #episodeDropped: number | null = null;
  #writtenBytes = 0;
  #droppedLines = 0;
  #failures = 0;

  constructor(options: AppendWriterOptions) {
    this.#options = options;
    this.#file = new AppendFile(options.path);
  }

  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Failed attempts to open or write. */
  get failures(): number {
    return this.#failures;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Keeps `bytes` until they are written. `done` is called when they are, or when they were dropped. */
  write(bytes: Uint8Array, done: () => void = () => {}): void {
    if (this.#closing || this.#queuedBytes + bytes.byteLength > this.#options.maxQueuedBytes) {
      this.#countDropped(bytes);
      done();
      return;
    }
    this.#queue.push({ bytes, done });
    this.#queuedBytes += bytes.byteLength;
    this.#start();
  }

  /**
   * Closes the file and opens its path anew, after a log rotation has renamed it; what is queued goes to the new one.
   * Also ends a pause. Resolves when that was done, or when the file could not be opened.
   */
  reopen(): Promise<void> {
    return new Promise((resolve) => {
      this.#reopened.push(resolve);
      this.#endPause?.();
      this.#start();
    });
  }

  /** Writes what is queued, at most until `deadlineMs` from now, then drops the rest. A failing file is tried once. */
  async close(deadlineMs: number): Promise<void> {
    this.#closing = true;
    this.#endPause?.();
    let timer: Timer | null = null;
    const deadline = new Promise<void>((resolve) => {
      timer = this.#options.clock.after(deadlineMs, resolve);
    });
    await Promise.race([this.#running ?? Promise.resolve(), deadline]);
    while (this.#queue.length > 0) this.#dropFirst();
    for (const tell of this.#reopened.splice(0)) tell();
    this.#endPause?.();
    // Not awaited beyond the deadline: a write may hang in the kernel.
    await Promise.race([this.#running ?? Promise.resolve(), deadline]);
    await Promise.race([this.#file.close(), deadline]);
    (timer as Timer | null)?.cancel();
  }

  /** Writes what is queued at once, as far as the file takes it. For the end of the process only. */
  drainSync(): void {
    // What is with the kernel already is finished by its own thread.
    if (this.#writing && this.#queue.length > 0) this.#shift();
    try {
      for (let busy = 0; this.#queue.length > 0 && busy < maxBusyAtEnd; ) {
        if (!this.#writeSync(this.#queue[0]!)) {
          busy++;
          Atomics.wait(sleeper, 0, 0, busyPauseMs);
        }
      }
    } catch {
      // There is nobody left to tell.
    }
  }

  /** False when the file cannot take more at the moment. */
  #writeSync(first: Chunk): boolean {
    try {
      this.#advance(first, this.#file.writeSync(first.bytes, this.#offset));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false;
      throw error;
    }
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      // Something may have come between the end of the run and here.
      if (!this.#closing && (this.#queue.length > 0 || this.#reopened.length > 0)) this.#start();
    });
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0 || this.#reopened.length > 0) {
      const reopened = this.#reopened;
      this.#reopened = [];
      if (reopened.length > 0) await this.#file.close();
      const error = await this.#step();
      for (const tell of reopened) tell();
      if (error === null) continue;
      if (error.code === 'EAGAIN') await this.#pause(busyPauseMs);
      else if (!(await this.#recover(error))) return;
    }
  }

  /** Opens if need be and writes once. */
  async #step(): Promise<NodeJS.ErrnoException | null> {
    try {
      if (!this.#file.isOpen) await this.#file.open();
      const first = this.#queue[0];
      if (first === undefined) return null;
      this.#writing = true;
      const taken = await this.#file.write(first.bytes, this.#offset);
      this.#advance(first, taken);
      return null;
    } catch (error) {
      return error as NodeJS.ErrnoException;
    } finally {
      this.#writing = false;
    }
  }

  /** `first` may have been dropped by `close` while it was being written. */
  #advance(first: Chunk, taken: number): void {
    this.#writtenBytes += taken;
    this.#recovered();
    if (this.#queue[0] !== first) return;
    this.#offset += taken;
    if (this.#offset < first.bytes.byteLength) return;
    this.#shift();
    first.done();
  }

  /** After a failure: says so once, waits, and answers whether to go on. */
  async #recover(error: NodeJS.ErrnoException): Promise<boolean> {
    this.#failures++;
    if (this.#episodeDropped === null) {
      this.#episodeDropped = 0;
      this.#options.onFailure(error);
    }
    // The path may lead somewhere else by now: a disk was remounted, a directory created.
    await this.#file.close();
    if (this.#closing) return false;
    await this.#pause(this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, maxPauseMs);
    return true;
  }

  #recovered(): void {
    if (this.#episodeDropped === null) return;
    const droppedLines = this.#episodeDropped;
    this.#episodeDropped = null;
    this.#pauseMs = firstPauseMs;
    this.#options.onRecovery(droppedLines);
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(ms, resolve);
      this.#endPause = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#endPause = null;
  }

  #dropFirst(): void {
    const { bytes, done } = this.#queue[0]!;
    this.#countDropped(this.#offset === 0 ? bytes : bytes.subarray(this.#offset));
    this.#shift();
    done();
  }

  #shift(): void {
    this.#queuedBytes -= this.#queue.shift()!.bytes.byteLength;
    this.#offset = 0;
  }

  #countDropped(bytes: Uint8Array): void {
    const lines = countLines(bytes);
    this.#droppedLines += lines;
    if (this.#episodeDropped !== null) this.#episodeDropped += lines;
  }
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}

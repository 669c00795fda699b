/** Writes one access log on the control thread: chunks from all data threads, never waiting for the file. */
import type { Clock } from '../../base/index.ts';
import type { WriterFigures } from '../exposition/control-metrics.ts';
import type { Log } from '../log/log.ts';
import { AppendWriter } from '../output/append-writer.ts';

interface AccessLogWriterOptions {
  /** A file, or `/dev/stdout` or `/dev/stderr`. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxQueuedBytes?: number;
}

export class AccessLogWriter implements WriterFigures {
  readonly path: string;
  readonly #writer: AppendWriter;

  constructor({ path, clock, log, maxQueuedBytes = 8 * 1024 * 1024 }: AccessLogWriterOptions) {
    this.path = path;
    this.#writer = new AppendWriter({
      path,
      clock,
      maxQueuedBytes,
      onFailure: ({ code, message }) => {
        log.error('access log cannot be written; it is tried again and lines are kept as long as they fit', {
          path,
          code,
          error: message,
        });
      },
      onRecovery: (droppedLines) => log.info('access log is written again', { path, droppedLines }),
    });
  }

  get writtenBytes(): number {
    return this.#writer.writtenBytes;
  }

  get droppedLines(): number {
    return this.#writer.droppedLines;
  }

  /** Failed attempts to open or write. */
  get failures(): number {
    return this.#writer.failures;
  }

  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  /** Keeps `bytes` until they are written. `done` is called when they are, or when they were dropped. */
  write(bytes: Uint8Array, done: () => void = () => {}): void {
    this.#writer.write(bytes, done);
  }

  /**
   * Opens the path anew, after a log rotation has renamed the file; what is queued goes to the new one. Resolves when
   * that was done, or when the file could not be opened.
   */
  reopen(): Promise<void> {
    return this.#writer.reopen();
  }

  /** Writes what is queued, at most until `deadlineMs` from now, then drops the rest. A failing file is tried once. */
  close(deadlineMs: number): Promise<void> {
    return this.#writer.close(deadlineMs);
  }
}

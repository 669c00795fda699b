/**
 * Collects one access log's lines on a data thread and hands them over in chunks, so that a request costs a copy into
 * a buffer and not a message. What the control thread has not yet acknowledged is bounded; beyond the bound, lines are
 * dropped and counted, because a slow disk must not cost memory or requests.
 */
import { ThreadSlot } from '../catalogue.ts';
import type { CounterStore } from '../counter-store.ts';

interface AccessLogBatchOptions {
  /** Dropped lines are counted here, in the thread's own block. */
  readonly counters: CounterStore;
  /** Takes over the chunk: it has a buffer of its own and may be transferred. Answer with `acknowledge`. */
  readonly deliver: (lines: Uint8Array<ArrayBuffer>) => void;
  readonly chunkBytes?: number;
  /** Bytes that may be on their way or waiting in the writer's queue. */
  readonly maxUnacknowledgedBytes?: number;
}

export class AccessLogBatch {
  readonly #counters: CounterStore;
  readonly #deliver: (lines: Uint8Array<ArrayBuffer>) => void;
  readonly #chunkBytes: number;
  readonly #maxUnacknowledged: number;
  #buffer: Buffer<ArrayBuffer>;
  #used = 0;
  #unacknowledged = 0;
  #dropped = 0;

  constructor(options: AccessLogBatchOptions) {
    this.#counters = options.counters;
    this.#deliver = options.deliver;
    this.#chunkBytes = options.chunkBytes ?? 64 * 1024;
    this.#maxUnacknowledged = options.maxUnacknowledgedBytes ?? 4 * 1024 * 1024;
    this.#buffer = allocate(this.#chunkBytes);
  }

  /** Lines dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Bytes handed over that were not acknowledged. */
  get unacknowledgedBytes(): number {
    return this.#unacknowledged;
  }

  /** `line` with its line feed. */
  append(line: string): void {
    if (this.#unacknowledged + this.#used >= this.#maxUnacknowledged) {
      this.#drop();
      return;
    }
    // No character takes more than three bytes, so the exact length is only asked for near the end of the buffer.
    if (line.length * 3 > this.#chunkBytes - this.#used) {
      const bytes = Buffer.byteLength(line);
      if (bytes > this.#chunkBytes - this.#used) this.#handOverAll();
      if (bytes > this.#chunkBytes) {
        this.#handOverLarge(line, bytes);
        return;
      }
    }
    this.#used += this.#buffer.write(line, this.#used, 'utf8');
    if (this.#used === this.#chunkBytes) this.#handOverAll();
  }

  /** Hands over what has been collected; the owner calls it about once a second and at the end. */
  flush(): void {
    if (this.#used === 0) return;
    if (this.#used > this.#chunkBytes / 2) {
      this.#handOverAll();
      return;
    }
    // A small part leaves as a copy of its own size, so that a quiet log does not queue mostly empty buffers.
    const part = allocate(this.#used);
    this.#buffer.copy(part, 0, 0, this.#used);
    this.#used = 0;
    this.#send(part);
  }

  /** The writer has written or dropped so many of the bytes that were handed over. */
  acknowledge(bytes: number): void {
    this.#unacknowledged = Math.max(0, this.#unacknowledged - bytes);
  }

  #handOverAll(): void {
    if (this.#used === 0) return;
    const full = this.#buffer.subarray(0, this.#used);
    this.#buffer = allocate(this.#chunkBytes);
    this.#used = 0;
    this.#send(full);
  }

  #handOverLarge(line: string, bytes: number): void {
    if (this.#unacknowledged + bytes > this.#maxUnacknowledged) {
      this.#drop();
      return;
    }
    const own = allocate(bytes);
    own.write(line, 'utf8');
    this.#send(own);
  }

  #send(lines: Uint8Array<ArrayBuffer>): void {
    this.#unacknowledged += lines.byteLength;
    this.#deliver(lines);
  }

  #drop(): void {
    this.#dropped++;
    this.#counters.add(ThreadSlot.accessLogDropped, 1);
  }
}

/** Never from Node's shared pool: the buffer is transferred to another thread. */
function allocate(bytes: number): Buffer<ArrayBuffer> {
  return Buffer.from(new ArrayBuffer(bytes));
}

/**
 * One data thread's write arena. Whatever is written to connections during one turn of the event loop is copied here
 * and leaves when the turn ends, what was written to one connection without a break in one system call. Copying is
 * cheap beside a system call, and it makes every input borrowed: nobody upstream of here has to keep a buffer alive.
 *
 * The kernel usually takes a write at once; then the same bytes of the arena are used again. A write that the kernel
 * did not take whole stays referenced by its socket, so the arena moves past it. When the thread's memory is used up, a
 * buffer of the outbox's own serves until that has been sent.
 */
import type { Connection } from './connection.ts';
import { sentStart, type ThreadMemory } from './thread-memory.ts';

/** A write never exceeds this, so that one blocked socket holds no more of an arena. */
const writeBytes = 128 * 1024;
/** Writes that are pending at most. */
const maxWrites = 1024;

/** Views of the arena up to this length are kept, because making one costs more than a small write is worth. */
const viewBytes = 4096;

export class Outbox {
  readonly #memory: ThreadMemory;
  /** The thread's memory, or a buffer of the outbox's own while sockets still reference that. */
  #arena: Buffer;
  /** Of writes from the thread's memory that the kernel had not taken whole. */
  #lingering: Connection[] = [];
  /** Where the arena is free: before it lies what sockets still reference. */
  #free = sentStart;
  /** Where the last pending write ends, and how far it may grow. */
  #end = sentStart;
  #limit = 0;
  /** The pending writes, one behind the other from `#free` on: whose each is, and where it begins. */
  readonly #owners: (Connection | null)[] = new Array<Connection | null>(maxWrites).fill(null);
  readonly #starts: Int32Array = new Int32Array(maxWrites);
  #count = 0;
  /** Of the last one. */
  #owner: Connection | null = null;
  /** By length: of the thread's memory, from `sentStart` on. */
  readonly #views: (Buffer | undefined)[] = new Array<Buffer | undefined>(viewBytes + 1).fill(undefined);

  constructor(memory: ThreadMemory) {
    this.#memory = memory;
    this.#arena = memory.bytes;
  }

  /** Copies `bytes[from..to)` behind what `owner` has written in this turn. */
  append(owner: Connection, bytes: Buffer, from: number, to: number): void {
    if (this.#owner !== owner) this.#begin(owner);
    while (to - from > this.#limit - this.#end) {
      const end = from + this.#limit - this.#end;
      this.#copy(bytes, from, end);
      from = end;
      this.flush();
      this.#begin(owner);
    }
    this.#copy(bytes, from, to);
  }

  /** The same for text whose characters are all below U+0100. */
  appendLatin1(owner: Connection, text: string): void {
    if (this.#owner !== owner) this.#begin(owner);
    if (text.length > this.#limit - this.#end) {
      const bytes = Buffer.from(text, 'latin1');
      this.append(owner, bytes, 0, bytes.length);
      return;
    }
    this.#arena.write(text, this.#end, 'latin1');
    this.#end += text.length;
  }

  /** Hands what is pending to its sockets. Called at the end of every turn. */
  flush(): void {
    const count = this.#count;
    if (count === 0) return;
    const end = this.#end;
    let kept = this.#free;
    this.#count = 0;
    this.#owner = null;
    for (let i = 0; i < count; i++) {
      const start = this.#starts[i]!;
      const next = i + 1 < count ? this.#starts[i + 1]! : end;
      const owner = this.#owners[i] ?? null;
      this.#owners[i] = null;
      if (owner === null || next === start || owner.send(this.#view(start, next))) continue;
      // The socket keeps the bytes that were not taken until they are sent.
      kept = next;
      if (this.#isHome) this.#lingering.push(owner);
    }
    this.#free = kept;
    this.#end = kept;
    if (this.#arena.length - kept < writeBytes) this.#move();
  }

  /** Forgets what `owner` has pending; for a connection that is destroyed. */
  discard(owner: Connection): void {
    for (let i = 0; i < this.#count; i++) if (this.#owners[i] === owner) this.#owners[i] = null;
    if (this.#owner === owner) this.#owner = null;
  }

  #begin(owner: Connection): void {
    if (this.#count === maxWrites) this.flush();
    this.#owners[this.#count] = owner;
    this.#starts[this.#count] = this.#end;
    this.#count++;
    this.#owner = owner;
    this.#limit = Math.min(this.#arena.length, this.#end + writeBytes);
  }

  #copy(bytes: Buffer, from: number, to: number): void {
    if (this.#isHome) this.#memory.put(this.#end, bytes, from, to);
    else bytes.copy(this.#arena, this.#end, from, to);
    this.#end += to - from;
  }

  get #isHome(): boolean {
    return this.#arena === this.#memory.bytes;
  }

  /** Without gathering, nearly all writes are small and at the start of the thread's part (bench/micro/exchange.ts). */
  #view(start: number, end: number): Buffer {
    const length = end - start;
    if (!this.#isHome || start !== sentStart || length > viewBytes) return this.#arena.subarray(start, end);
    return (this.#views[length] ??= this.#arena.subarray(start, end));
  }

  /** Begins anew: in the thread's memory, if no socket needs its bytes any more, else in a new buffer. */
  #move(): void {
    if (this.#lingering.some((owner) => owner.sending)) {
      this.#arena = Buffer.allocUnsafeSlow(this.#memory.bytes.length - sentStart);
      this.#free = 0;
    } else {
      this.#arena = this.#memory.bytes;
      this.#lingering = [];
      this.#free = sentStart;
    }
    this.#end = this.#free;
  }
}

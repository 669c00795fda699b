/**
 * One data thread's write arena. Whatever is written to connections during one turn of the event loop is copied here
 * and leaves in one system call per connection when the turn ends, or earlier when another connection writes in
 * between. Copying is cheap beside a system call, and it makes every input borrowed: nobody upstream of here has to
 * keep a buffer alive.
 *
 * The kernel usually takes a write at once; then the same bytes of the arena are used again. A write that the kernel
 * did not take whole stays referenced by its socket, so the arena moves past it and is replaced when used up.
 */
import type { Connection } from './connection.ts';

const arenaBytes = 256 * 1024;
/** A write never exceeds this, so that one blocked socket holds no more of an arena. */
const writeBytes = 128 * 1024;

/** Views of the arena up to this length are kept, because making one costs more than a small write is worth. */
const viewBytes = 4096;

function emptyViews(): (Buffer | undefined)[] {
  return new Array<Buffer | undefined>(viewBytes + 1).fill(undefined);
}

export class Outbox {
  #arena: Buffer = Buffer.allocUnsafeSlow(arenaBytes);
  /** Start of the pending bytes, and their number. */
  #start = 0;
  #length = 0;
  #owner: Connection | null = null;
  /** By length: `arena.subarray(0, length)`. */
  #views: (Buffer | undefined)[] = emptyViews();

  /** Copies `bytes[from..to)` behind what `owner` has written in this turn. */
  append(owner: Connection, bytes: Buffer, from: number, to: number): void {
    if (this.#owner !== owner) this.#switchTo(owner);
    while (from < to) {
      const room = this.#room();
      const end = to - from > room ? from + room : to;
      this.#copy(bytes, from, end);
      from = end;
    }
  }

  /** The same for text whose characters are all below U+0100. */
  appendLatin1(owner: Connection, text: string): void {
    if (this.#owner !== owner) this.#switchTo(owner);
    if (text.length > this.#room()) {
      const bytes = Buffer.from(text, 'latin1');
      this.append(owner, bytes, 0, bytes.length);
      return;
    }
    this.#arena.write(text, this.#start + this.#length, 'latin1');
    this.#length += text.length;
  }

  /** Hands what is pending to its socket. Called at the end of every turn. */
  flush(): void {
    const owner = this.#owner;
    if (owner === null) return;
    this.#owner = null;
    if (this.#length > 0) this.#emit(owner);
  }

  /** Forgets what `owner` has pending; for a connection that is destroyed. */
  discard(owner: Connection): void {
    if (this.#owner !== owner) return;
    this.#owner = null;
    this.#length = 0;
  }

  #copy(bytes: Buffer, from: number, to: number): void {
    const arena = this.#arena;
    let at = this.#start + this.#length;
    this.#length += to - from;
    // A call into native code costs as much as a dozen byte stores (bench/micro/exchange.ts).
    if (to - from > 12) bytes.copy(arena, at, from, to);
    else while (from < to) arena[at++] = bytes[from++]!;
  }

  #switchTo(owner: Connection): void {
    this.flush();
    this.#owner = owner;
  }

  #room(): number {
    if (this.#length >= writeBytes) this.#emit(this.#owner!);
    return writeBytes - this.#length;
  }

  /** Small writes from the start of the arena are nearly all there are, and of few lengths (bench/micro/exchange.ts). */
  #view(start: number, end: number): Buffer {
    if (start !== 0 || end > viewBytes) return this.#arena.subarray(start, end);
    return (this.#views[end] ??= this.#arena.subarray(0, end));
  }

  #emit(owner: Connection): void {
    const start = this.#start;
    const end = start + this.#length;
    this.#length = 0;
    if (owner.send(this.#view(start, end))) return;
    // The socket keeps these bytes until they are sent.
    this.#start = end;
    if (arenaBytes - end < writeBytes) {
      this.#arena = Buffer.allocUnsafeSlow(arenaBytes);
      this.#views = emptyViews();
      this.#start = 0;
    }
  }
}

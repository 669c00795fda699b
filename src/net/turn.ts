/**
 * One turn of a data thread's event loop. Under load a turn brings dozens of small reads, and it is cheaper to do the
 * same thing to all of them than everything to each: they are gathered first, then handled one after the other, then
 * what was written is sent. Each step then finds its code, and the kernel's, still in the processor's caches; done read
 * by read, an exchange runs through more code than they hold (docs/decisions/0017, bench/ scenario http-1k).
 *
 * A turn with few reads would only pay for the detour, so gathering begins and ends with the load.
 */
import { type Clock, TurnClock } from '../base/index.ts';
import type { Connection } from './connection.ts';
import { Outbox } from './outbox.ts';
import { gatheredStart, sentStart, type ThreadMemory } from './thread-memory.ts';

/** Reads up to this length are gathered, which copies them; a larger one is handled where it lies. */
const smallBytes = 4096;
const maxReads = 512;
/** A turn with so many small reads is worth gathering. */
const worthwhile = 8;
/** How many turns in a row may bring fewer before gathering ends. */
const patience = 16;
/** Without gathering, every so many reads the rest of their turn is counted. */
const probePeriod = 64;

/** Small reads that wait for their turn's second step, in the order of arrival. */
class Gathered {
  count = 0;
  readonly #connections: (Connection | null)[] = new Array<Connection | null>(maxReads).fill(null);
  readonly #ends: Int32Array = new Int32Array(maxReads);
  readonly #starts: Int32Array = new Int32Array(maxReads);

  add(connection: Connection, start: number, end: number): void {
    const index = this.count++;
    this.#connections[index] = connection;
    this.#starts[index] = start;
    this.#ends[index] = end;
    connection.gathered++;
  }

  handle(bytes: Buffer): void {
    const { count } = this;
    for (let i = 0; i < count; i++) {
      const connection = this.#connections[i]!;
      this.#connections[i] = null;
      connection.gathered--;
      connection.handle(bytes, this.#starts[i]!, this.#ends[i]!);
    }
    this.count = 0;
  }
}

export class Turn {
  /** Stands still within a turn. */
  readonly clock: TurnClock;
  readonly outbox: Outbox;
  readonly #memory: ThreadMemory;
  /** Where what is gathered ends. */
  #end = gatheredStart;
  /** Answers go first: the connections that they set free serve the requests behind them. */
  readonly #answers = new Gathered();
  readonly #requests = new Gathered();
  #gathering = false;
  #handling = false;
  /** `#endOfTurn` is on its way. */
  #scheduled = false;
  /** Small reads of this turn, as far as they are counted. */
  #reads = 0;
  #sparseTurns = 0;
  #untilProbe = probePeriod;

  constructor(source: Clock, memory: ThreadMemory) {
    this.outbox = new Outbox(memory);
    this.#memory = memory;
    this.clock = new TurnClock(source, () => this.end());
  }

  /** Called first for every event but a read: what was read before it comes before it. */
  begin(): void {
    this.#handleGathered();
    this.clock.begin();
  }

  /** Called last for every event but a read: sends what was written. */
  end(): void {
    this.outbox.flush();
  }

  /** `connection` has read `bytes[from..to)`, which are borrowed until return. */
  receive(connection: Connection, bytes: Buffer, from: number, to: number): void {
    if (to - from <= smallBytes) {
      this.#reads++;
      if (this.#gathering && !this.#handling) {
        this.#gather(connection, bytes, from, to);
        return;
      }
      if (--this.#untilProbe === 0) this.#probe();
    }
    if (connection.gathered > 0) this.#handleGathered();
    this.clock.begin();
    connection.handle(bytes, from, to);
    this.outbox.flush();
  }

  #gather(connection: Connection, bytes: Buffer, from: number, to: number): void {
    const queue = connection.outgoing ? this.#answers : this.#requests;
    if (queue.count === maxReads || this.#end + to - from > sentStart) this.#handleGathered();
    const start = this.#end;
    this.#end += to - from;
    this.#memory.put(start, bytes, from, to);
    queue.add(connection, start, this.#end);
    this.#schedule();
  }

  /** Handles what is gathered, if anything; what is under way already is not begun again. */
  #handleGathered(): void {
    if (this.#end === gatheredStart || this.#handling) return;
    const { bytes } = this.#memory;
    this.#handling = true;
    this.clock.begin();
    this.#answers.handle(bytes);
    this.#requests.handle(bytes);
    this.#end = gatheredStart;
    this.#handling = false;
    this.outbox.flush();
  }

  #probe(): void {
    this.#untilProbe = probePeriod;
    this.#reads = 0;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#endOfTurn);
  }

  /** The event loop has nothing more to read for now. */
  readonly #endOfTurn = (): void => {
    this.#scheduled = false;
    this.#handleGathered();
    this.#judge(this.#reads);
    this.#reads = 0;
  };

  /** Begins or ends gathering by how many small reads a turn has brought. */
  #judge(reads: number): void {
    if (reads >= worthwhile) {
      this.#gathering = true;
      this.#sparseTurns = 0;
    } else if (this.#gathering && ++this.#sparseTurns > patience) {
      this.#gathering = false;
      this.#sparseTurns = 0;
    }
  }
}

/**
 * Counts calls per epoch of wall-clock time and hands each epoch over once, whole, about a second after its end. An epoch
 * that this process did not see whole (the first, the last, one in which the wall clock was set) is left out: for whoever
 * compares two nodes an epoch that is missing is unknown, while half an epoch would look like failures that vanished.
 */
import type { Clock, Timer } from '../clock.ts';
import { EdgeTable } from './edge-table.ts';
import type { EpochReport } from './epoch-report.ts';
import { epochMs, epochOf, type FailureOrigin, type Peer, type Viewpoint } from './viewpoint.ts';

/** After the end of an epoch, for counts that come from another thread. */
const graceMs = 1000;
/** Wall clock and monotonic clock drift apart by less (NTP slews by 5 ms in an epoch): more means that it was set. */
const jumpMs = 500;
/** A timer later than this: the thread was busy, and counts wait behind the timer. They get the grace once more. */
const lateMs = 250;
/** Of epochs that wait for late counts; after a longer stand-still the older ones are left out. */
const maxOpen = 6;
/**
 * A clock that is set back by more than ten minutes was wrong before: then the epochs that it goes through again are
 * counted again, as those of another incarnation, instead of nothing being told until they are over.
 */
const longestSilence = 60;
/** With six viewpoints this is as many edges as a report may have. */
const mostPeers = 1600;

export interface EpochCounterOptions {
  /** Who counts. */
  readonly node: Peer;
  /** Unix milliseconds of the process's start. */
  readonly incarnation: number;
  readonly clock: Clock;
  /** Per viewpoint and epoch, 1 to 1,600; further ones are counted as `_other`. */
  readonly maxPeers?: number;
  /** Those that are watched, whether or not a call is seen there. */
  readonly viewpoints: readonly Viewpoint[];
  /** Once per whole epoch, in order. It does not throw. */
  readonly onClosed: (report: EpochReport) => void;
}

/** One call, or many that ended in the same way. */
export interface CallCount {
  readonly viewpoint: Viewpoint;
  readonly peer: Peer;
  readonly failed: boolean;
  /** Of the failures; without meaning when there are none. */
  readonly origin: FailureOrigin;
  readonly reason: string;
  /** 1 when left out; 0 for failures whose calls are counted elsewhere. */
  readonly calls?: number;
  /** When left out, all of the calls if `failed`, else none. */
  readonly failures?: number;
  /** Unix milliseconds of the calls' end; now when left out. */
  readonly at?: number;
}

export interface EpochFigures {
  /** Epochs handed over, and left out because they were not seen whole. */
  readonly closed: number;
  readonly leftOut: number;
  /** Calls of an epoch that is left out, was handed over before they came, or has not begun. */
  readonly lost: number;
  /** Times that the wall clock was set. */
  readonly jumps: number;
}

export class EpochCounter {
  readonly #options: EpochCounterOptions;
  readonly #clock: Clock;
  readonly #maxPeers: number;
  #incarnation: number;
  readonly #tables: Map<number, EdgeTable> = new Map();
  /** The oldest epoch that is seen whole and not handed over yet. */
  #next: number;
  /** When the clocks were last looked at. */
  #seenNow: number;
  #seenWall: number;
  #timer: Timer | null = null;
  #dueNow = 0;
  #closed = 0;
  #leftOut = 0;
  #lost = 0;
  #jumps = 0;

  constructor(options: EpochCounterOptions) {
    const maxPeers = options.maxPeers ?? 1000;
    if (!Number.isInteger(maxPeers) || maxPeers < 1 || maxPeers > mostPeers)
      throw new RangeError(`maxPeers is ${maxPeers} and must be a whole number from 1 to ${mostPeers}`);
    if (options.viewpoints.length === 0) throw new RangeError('a counter watches at least one viewpoint');
    this.#options = options;
    this.#clock = options.clock;
    this.#maxPeers = maxPeers;
    this.#incarnation = options.incarnation;
    this.#seenNow = this.#clock.now();
    this.#seenWall = this.#clock.wall();
    this.#next = Math.ceil(this.#seenWall / epochMs);
    this.#arm();
  }

  /** Throws a RangeError for a viewpoint that is not watched and for what is no count. After `close` it does nothing. */
  count(call: CallCount): void {
    const { viewpoint, peer, failed, origin, reason, calls = 1 } = call;
    const failures = call.failures ?? (failed ? calls : 0);
    if (!this.watches(viewpoint))
      throw new RangeError(`calls are counted at ${viewpoint}, which is not watched`);
    if (!isCount(calls) || !isCount(failures))
      throw new RangeError(`${calls} calls with ${failures} failures are no whole numbers from 0`);
    if (this.#timer === null) return;
    this.#look();
    const epoch = epochOf(call.at ?? this.#seenWall);
    const current = epochOf(this.#seenWall);
    const isOpen = epoch >= this.#next && epoch > current - maxOpen && epoch <= current;
    if (!isOpen) {
      this.#lost += Math.max(calls, failures);
      return;
    }
    let table = this.#tables.get(epoch);
    if (table === undefined) this.#tables.set(epoch, (table = new EdgeTable(this.#maxPeers)));
    table.add({ viewpoint, peer, calls, failures, origin, reason });
  }

  watches(viewpoint: Viewpoint): boolean {
    return this.#options.viewpoints.includes(viewpoint);
  }

  figures(): EpochFigures {
    return { closed: this.#closed, leftOut: this.#leftOut, lost: this.#lost, jumps: this.#jumps };
  }

  /** Leaves out what has not been handed over. Calling it again does nothing. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#tables.clear();
  }

  /** Looks whether the wall clock was set since the last time, which costs all epochs that are open. */
  #look(): void {
    const now = this.#clock.now();
    const wall = this.#clock.wall();
    const jump = wall - this.#seenWall - (now - this.#seenNow);
    if (Math.abs(jump) > jumpMs) {
      this.#jumps++;
      // Also of an epoch that was over: counts of it may still be on their way, and would now have no place.
      this.#tables.clear();
      this.#leftOut += Math.max(0, epochOf(this.#seenWall) + 1 - this.#next);
      this.#next = this.#nextAfter(epochOf(this.#seenWall), wall);
    }
    this.#seenNow = now;
    this.#seenWall = wall;
  }

  /** The first epoch that is whole after the clock was set from one to the other. */
  #nextAfter(epoch: number, wall: number): number {
    const current = epochOf(wall);
    if (epoch - current > longestSilence) {
      this.#incarnation = Math.max(this.#incarnation + 1, Math.floor(wall));
      return current + 1;
    }
    // Epochs that the clock goes through a second time were told before, or are cut.
    return Math.max(epoch, current) + 1;
  }

  #arm(): void {
    const closesAt = (Math.max(this.#next, epochOf(this.#seenWall - graceMs)) + 1) * epochMs + graceMs;
    // No longer than an epoch, to see in time that the clock was set.
    const delayMs = Math.min(Math.max(closesAt - this.#seenWall, 0), epochMs);
    this.#schedule(delayMs);
  }

  #schedule(delayMs: number): void {
    this.#dueNow = this.#clock.now() + delayMs;
    this.#timer = this.#clock.after(delayMs, () => this.#tick());
  }

  #tick(): void {
    if (this.#clock.now() - this.#dueNow > lateMs) {
      this.#schedule(graceMs);
      return;
    }
    this.#look();
    this.#arm();
    this.#handOver(epochOf(this.#seenWall - graceMs) - 1);
  }

  /** All up to that epoch. */
  #handOver(last: number): void {
    const oldest = last - maxOpen + 1;
    while (this.#next <= last) {
      const epoch = this.#next++;
      const table = this.#tables.get(epoch);
      this.#tables.delete(epoch);
      if (epoch < oldest) this.#leftOut++;
      else this.#report(epoch, table ?? new EdgeTable(this.#maxPeers));
    }
  }

  #report(epoch: number, table: EdgeTable): void {
    const { node, viewpoints, onClosed } = this.#options;
    const incarnation = this.#incarnation;
    this.#closed++;
    onClosed({
      format: 1,
      node,
      incarnation,
      epoch,
      viewpoints,
      edges: table.edges(),
      totals: table.totals(),
      overflowed: table.overflowed,
    });
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

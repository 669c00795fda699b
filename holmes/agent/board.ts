/**
 * The watcher's side of the board: figures become readings, and silence becomes a figure.
 *
 * The beats are the measurements of the event loop's delay, which Node takes in C++ by itself and shares with
 * us: a beat of our own in JavaScript would cost an idle thread more than everything else here together.
 */
import type { Clock } from '../clock.ts';
import type { Readings } from '../reading.ts';
import type { Pulse } from '../subject/subject.ts';
import { Board, type Figures } from './board-memory.ts';
import { delayResolutionMs, type Joined } from './joined.ts';

/** A `Pulse` counts ten beats in a second. */
const beatMs = 100;

/** Without a measurement for so long a thread counts as stuck in its readings: three are missing, not just a late one. */
const stuckAfterMs: number = 3 * delayResolutionMs;

const nothing: Figures = {
  heapShare: 0,
  heapBytes: 0,
  externalBytes: 0,
  loopActiveMs: 0,
  loopIdleMs: 0,
  gcMs: 0,
  handles: 0,
  sockets: 0,
  exchanges: 0,
};

/** One reader for one thread: reading resets the delays. Nothing here waits. */
export class BoardReader {
  readonly #board: Board;
  readonly #delay: Joined['delay'];
  readonly #clock: Clock;
  #before: Figures;
  #sampledAt: number;
  /** Silence that the last sample has counted as busy before the thread could. */
  #countedMs = 0;

  /** Measurements before the last reset; since then those when we last looked, and those that were sampled already. */
  #earlier = 0;
  #seen = 0;
  #sampled = 0;
  /** When we last looked, when the last measurement came as far as we know, when the delays were reset. */
  #seenAt: number;
  #changedAt: number;
  #resetAt: number;
  /** Longest silence that a look has met since the last sample. */
  #longestMs = 0;

  constructor(joined: Joined, clock: Clock) {
    this.#board = new Board(joined.memory);
    this.#delay = joined.delay;
    this.#clock = clock;
    this.#before = this.#board.figures() ?? nothing;
    const now = clock.now();
    this.#sampledAt = this.#seenAt = this.#changedAt = this.#resetAt = now;
    this.#delay.reset();
  }

  /** Also shows the thread that somebody looks. `null`: it has not said anything yet. */
  pulse(): Pulse | null {
    this.#board.look();
    this.#look(this.#clock.now());
    const figures = this.#board.figures();
    if (figures === null) return null;
    const lastWords = this.#board.lastWords;
    return {
      beats: 1 + Math.floor(((this.#earlier + this.#seen) * delayResolutionMs) / beatMs),
      heap: figures.heapShare,
      lastWords,
      error: lastWords === 'none' ? '' : this.#board.error,
    };
  }

  /** Rates and delays count from the last call, the first from the construction. */
  sample(): Readings {
    const now = this.#clock.now();
    const silentMs = this.#look(now);
    const stuckMs = silentMs >= stuckAfterMs ? silentMs : 0;
    const figures = this.#board.figures();
    if (figures === null) return {};
    const readings = {
      heap: figures.heapShare,
      heap_bytes: figures.heapBytes,
      external_bytes: figures.externalBytes,
      handles: figures.handles,
      async_resources: figures.handles + figures.exchanges,
      sockets: figures.sockets,
      ...this.#rates(figures, now - this.#sampledAt, stuckMs),
      ...this.#delays(stuckMs),
    };
    this.#sampled = this.#seen;
    this.#longestMs = 0;
    // A reset loses the measurement that is under way: one that is overdue is going to tell of a stall.
    if (silentMs <= 2 * delayResolutionMs) this.#reset(now);
    this.#before = figures;
    this.#sampledAt = now;
    this.#countedMs = stuckMs;
    return readings;
  }

  /** Asks the thread to find out for so long where things are made; it begins as soon as its event loop turns. */
  arm(ms: number): void {
    this.#board.arm(ms);
  }

  /** A thread in its last words need not wait longer. */
  letGo(): void {
    this.#board.release();
  }

  /** Takes note of new measurements; how long the last one lies back, in milliseconds. */
  #look(now: number): number {
    const count = this.#delay.count;
    if (count !== this.#seen) {
      this.#changedAt = now - Math.max(0, Math.min(this.#uncoveredMs(count, now), now - this.#seenAt));
      this.#seen = count;
    }
    this.#seenAt = now;
    const silentMs = now - this.#changedAt;
    this.#longestMs = Math.max(this.#longestMs, silentMs);
    return silentMs;
  }

  /**
   * Somebody who looks often sees when measurements come. Else: the time that they do not cover, unless we met a silence
   * right after a reset, of which they tell nothing.
   */
  #uncoveredMs(count: number, now: number): number {
    const often = now - this.#seenAt <= stuckAfterMs;
    const untold = this.#seen === 0 && this.#seenAt > this.#resetAt;
    return often || untold ? 0 : now - this.#resetAt - this.#coveredMs(count);
  }

  /** From the reset to the last measurement; the first one after a reset is not in the histogram. */
  #coveredMs(count: number): number {
    return delayResolutionMs + (count === 0 ? 0 : (count * this.#delay.mean) / 1e6);
  }

  #reset(now: number): void {
    this.#earlier += this.#seen;
    this.#seen = 0;
    this.#sampled = 0;
    this.#resetAt = now;
    this.#delay.reset();
  }

  #rates(figures: Figures, elapsedMs: number, stuckMs: number): Readings {
    const before = this.#before;
    const publishedMs = figures.loopActiveMs - before.loopActiveMs;
    const active = publishedMs - Math.min(this.#countedMs, publishedMs) + Math.min(stuckMs, elapsedMs);
    const idle = figures.loopIdleMs - before.loopIdleMs;
    return {
      ...(active + idle > 0 && { event_loop_utilization: Math.min(1, active / (active + idle)) }),
      ...(elapsedMs > 0 && { gc_pause: Math.min(1, Math.max(0, figures.gcMs - before.gcMs) / elapsedMs) }),
    };
  }

  /**
   * The histogram holds the time between two measurements, so the resolution comes off. A thread that is stuck now has
   * not measured that yet: its silence counts as one more measurement.
   */
  #delays(stuckMs: number): Readings {
    const count = this.#seen;
    if (count === this.#sampled)
      return stuckMs === 0
        ? {}
        : { event_loop_delay_p50: stuckMs, event_loop_delay_p99: stuckMs, event_loop_delay_max: stuckMs };
    const percentile = (share: number): number =>
      Math.max(0, this.#delay.percentile(share) / 1e6 - delayResolutionMs);
    return {
      event_loop_delay_p50: percentile(50),
      event_loop_delay_p99: count < 100 ? Math.max(percentile(99), stuckMs) : percentile(99),
      event_loop_delay_max: Math.max(percentile(100), this.#longestMs >= stuckAfterMs ? this.#longestMs : 0),
    };
  }
}

/**
 * The place of one data thread: watches whoever sits there, ends it when it is stuck for too long, and seats another one
 * when it is gone. The number of the seat is the number of the thread, stable over replacements.
 */
import type { Clock, Timer } from '../base/index.ts';
import type { DataThread } from './data-thread.ts';
import { RestartBackoff } from './restart-backoff.ts';
import type { ThreadExit } from './thread-exit.ts';

export interface SeatOptions {
  readonly thread: number;
  readonly clock: Clock;
  /** Silence after which a thread is reported as stalled. */
  readonly stallAfterMs: number;
  /** Silence after which it is replaced; 0: never. */
  readonly stallRestartMs: () => number;
  /** A worker that has not beaten once by then is replaced. */
  readonly startTimeoutMs: number;
  /**
   * Whether a replacement may start while its predecessor is still stuck in native code: it could not bind the same
   * address without SO_REUSEPORT. Even then only one such leftover is tolerated.
   */
  readonly overlap: boolean;
  readonly spawn: () => DataThread;
  readonly events: SeatEvents;
}

export interface SeatEvents {
  stalled(thread: DataThread, silentMs: number): void;
  /** It beats again after `silentMs`. */
  recovered(thread: DataThread, silentMs: number): void;
  /** `restartInMs`: when the replacement starts; `null` if there will be none. */
  ended(thread: DataThread, exit: ThreadExit, restartInMs: number | null): void;
}

export interface Replacement {
  readonly exit: ThreadExit;
  /** Unix milliseconds. */
  readonly atMs: number;
}

export class ThreadSeat {
  readonly thread: number;
  readonly #options: SeatOptions;
  readonly #backoff = new RestartBackoff();
  #current: DataThread | null = null;
  #restarts = 0;
  #lastReplacement: Replacement | null = null;
  #restartTimer: Timer | null = null;
  /** The wait is over; only predecessors that have not ended yet hold the replacement back. */
  #due = false;
  #unfinished = 0;
  #retired = false;
  #stalledMs = 0;

  constructor(options: SeatOptions) {
    this.thread = options.thread;
    this.#options = options;
  }

  /** Who sits there; a dead thread until its replacement starts. */
  get current(): DataThread | null {
    return this.#current;
  }

  /** Nobody sits there, and no predecessor is left whose worker has not ended. */
  get empty(): boolean {
    return this.#unfinished === 0 && (this.#current?.isGone ?? true);
  }

  get restarts(): number {
    return this.#restarts;
  }

  get lastReplacement(): Replacement | null {
    return this.#lastReplacement;
  }

  start(): void {
    this.#current = this.#options.spawn();
  }

  /** From now on nobody who leaves is replaced. */
  retire(): void {
    this.#retired = true;
    this.#due = false;
    this.#restartTimer?.cancel();
  }

  /** Called regularly; finds out whether the thread is stuck, and acts. */
  look(nowMs: number): void {
    const thread = this.#current;
    if (thread === null || thread.state === 'dead') return;
    const silentMs = thread.look(nowMs);
    if (!thread.hasBeaten) this.#lookAtStart(thread, nowMs);
    else if (silentMs > this.#options.stallAfterMs) this.#lookAtStall(thread, silentMs);
    else if (thread.state === 'stalled') {
      thread.stalled = false;
      this.#options.events.recovered(thread, this.#stalledMs);
    }
  }

  /** To be called with the exit of each thread that `spawn` made. */
  ended(thread: DataThread, exit: ThreadExit): void {
    this.#unfinished++;
    void thread.gone.then(() => {
      this.#unfinished--;
      this.#seatIfFree();
    });
    const delayMs = this.#retired ? null : this.#backoff.next(this.#options.clock.now() - thread.startedAtMs);
    this.#options.events.ended(thread, exit, delayMs);
    if (delayMs === null || this.#retired) return;
    this.#lastReplacement = { exit, atMs: this.#options.clock.wall() };
    if (delayMs === 0) this.#becomeDue();
    else this.#restartTimer = this.#options.clock.after(delayMs, () => this.#becomeDue());
  }

  #lookAtStart(thread: DataThread, nowMs: number): void {
    const waitedMs = nowMs - thread.startedAtMs;
    if (waitedMs > this.#options.startTimeoutMs) void thread.terminate({ kind: 'start-timeout', waitedMs });
  }

  #lookAtStall(thread: DataThread, silentMs: number): void {
    this.#stalledMs = silentMs;
    if (thread.state !== 'stalled') {
      thread.stalled = true;
      this.#options.events.stalled(thread, silentMs);
    }
    const stallRestartMs = this.#options.stallRestartMs();
    if (stallRestartMs > 0 && silentMs >= stallRestartMs) {
      void thread.terminate({ kind: 'stall', stalledMs: silentMs });
    }
  }

  #becomeDue(): void {
    this.#due = true;
    this.#seatIfFree();
  }

  #seatIfFree(): void {
    const tolerated = this.#options.overlap ? 1 : 0;
    if (!this.#due || this.#retired || this.#unfinished > tolerated) return;
    this.#due = false;
    this.#restarts++;
    this.start();
  }
}

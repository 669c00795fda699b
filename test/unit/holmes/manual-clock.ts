/** A clock that moves only when told to, so that a test decides when a timer fires and when the wall clock jumps. */
import type { Clock, Timer } from '../../../holmes/clock.ts';

interface Pending {
  dueMs: number;
  /** 0: fires once. */
  readonly periodMs: number;
  readonly run: () => void;
}

export class ManualClock implements Clock {
  #nowMs = 0;
  #wallMs: number;
  readonly #pending = new Set<Pending>();

  constructor(wallMs: number = Date.UTC(2026, 10, 20, 9, 0, 0)) {
    this.#wallMs = wallMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wall(): number {
    return this.#wallMs;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#add({ dueMs: this.#nowMs + Math.max(0, delayMs), periodMs: 0, run });
  }

  every(periodMs: number, run: () => void): Timer {
    if (!(periodMs > 0)) throw new RangeError(`a period lasts longer than ${periodMs} ms`);
    return this.#add({ dueMs: this.#nowMs + periodMs, periodMs, run });
  }

  /** How many timers wait: 0 after everything was closed. */
  get timers(): number {
    return this.#pending.size;
  }

  /** Lets `ms` pass; whatever falls due on the way runs at its own time, in order, also what is set on the way. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#moveTo(Math.max(this.#nowMs, next.dueMs));
      if (next.periodMs > 0) next.dueMs += next.periodMs;
      else this.#pending.delete(next);
      next.run();
    }
    this.#moveTo(endMs);
  }

  /** Lets `ms` pass in steps, so that what waits for promises between timers gets its turn. */
  async pass(ms: number, stepMs: number = 50): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.advance(Math.min(stepMs, left));
      await turn();
    }
  }

  /** Nothing ran for `ms`, as after SIGSTOP or a suspended machine: each timer that fell due runs once, late. */
  freeze(ms: number): void {
    this.#moveTo(this.#nowMs + ms);
    const late = [...this.#pending].filter(({ dueMs }) => dueMs <= this.#nowMs);
    for (const timer of late.sort((a, b) => a.dueMs - b.dueMs)) {
      if (!this.#pending.has(timer)) continue;
      if (timer.periodMs > 0) timer.dueMs = this.#nowMs + timer.periodMs;
      else this.#pending.delete(timer);
      timer.run();
    }
  }

  /** Sets the wall clock forward or back, as an administrator or NTP does; monotonic time goes on. */
  jumpWall(ms: number): void {
    this.#wallMs += ms;
  }

  #add(timer: Pending): Timer {
    this.#pending.add(timer);
    return { cancel: () => void this.#pending.delete(timer) };
  }

  #next(endMs: number): Pending | undefined {
    let next: Pending | undefined;
    for (const timer of this.#pending) {
      if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }

  #moveTo(nowMs: number): void {
    this.#wallMs += nowMs - this.#nowMs;
    this.#nowMs = nowMs;
  }
}

/** Everything that is ready has run. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

import type { Clock, Timer } from './clock.ts';

interface Pending {
  at: number;
  readonly periodMs: number;
  readonly run: () => void;
}

/** A clock that moves only when told to, with its timers firing in order of their due time. For tests and simulations. */
export class ManualClock implements Clock {
  readonly #wallOriginMs: number;
  #nowMs = 0;
  #pending: Pending[] = [];

  constructor(wallOriginMs: number = Date.UTC(2026, 0, 1)) {
    this.#wallOriginMs = wallOriginMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wall(): number {
    return this.#wallOriginMs + this.#nowMs;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#add(delayMs, 0, run);
  }

  every(periodMs: number, run: () => void): Timer {
    return this.#add(periodMs, periodMs, run);
  }

  /** How many timers wait. */
  get pendingTimers(): number {
    return this.#pending.length;
  }

  /** Moves time by `ms`, running every timer that falls due on the way at its own time. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (;;) {
      let next: Pending | undefined;
      for (const timer of this.#pending) {
        if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
      }
      if (next === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, next.at);
      if (next.periodMs > 0) next.at += next.periodMs;
      else this.#remove(next);
      next.run();
    }
    this.#nowMs = end;
  }

  #add(delayMs: number, periodMs: number, run: () => void): Timer {
    const timer: Pending = { at: this.#nowMs + Math.max(0, delayMs), periodMs, run };
    this.#pending.push(timer);
    return { cancel: () => this.#remove(timer) };
  }

  #remove(timer: Pending): void {
    this.#pending = this.#pending.filter((other) => other !== timer);
  }
}

/**
 * How old a capture is when the wall clock cannot be trusted. A clock that jumps a year ahead for a minute must not
 * make every capture old enough to be removed, so three things must agree: the wall clock now, the wall clock when this
 * process first saw the capture plus the monotonic time since, and nothing counts as old in the first hour of a store,
 * in which a clock that was wrong at start is usually set right.
 */
import type { Clock } from '../clock.ts';

const settlingMs = 3600 * 1000;

export interface FirstLook {
  /** Monotonic. */
  readonly now: number;
  /** By the wall clock then; 0 for a capture made now. */
  readonly ageMs: number;
}

export class Ages {
  readonly #clock: Clock;
  readonly #openedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#openedAt = clock.now();
  }

  /** Of a capture that was there already; `at` in unix milliseconds. */
  found(at: number): FirstLook {
    return { now: this.#clock.now(), ageMs: Math.max(0, this.#clock.wall() - at) };
  }

  made(): FirstLook {
    return { now: this.#clock.now(), ageMs: 0 };
  }

  /** Milliseconds; 0 in the store's first hour. */
  of(at: number, first: FirstLook): number {
    const now = this.#clock.now();
    if (now - this.#openedAt < settlingMs) return 0;
    return Math.max(0, Math.min(this.#clock.wall() - at, first.ageMs + now - first.now));
  }
}

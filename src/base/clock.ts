/**
 * Time as a parameter. Everything that measures or schedules takes a `Clock`, so that a test can move time by hand
 * and no code reads the machine's clock behind its caller's back.
 */

import { performance } from 'node:perf_hooks';

/** A cancellable timer, as `Clock.after` and `Clock.every` return it. */
export interface Timer {
  /** Cancels it; calling it again does nothing. */
  cancel(): void;
}

export interface Clock {
  /** Monotonic milliseconds with a fraction, from an arbitrary origin: for durations and deadlines. */
  now(): number;
  /** Unix milliseconds: for what people and other machines read. May jump. */
  wall(): number;
  /** Calls `run` once after `delayMs`. Does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer;
  /** Calls `run` every `periodMs`. Does not keep the process alive. */
  every(periodMs: number, run: () => void): Timer;
}

/** The machine's clock and timers. */
// Imported, not global: the global is an accessor that costs as much again as the call.
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
  every(periodMs, run) {
    const timer = setInterval(run, periodMs).unref();
    return { cancel: () => clearInterval(timer) };
  },
};

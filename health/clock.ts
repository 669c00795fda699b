/**
 * Time as a parameter, in the shape that the proxy's own clock has: health stands alone, so it asks for one instead of
 * importing it. Everything that measures or schedules here takes a `Clock`.
 */
import { performance } from 'node:perf_hooks';

/** A cancellable timer. */
export interface Timer {
  /** Cancels it; calling it again does nothing. */
  cancel(): void;
}

export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin: for durations. Never jumps. */
  now(): number;
  /** Unix milliseconds: for what people read. May jump. */
  wall(): number;
  /** Calls `run` once after `delayMs`. Does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer;
  /** Calls `run` every `periodMs`. Does not keep the process alive. */
  every(periodMs: number, run: () => void): Timer;
}

/** The machine's clock and timers. */
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

/**
 * Tells a stuck thread from a live one by whether its beat counter moves. Silence is summed up from look to look, and
 * one look adds a bounded step: when the watcher itself did not run (SIGSTOP, a suspended machine, a long collection of
 * its own), the time in which nobody looked is not held against the watched thread, which may have been stopped as well.
 */
export class StallWatch {
  readonly #maxStepMs: number;
  #beats = Number.NaN;
  #lookedAtMs = 0;
  #silentMs = 0;

  /** `maxStepMs`: most that one look adds; a beat comes every 100 ms, so less than that would see only part of a stall. */
  constructor(maxStepMs: number = 200) {
    if (!(maxStepMs > 0)) throw new RangeError(`a step lasts longer than ${maxStepMs} ms`);
    this.#maxStepMs = maxStepMs;
  }

  /**
   * For how long the beats have not moved, in milliseconds, as far as it was watched; 0 at the first look. `nowMs` is
   * monotonic. A counter that went back is another thread's, and counts as moved.
   */
  look(beats: number, nowMs: number): number {
    const stepMs = Math.min(Math.max(0, nowMs - this.#lookedAtMs), this.#maxStepMs);
    this.#silentMs = beats === this.#beats ? this.#silentMs + stepMs : 0;
    this.#beats = beats;
    this.#lookedAtMs = nowMs;
    return this.#silentMs;
  }

  /** As of the last look. */
  get silentMs(): number {
    return this.#silentMs;
  }
}

/** How many captures rules may take in any minute, all subjects together: a burst of faults must not become a load. */

const windowMs = 60_000;

/** A sliding window over monotonic milliseconds: unlike a count that is cleared each minute it has no seam to slip through. */
export class CaptureBudget {
  #perMinute: number;
  /** When captures were taken within the last minute, oldest first: at most as many as were allowed. */
  #taken: number[] = [];

  /** `perMinute`: 0 allows none. */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** True when there was one left; then it is taken. */
  take(nowMs: number): boolean {
    if (this.used(nowMs) >= this.#perMinute) return false;
    this.#taken.push(nowMs);
    return true;
  }

  /** Taken in the minute before `nowMs`. */
  used(nowMs: number): number {
    this.#taken = this.#taken.filter((atMs) => atMs > nowMs - windowMs);
    return this.#taken.length;
  }

  /** What was taken already counts against the new limit. */
  configure(perMinute: number): void {
    this.#perMinute = perMinute;
  }

  get perMinute(): number {
    return this.#perMinute;
  }
}

/**
 * Tells a thread that is stuck from one that is alive, by looking whether its heartbeat counter moved. Silence is summed
 * up from look to look and a single step counts only so much: when the watcher itself was stopped (SIGSTOP, a suspended
 * machine, a long garbage collection), the time in which nobody looked is not held against the watched.
 */
export class BeatWatch {
  readonly #maxStepMs: number;
  #beat: number;
  #lookedAtMs: number;
  #silentMs = 0;

  /** `maxStepMs`: most that one look adds to the silence; twice the period of the looks is good. */
  constructor(options: { beat: number; nowMs: number; maxStepMs: number }) {
    this.#beat = options.beat;
    this.#lookedAtMs = options.nowMs;
    this.#maxStepMs = options.maxStepMs;
  }

  /** For how long the beat has not moved, in milliseconds, as far as it was watched. */
  look(beat: number, nowMs: number): number {
    const step = Math.min(nowMs - this.#lookedAtMs, this.#maxStepMs);
    this.#lookedAtMs = nowMs;
    this.#silentMs = beat === this.#beat ? this.#silentMs + step : 0;
    this.#beat = beat;
    return this.#silentMs;
  }

  get silentMs(): number {
    return this.#silentMs;
  }
}

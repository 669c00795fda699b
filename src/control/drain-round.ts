/** All data threads finishing what runs: collects their answers until each has given one or cannot be waited for. */

export interface DrainOutcome {
  /** Connections that were cut at the deadline. */
  readonly cut: number;
  /** Threads that died or did not answer. */
  readonly unanswered: readonly number[];
}

export class DrainRound {
  readonly outcome: Promise<DrainOutcome>;
  readonly #awaited: Set<number>;
  readonly #unanswered: number[] = [];
  readonly #resolve: (outcome: DrainOutcome) => void;
  #cut = 0;

  constructor(threads: Iterable<number>) {
    this.#awaited = new Set(threads);
    const { promise, resolve } = Promise.withResolvers<DrainOutcome>();
    this.outcome = promise;
    this.#resolve = resolve;
    this.#finishIfDone();
  }

  drained(thread: number, cut: number): void {
    if (!this.#awaited.delete(thread)) return;
    this.#cut += cut;
    this.#finishIfDone();
  }

  died(thread: number): void {
    if (!this.#awaited.delete(thread)) return;
    this.#unanswered.push(thread);
    this.#finishIfDone();
  }

  /** The deadline has passed. */
  giveUp(): void {
    this.#unanswered.push(...this.#awaited);
    this.#awaited.clear();
    this.#finishIfDone();
  }

  #finishIfDone(): void {
    if (this.#awaited.size === 0) this.#resolve({ cut: this.#cut, unanswered: this.#unanswered });
  }
}

/** What happens to a share of the calls: one by one, or several in a row as when a connection or a lock is to blame. */

export interface ChanceOptions {
  /** Of all calls, 0 to 1. */
  readonly share: number;
  /** How many in a row, on average; 1, the default: each by itself. */
  readonly burst?: number;
}

export class Chance {
  /** Of a call to be struck, after one that was not and after one that was. */
  readonly #begin: number;
  readonly #goOn: number;
  readonly #random: () => number;
  #isRunning = false;

  constructor({ share, burst = 1 }: ChanceOptions, random: () => number = Math.random) {
    const isSingle = burst <= 1 || share >= 1;
    this.#random = random;
    this.#goOn = isSingle ? share : 1 - 1 / burst;
    // Runs of `burst` calls begin so often among the others that the share comes out.
    this.#begin = isSingle ? share : Math.min(1, share / (burst * (1 - share)));
  }

  /** Whether it happens to this call. */
  strikes(): boolean {
    this.#isRunning = this.#random() < (this.#isRunning ? this.#goOn : this.#begin);
    return this.#isRunning;
  }
}

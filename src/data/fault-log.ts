/** Tells of faults of one kind without letting a burst of them flood the log: one line, then their number. */
import type { Clock } from '../base/index.ts';

const quietMs = 10_000;

export class FaultLog {
  readonly #clock: Clock;
  readonly #write: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  #quietUntilMs = Number.NEGATIVE_INFINITY;
  #unsaid = 0;

  constructor(clock: Clock, write: (message: string, fields: Readonly<Record<string, unknown>>) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  /** Writes one line in ten seconds at most; it says how many went before it unsaid. */
  report(message: string, fields: Readonly<Record<string, unknown>>): void {
    const now = this.#clock.now();
    if (now < this.#quietUntilMs) {
      this.#unsaid++;
      return;
    }
    this.#write(message, this.#unsaid === 0 ? fields : { ...fields, unsaid: this.#unsaid });
    this.#quietUntilMs = now + quietMs;
    this.#unsaid = 0;
  }
}

/** Who wants to hear of something. One that throws is reported and does not keep the others from hearing. */
import type { HealthLog } from '../log.ts';
import { reasonOf } from './answer.ts';

export class Listeners<T> {
  readonly #listeners = new Set<{ readonly hear: (value: T) => void }>();
  readonly #log: HealthLog;

  constructor(log: HealthLog) {
    this.#log = log;
  }

  /** Returns what takes it back. */
  add(hear: (value: T) => void): () => void {
    const entry = { hear };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** Tells all that are there at this moment. */
  tell(value: T): void {
    for (const { hear } of [...this.#listeners]) {
      try {
        hear(value);
      } catch (error) {
        this.#log.warn('a health listener failed', { error: reasonOf(error) });
      }
    }
  }
}

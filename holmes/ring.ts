/**
 * The last samples of one subject, in typed arrays: a sample costs no garbage however long the program runs. Rules
 * compare a new reading with what is in here, so the new sample is pushed after it was judged.
 */
import { ReadingName, type Readings, type RingView } from './reading.ts';

export class Ring {
  readonly #capacity: number;
  readonly #times: Float64Array;
  /** Made when a reading first turns up: a thread has no `rss`, the process no `heap`. */
  readonly #values = new Map<ReadingName, Float64Array>();
  #length = 0;
  /** Where the next sample goes. */
  #next = 0;

  /** Throws a RangeError when `capacity` is not a whole number from 1 to 100,000. */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > 100_000) {
      throw new RangeError(`a ring holds 1 to 100,000 samples, not ${capacity}`);
    }
    this.#capacity = capacity;
    this.#times = new Float64Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Adds a sample; when the ring is full the oldest goes. `at`: Unix milliseconds. What is not finite counts as missing. */
  push(at: number, readings: Readings): void {
    const slot = this.#next;
    this.#times[slot] = at;
    for (const values of this.#values.values()) values[slot] = Number.NaN;
    for (const name of ReadingName) {
      const value = readings[name];
      if (value !== undefined && Number.isFinite(value)) this.#column(name)[slot] = value;
    }
    this.#next = (slot + 1) % this.#capacity;
    this.#length = Math.min(this.#length + 1, this.#capacity);
  }

  /** A copy, oldest first. A reading is in it when it was ever pushed. */
  view(subject: string): RingView {
    const values: Partial<Record<ReadingName, readonly number[]>> = {};
    for (const name of ReadingName) {
      const column = this.#values.get(name);
      if (column !== undefined) values[name] = this.#inOrder(column);
    }
    return { subject, times: this.#inOrder(this.#times), values };
  }

  /** A copy, oldest first, without the samples in which the reading is missing. */
  valuesOf(name: ReadingName): readonly number[] {
    const column = this.#values.get(name);
    return column === undefined ? [] : this.#inOrder(column).filter((value) => !Number.isNaN(value));
  }

  #column(name: ReadingName): Float64Array {
    let column = this.#values.get(name);
    if (column === undefined) {
      column = new Float64Array(this.#capacity).fill(Number.NaN);
      this.#values.set(name, column);
    }
    return column;
  }

  #inOrder(column: Float64Array): number[] {
    if (this.#length < this.#capacity) return Array.from(column.subarray(0, this.#length));
    return [...column.subarray(this.#next), ...column.subarray(0, this.#next)];
  }
}

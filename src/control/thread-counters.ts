/**
 * Reads single figures out of all threads' counters: for outlier detection, which compares endpoints, and for the admin
 * plane. A counter keeps what threads that are gone have counted; a gauge counts only those that live.
 */
import type { CounterStore } from '../telemetry/index.ts';

export class ThreadCounters {
  readonly #live = new Map<number, CounterStore>();
  #retired: Float64Array = new Float64Array(0);

  add(thread: number, store: CounterStore): void {
    this.#live.set(thread, store);
  }

  /** Keeps what it counted, as far as slots are `used`. To be called when it has ended. */
  retire(thread: number, used: number): void {
    const store = this.#live.get(thread);
    if (store === undefined) return;
    this.#live.delete(thread);
    if (this.#retired.length < used) {
      const larger = new Float64Array(used);
      larger.set(this.#retired);
      this.#retired = larger;
    }
    for (let slot = 0; slot < used; slot++) this.#retired[slot]! += store.get(slot);
  }

  /** Of a counter. */
  total(slot: number): number {
    return (this.#retired[slot] ?? 0) + this.now(slot);
  }

  /** The sum of `count` neighbouring counters. */
  totalOf(slot: number, count: number): number {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += this.total(slot + i);
    return sum;
  }

  /** Of a gauge. */
  now(slot: number): number {
    let sum = 0;
    for (const store of this.#live.values()) sum += store.get(slot);
    return sum;
  }
}

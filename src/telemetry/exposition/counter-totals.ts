/**
 * What all data threads have counted together, the replaced ones included. A store is read as it is at the moment of
 * `refresh`; when a thread has ended, what it counted is folded into retired totals, so that a counter never runs
 * backwards, while its gauges go with it.
 */
import { type Block, slotsOf } from '../block.ts';
import { threadBlock } from '../catalogue.ts';
import type { CounterStore } from '../counter-store.ts';
import type { SlotDirectory } from '../slot-directory.ts';

/** The thread block of one thread number, over all threads that have carried this number. */
export interface ThreadReading {
  readonly thread: number;
  /** False: the thread is gone and only its counters remain. */
  readonly live: boolean;
  readonly values: Float64Array;
}

export class CounterTotals {
  readonly #directory: SlotDirectory;
  readonly #stores = new Map<number, CounterStore>();
  readonly #retiredThreads = new Map<number, Float64Array>();
  readonly #retired: Float64Array;
  readonly #totals: Float64Array;
  #threads: readonly ThreadReading[] = [];

  constructor(directory: SlotDirectory) {
    this.#directory = directory;
    this.#retired = new Float64Array(directory.capacity);
    this.#totals = new Float64Array(directory.capacity);
  }

  add(thread: number, store: CounterStore): void {
    if (this.#stores.has(thread)) throw new Error(`thread ${thread} has counters already; retire them first`);
    this.#stores.set(thread, store);
  }

  /** Folds the thread's counters. Call it when the thread has ended: what is counted later is not seen. */
  retire(thread: number): void {
    const store = this.#stores.get(thread);
    if (store === undefined) return;
    this.#stores.delete(thread);
    let own = this.#retiredThreads.get(thread);
    if (own === undefined) {
      own = new Float64Array(threadBlock.size);
      this.#retiredThreads.set(thread, own);
    }
    foldCounters(threadBlock, 0, store.values, own);
    for (const { block, base } of this.#directory.entities()) {
      foldCounters(block, base, store.values, this.#retired);
    }
  }

  /** Reads every store. What `totals` and `threads` return is of one moment until the next call. */
  refresh(): void {
    const used = this.#directory.used;
    this.#totals.set(this.#retired.subarray(0, used));
    for (const { values } of this.#stores.values()) {
      const end = Math.min(used, values.length);
      for (let slot = threadBlock.size; slot < end; slot++) this.#totals[slot]! += values[slot]!;
    }
    this.#threads = this.#readThreads();
  }

  /** Indexed by slot; the slots of the thread block hold nothing here. */
  get totals(): Float64Array {
    return this.#totals;
  }

  /** By thread number, ascending. */
  get threads(): readonly ThreadReading[] {
    return this.#threads;
  }

  #readThreads(): ThreadReading[] {
    const numbers = new Set([...this.#retiredThreads.keys(), ...this.#stores.keys()]);
    return [...numbers]
      .sort((a, b) => a - b)
      .map((thread) => {
        const store = this.#stores.get(thread);
        const values = new Float64Array(threadBlock.size);
        values.set(this.#retiredThreads.get(thread) ?? []);
        if (store !== undefined) {
          for (let slot = 0; slot < values.length; slot++) values[slot]! += store.get(slot);
        }
        return { thread, live: store !== undefined, values };
      });
  }
}

function foldCounters(block: Block, base: number, from: Float64Array, into: Float64Array): void {
  for (const metric of block.metrics) {
    if (metric.type === 'gauge') continue;
    const start = base + metric.offset;
    const end = start + slotsOf(metric);
    for (let slot = start; slot < end; slot++) into[slot]! += from[slot] ?? 0;
  }
}

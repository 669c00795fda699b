/** What a data thread says of itself in shared memory, so that it can be read while the thread is stuck. */
import { getHeapStatistics } from 'node:v8';
import type { Clock } from '../base/index.ts';
import { type CounterStore, ThreadSlot } from '../telemetry/index.ts';

const beatMs = 100;
const beatsPerReading = 10;

export class Heartbeat {
  readonly #clock: Clock;
  readonly #counters: CounterStore;
  /** Microseconds on a core, and when they were read. */
  #cpu = 0;
  #readAtMs: number;
  #beats = 0;
  #expectedMs: number;
  #maxDelayMs = 0;

  constructor(clock: Clock, counters: CounterStore) {
    this.#clock = clock;
    this.#counters = counters;
    this.#readAtMs = clock.now();
    this.#expectedMs = this.#readAtMs + beatMs;
    this.#read();
  }

  start(): void {
    this.#clock.every(beatMs, () => this.#beat());
  }

  #beat(): void {
    const now = this.#clock.now();
    this.#maxDelayMs = Math.max(this.#maxDelayMs, now - this.#expectedMs);
    this.#expectedMs = now + beatMs;
    this.#counters.add(ThreadSlot.heartbeat, 1);
    if (++this.#beats % beatsPerReading === 0) this.#read();
  }

  #read(): void {
    const counters = this.#counters;
    counters.set(ThreadSlot.utilization, this.#cpuShare());
    const heap = getHeapStatistics();
    counters.set(ThreadSlot.heapUsed, heap.used_heap_size);
    counters.set(ThreadSlot.heapLimit, heap.heap_size_limit);
    counters.set(ThreadSlot.externalMemory, heap.external_memory);
    counters.set(ThreadSlot.loopDelayMax, this.#maxDelayMs / 1000);
    this.#maxDelayMs = 0;
  }

  /**
   * Share of a core since the last time. Not the event loop's own figure of how busy it is: the signals of a CPU profiler
   * interrupt its waiting, of which then only the last piece counts as idle, and an idle thread looks half busy.
   */
  #cpuShare(): number {
    const { user, system } = process.threadCpuUsage();
    const now = this.#clock.now();
    const elapsedMs = now - this.#readAtMs;
    const share = elapsedMs > 0 ? (user + system - this.#cpu) / 1000 / elapsedMs : 0;
    this.#cpu = user + system;
    this.#readAtMs = now;
    return Math.min(1, share);
  }
}

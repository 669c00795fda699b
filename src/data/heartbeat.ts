/** What a data thread says of itself in shared memory, so that it can be read while the thread is stuck. */
import { getHeapStatistics } from 'node:v8';
import type { Clock } from '../base/index.ts';
import { type CounterStore, ThreadSlot } from '../telemetry/index.ts';

const beatMs = 100;
const beatsPerReading = 10;

export class Heartbeat {
  readonly #clock: Clock;
  readonly #counters: CounterStore;
  #utilization = performance.eventLoopUtilization();
  #beats = 0;
  #expectedMs: number;
  #maxDelayMs = 0;

  constructor(clock: Clock, counters: CounterStore) {
    this.#clock = clock;
    this.#counters = counters;
    this.#expectedMs = clock.now() + beatMs;
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
    const utilization = performance.eventLoopUtilization();
    counters.set(
      ThreadSlot.utilization,
      performance.eventLoopUtilization(utilization, this.#utilization).utilization,
    );
    this.#utilization = utilization;
    const heap = getHeapStatistics();
    counters.set(ThreadSlot.heapUsed, heap.used_heap_size);
    counters.set(ThreadSlot.heapLimit, heap.heap_size_limit);
    counters.set(ThreadSlot.externalMemory, heap.external_memory);
    counters.set(ThreadSlot.loopDelayMax, this.#maxDelayMs / 1000);
    this.#maxDelayMs = 0;
  }
}

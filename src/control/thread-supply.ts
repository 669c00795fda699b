/**
 * Starts the workers of the data threads, the first ones as soon as it is made, and owns what all of them share: which
 * slot counts what, and the gauges of the circuit breakers. Needs little code, so that it can come first at a start.
 */
import { BreakerGauges } from '../cluster/index.ts';
import type { Config } from '../config/index.ts';
import { SlotDirectory } from '../telemetry/index.ts';
import { resolveThreadCount } from './platform.ts';
import { ThreadWorker } from './thread-worker.ts';

export class ThreadSupply {
  readonly directory: SlotDirectory = new SlotDirectory();
  readonly gauges: BreakerGauges = new BreakerGauges();
  /** The first of each thread. */
  readonly workers: readonly ThreadWorker[];
  /** For the log, when there are not as many threads as the configuration asks for; else `null`. */
  readonly warning: string | null;
  readonly #entry: URL;
  readonly #heapBytes: number;
  readonly #count: number;

  constructor(config: Config, entry: URL) {
    const { count, warning } = resolveThreadCount(config.dataThreads);
    this.#entry = entry;
    this.#heapBytes = config.threadHeapBytes;
    this.#count = count;
    this.warning = warning;
    this.workers = Array.from({ length: count }, (_, index) => this.spawn(index + 1));
  }

  spawn(thread: number): ThreadWorker {
    return new ThreadWorker({
      thread,
      threads: this.#count,
      entry: this.#entry,
      counterSlots: this.directory.capacity,
      breakers: this.gauges.memory,
      heapBytes: this.#heapBytes,
    });
  }
}

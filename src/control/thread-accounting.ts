/**
 * What happens to a data thread's counters: they are shown while it lives; when it ends, what they counted stays, and
 * what it held of the limits that all threads share is given back.
 */
import type { BreakerGauges } from '../cluster/index.ts';
import type { ControlMetrics, Exposition, ThreadReplacementReason } from '../telemetry/control.ts';
import { CounterStore, clusterBlock, type SlotDirectory } from '../telemetry/index.ts';
import type { ThreadCounters } from './thread-counters.ts';
import type { ThreadExit } from './thread-exit.ts';

export interface ThreadAccountingOptions {
  readonly directory: SlotDirectory;
  readonly gauges: BreakerGauges;
  readonly counters: ThreadCounters;
  readonly exposition: Exposition;
  readonly metrics: Pick<ControlMetrics, 'threadReplaced'>;
}

export class ThreadAccounting {
  readonly #options: ThreadAccountingOptions;
  readonly #stores = new Map<number, CounterStore>();

  constructor(options: ThreadAccountingOptions) {
    this.#options = options;
  }

  started(thread: number, memory: SharedArrayBuffer): void {
    const store = new CounterStore(memory);
    this.#stores.set(thread, store);
    this.#options.exposition.addThread(thread, store);
    this.#options.counters.add(thread, store);
  }

  ended(thread: number, exit: ThreadExit): void {
    const store = this.#stores.get(thread);
    if (store === undefined) return;
    const { gauges, exposition, counters, directory, metrics } = this.#options;
    this.#stores.delete(thread);
    // Before the counters are folded: what the thread held is in its gauges.
    gauges.returnHeld(store, this.#clusterSlots());
    exposition.retireThread(thread);
    counters.retire(thread, directory.used);
    const reason = reasonOf(exit);
    if (reason !== null) metrics.threadReplaced(reason);
  }

  /** Of every cluster there ever was: a removed one may still have held something. */
  #clusterSlots(): Readonly<Record<string, number>> {
    const slots: Record<string, number> = {};
    for (const { block, labels, base } of this.#options.directory.entities()) {
      if (block === clusterBlock) slots[labels[0]!] = base;
    }
    return slots;
  }
}

function reasonOf(exit: ThreadExit): ThreadReplacementReason | null {
  switch (exit.kind) {
    case 'stopped':
      return null;
    case 'out-of-heap':
      return 'out-of-memory';
    case 'stall':
    case 'start-timeout':
      return 'stalled';
    case 'crash':
    case 'exit':
      return 'crashed';
  }
}

/**
 * The memory that all data threads' circuit breakers share: four gauges for each cluster. The control thread owns it,
 * decides which cluster counts where, and gives back what a thread held when it died.
 */
import { ClusterSlot, type CounterStore } from '../telemetry/index.ts';

/** Order of a cluster's gauges, and of the `breaker` label of the overflow counter. */
export const Breaker = { Connections: 0, Pending: 1, Requests: 2, Retries: 3 } as const;
export type Breaker = (typeof Breaker)[keyof typeof Breaker];

export const gaugesPerCluster = 4;

/** Index of a cluster that found no room: its limits then hold for each data thread by itself. */
export const noSharedGauges: number = -1;

/** What one cluster holds at this moment, over all threads. */
export interface BreakerUse {
  readonly connections: number;
  readonly pending: number;
  readonly requests: number;
  readonly retries: number;
}

/** The thread's own gauges of what it holds, indexed by `Breaker`. */
const heldSlots: readonly number[] = [
  ClusterSlot.connectionsActive,
  ClusterSlot.requestsPending,
  ClusterSlot.requestsActive,
  ClusterSlot.retriesActive,
];

export class BreakerGauges {
  /** Handed to every data thread. */
  readonly memory: SharedArrayBuffer;
  readonly #gauges: Int32Array;
  readonly #indexes = new Map<string, number>();

  /** `clusters`: how many there is room for; 16 bytes each. */
  constructor(clusters: number = 8192) {
    this.memory = new SharedArrayBuffer(clusters * gaugesPerCluster * Int32Array.BYTES_PER_ELEMENT);
    this.#gauges = new Int32Array(this.memory);
  }

  /**
   * Index of the cluster's first gauge. A cluster that comes back gets its old one: requests of its earlier life may
   * still run. `noSharedGauges` when there is no room.
   */
  indexOf(cluster: string): number {
    const known = this.#indexes.get(cluster);
    if (known !== undefined) return known;
    const index = this.#indexes.size * gaugesPerCluster;
    if (index + gaugesPerCluster > this.#gauges.length) return noSharedGauges;
    this.#indexes.set(cluster, index);
    return index;
  }

  useOf(cluster: string): BreakerUse {
    const index = this.#indexes.get(cluster);
    const at = (breaker: Breaker): number =>
      index === undefined ? 0 : Atomics.load(this.#gauges, index + breaker);
    return {
      connections: at(Breaker.Connections),
      pending: at(Breaker.Pending),
      requests: at(Breaker.Requests),
      retries: at(Breaker.Retries),
    };
  }

  /**
   * Gives back what a thread held when it ended: reads its gauges from its counters and sets them to 0 there, so that a
   * second call gives nothing back twice. `slots`: base of each cluster's counters, by name. Call it only when the
   * thread has exited; it must not write any more.
   */
  returnHeld(counters: CounterStore, slots: Readonly<Record<string, number>>): void {
    for (const [cluster, slot] of Object.entries(slots)) {
      const index = this.#indexes.get(cluster);
      if (index === undefined) continue;
      for (let breaker = 0; breaker < gaugesPerCluster; breaker++) {
        const held = counters.get(slot + heldSlots[breaker]!);
        counters.set(slot + heldSlots[breaker]!, 0);
        if (held > 0) subtractDownToZero(this.#gauges, index + breaker, held);
      }
    }
  }
}

function subtractDownToZero(gauges: Int32Array, index: number, amount: number): void {
  for (;;) {
    const now = Atomics.load(gauges, index);
    const next = Math.max(0, now - amount);
    if (Atomics.compareExchange(gauges, index, now, next) === now) return;
  }
}

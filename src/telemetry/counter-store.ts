/**
 * One data thread's counters: 8-byte floating-point slots in shared memory. The data thread is the only writer and
 * adds with a plain store; the control thread reads at any time, also while the writer is stuck. An aligned 8-byte
 * store is not torn on the 64-bit platforms that Node supports, and a slot counts exactly up to 2^53.
 *
 * Which slot means what is decided once, by the control thread (`SlotDirectory`), and is the same in every thread.
 */
export class CounterStore {
  /** Indexed by slot. Owned by the data thread that writes it; others only read. */
  readonly values: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.values = new Float64Array(memory);
  }

  static allocate(slots: number): SharedArrayBuffer {
    return new SharedArrayBuffer(slots * Float64Array.BYTES_PER_ELEMENT);
  }

  add(slot: number, amount: number): void {
    this.values[slot]! += amount;
  }

  set(slot: number, value: number): void {
    this.values[slot] = value;
  }

  get(slot: number): number {
    return this.values[slot]!;
  }
}

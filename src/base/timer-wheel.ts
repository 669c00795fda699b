/**
 * Deadlines for tens of thousands of connections with one interval timer: schedule and cancel are O(1) and allocate
 * nothing, because an entry is a node of a doubly linked list. A deadline fires up to one tick late, never early.
 */

/** A deadline that can be armed in a wheel. Embed one per timeout and keep it: it is reused for every arming. */
export class Deadline {
  readonly #run: () => void;
  /** @internal Links and due tick, owned by the wheel. `next === null` means not armed. */
  next: Deadline | null = null;
  previous: Deadline | null = null;
  dueTick = 0;

  constructor(run: () => void) {
    this.#run = run;
  }

  get armed(): boolean {
    return this.next !== null;
  }

  /** @internal Called by the wheel. */
  fire(): void {
    this.#run();
  }
}

export class TimerWheel {
  readonly #tickMs: number;
  readonly #mask: number;
  readonly #slots: Deadline[];
  #startMs: number;
  #tick = 0;

  /** `slots` must be a power of two; a deadline further away than `slots * tickMs` waits for further rounds. */
  constructor(options: { nowMs: number; tickMs?: number; slots?: number }) {
    this.#tickMs = options.tickMs ?? 50;
    const slots = options.slots ?? 1024;
    this.#mask = slots - 1;
    this.#startMs = options.nowMs;
    this.#slots = Array.from({ length: slots }, () => {
      const sentinel = new Deadline(() => {});
      sentinel.next = sentinel;
      sentinel.previous = sentinel;
      return sentinel;
    });
  }

  get tickMs(): number {
    return this.#tickMs;
  }

  /** Arms `deadline` to fire `delayMs` from the wheel's current tick, moving it if it is armed already. */
  arm(deadline: Deadline, delayMs: number): void {
    if (deadline.next !== null) this.cancel(deadline);
    const dueTick = this.#tick + Math.max(1, Math.ceil(delayMs / this.#tickMs) + 1);
    deadline.dueTick = dueTick;
    const sentinel = this.#slots[dueTick & this.#mask]!;
    const last = sentinel.previous!;
    deadline.previous = last;
    deadline.next = sentinel;
    last.next = deadline;
    sentinel.previous = deadline;
  }

  cancel(deadline: Deadline): void {
    const { next, previous } = deadline;
    if (next === null || previous === null) return;
    previous.next = next;
    next.previous = previous;
    deadline.next = null;
    deadline.previous = null;
  }

  /** Moves the wheel to `nowMs` and fires what is due. A deadline may arm or cancel any other while it runs. */
  advance(nowMs: number): void {
    const target = Math.floor((nowMs - this.#startMs) / this.#tickMs);
    while (this.#tick < target) {
      this.#tick++;
      this.#fireSlot(this.#slots[this.#tick & this.#mask]!);
    }
  }

  #fireSlot(sentinel: Deadline): void {
    // Entries armed while firing go behind this marker or into other slots, so the walk ends.
    let entry = sentinel.next!;
    while (entry !== sentinel) {
      if (entry.dueTick > this.#tick) {
        entry = entry.next!;
        continue;
      }
      this.cancel(entry);
      entry.fire();
      entry = sentinel.next!;
    }
  }
}

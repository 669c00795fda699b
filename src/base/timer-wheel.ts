/**
 * Deadlines for tens of thousands of connections with one interval timer: arming and cancelling are O(1) and allocate
 * nothing, because an entry is a node of a doubly linked list. A deadline fires up to two ticks late, never early.
 */
import type { Clock } from './clock.ts';

/** Who is told when a deadline passes. */
export interface DeadlineOwner {
  /** Called from `TimerWheel.advance`; `deadline` is disarmed already and may be armed again. */
  onDeadline(deadline: Deadline): void;
}

/** A deadline that can be armed in a wheel. Embed one per timeout and keep it: it is reused for every arming. */
export class Deadline {
  readonly owner: DeadlineOwner;
  /** Links and due tick, owned by the wheel. `next === null` means not armed. */
  next: Deadline | null = null;
  previous: Deadline | null = null;
  dueTick = 0;

  constructor(owner: DeadlineOwner) {
    this.owner = owner;
  }

  get armed(): boolean {
    return this.next !== null;
  }
}

const nobody: DeadlineOwner = { onDeadline() {} };

export class TimerWheel {
  readonly tickMs: number;
  readonly #mask: number;
  readonly #slots: Deadline[];
  readonly #startMs: number;
  readonly #due: Deadline = ring();
  readonly #clock: Clock | null;
  /** The last tick that was fired, and the one that time has come to: further on while the wheel catches up. */
  #tick = 0;
  #present = 0;

  /**
   * `slots` must be a power of two; a deadline further away than `slots * tickMs` waits for further rounds. Delays
   * count from the time of `clock`; without one from the last `advance`, which after a stall is too early.
   */
  constructor(options: { nowMs: number; tickMs?: number; slots?: number; clock?: Clock }) {
    this.#clock = options.clock ?? null;
    this.tickMs = options.tickMs ?? 50;
    const slots = options.slots ?? 1024;
    this.#mask = slots - 1;
    this.#startMs = options.nowMs;
    this.#slots = Array.from({ length: slots }, ring);
  }

  /** Arms `deadline` to fire `delayMs` from now, moving it if it is armed already. */
  arm(deadline: Deadline, delayMs: number): void {
    this.#place(deadline, this.#dueTick(delayMs));
  }

  /**
   * Makes sure that `deadline` fires no later than `delayMs` from now, and does nothing if that holds already. For a
   * timeout that is set per request: its owner compares times when it fires and arms again for what is left.
   */
  ensure(deadline: Deadline, delayMs: number): void {
    // The tick of an earlier call, which saves asking the clock, mostly shows it: the present one can only be later.
    if (deadline.next !== null && deadline.dueTick <= this.#present + this.#ticks(delayMs)) return;
    const dueTick = this.#dueTick(delayMs);
    if (deadline.next === null || deadline.dueTick > dueTick) this.#place(deadline, dueTick);
  }

  cancel(deadline: Deadline): void {
    const { next, previous } = deadline;
    if (next === null || previous === null) return;
    previous.next = next;
    next.previous = previous;
    deadline.next = null;
    deadline.previous = null;
  }

  /** Moves the wheel to `nowMs` and fires what is due. An owner may arm or cancel any deadline meanwhile. */
  advance(nowMs: number): void {
    this.#reach(nowMs);
    while (this.#tick < this.#present) {
      this.#tick++;
      this.#fireSlot(this.#slots[this.#tick & this.#mask]!);
    }
  }

  #dueTick(delayMs: number): number {
    if (this.#clock !== null) this.#reach(this.#clock.now());
    return this.#present + this.#ticks(delayMs);
  }

  #ticks(delayMs: number): number {
    return Math.ceil(Math.max(0, delayMs) / this.tickMs) + 1;
  }

  #reach(nowMs: number): void {
    const tick = Math.floor((nowMs - this.#startMs) / this.tickMs);
    if (tick > this.#present) this.#present = tick;
  }

  #place(deadline: Deadline, dueTick: number): void {
    this.cancel(deadline);
    deadline.dueTick = dueTick;
    append(this.#slots[dueTick & this.#mask]!, deadline);
  }

  #fireSlot(slot: Deadline): void {
    // Due entries move to a list of their own first: owners may then change the slot, and cancel what is yet to fire.
    let entry = slot.next!;
    while (entry !== slot) {
      const next = entry.next!;
      if (entry.dueTick <= this.#tick) {
        this.cancel(entry);
        append(this.#due, entry);
      }
      entry = next;
    }
    for (entry = this.#due.next!; entry !== this.#due; entry = this.#due.next!) {
      this.cancel(entry);
      entry.owner.onDeadline(entry);
    }
  }
}

/** An empty ring: a deadline that is linked to itself. */
function ring(): Deadline {
  const sentinel = new Deadline(nobody);
  sentinel.next = sentinel;
  sentinel.previous = sentinel;
  return sentinel;
}

function append(sentinel: Deadline, deadline: Deadline): void {
  const last = sentinel.previous!;
  deadline.previous = last;
  deadline.next = sentinel;
  last.next = deadline;
  sentinel.previous = deadline;
}

/**
 * Adds up what the data threads count: one sum per epoch of the whole process. A thread posts every epoch, also an empty
 * one, so it is known when a sum is complete; what comes after it was handed on is counted as late, not added.
 */
import type { Clock, Timer } from '../../base/index.ts';
import type { FromData } from '../../data/index.ts';

type EdgesMessage = Extract<FromData, { readonly kind: 'edges' }>;
export type EdgeCount = EdgesMessage['rows'][number];

export interface MeshEpoch {
  /** Unix milliseconds divided by 10,000. */
  readonly epoch: number;
  /** One row for each role, peer, origin and reason. */
  readonly rows: readonly EdgeCount[];
  /** Calls that are in rows of the peer `_other` because there were too many. */
  readonly overflowed: number;
  /** Calls of earlier epochs that were dropped, because they came too late or nobody took them. */
  readonly lost: number;
  /** Data threads that have not told their counts of this epoch. */
  readonly missing: number;
}

export interface EdgeCountsOptions {
  readonly clock: Clock;
  /** Data threads that should report. */
  readonly threads: () => number;
  /** Rows of one epoch; calls beyond are added to the peer `_other`. */
  readonly maxRows?: number;
}

export const epochMs = 10_000;
/** How long after its end an epoch waits for threads: longer than a message takes, shorter than a listener's patience. */
const patienceMs = 700;
/** Epochs that wait at once: clocks of threads are one clock, so there are hardly ever two. */
const maxOpen = 4;

interface OpenEpoch {
  readonly rows: Map<string, EdgeCount>;
  readonly threads: Set<number>;
  overflowed: number;
  lost: number;
}

export class EdgeCounts {
  readonly #options: EdgeCountsOptions;
  readonly #maxRows: number;
  readonly #open = new Map<number, OpenEpoch>();
  readonly #listeners = new Set<(epoch: MeshEpoch) => void>();
  #timer: Timer | null = null;
  #closed = false;
  /** The newest epoch that was handed on. */
  #last = Number.NEGATIVE_INFINITY;
  /** Calls that came too late, to be told with the next epoch. */
  #late = 0;

  constructor(options: EdgeCountsOptions) {
    this.#options = options;
    this.#maxRows = options.maxRows ?? 20_000;
  }

  /** Hears every epoch once, in order. Answers how to stop. */
  onEpoch(listener: (epoch: MeshEpoch) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  accept(thread: number, message: EdgesMessage): void {
    if (this.#closed) return;
    const { epoch, rows, overflowed, lost } = message;
    if (epoch <= this.#last) {
      this.#late += lost + callsOf(rows);
      return;
    }
    const open = this.#openEpoch(epoch);
    open.threads.add(thread);
    open.overflowed += overflowed;
    open.lost += lost;
    for (const row of rows) this.#add(open, row);
    this.#look();
  }

  /** Hands on what there is; what comes later is dropped. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
    for (const epoch of this.#inOrder()) this.#handOn(epoch);
  }

  #openEpoch(epoch: number): OpenEpoch {
    let open = this.#open.get(epoch);
    if (open !== undefined) return open;
    if (this.#open.size >= maxOpen) this.#handOn(this.#inOrder()[0]!);
    open = { rows: new Map(), threads: new Set(), overflowed: 0, lost: 0 };
    this.#open.set(epoch, open);
    return open;
  }

  #inOrder(): readonly number[] {
    return [...this.#open.keys()].sort((a, b) => a - b);
  }

  #add(open: OpenEpoch, row: EdgeCount): void {
    const key = keyOf(row);
    const known = open.rows.get(key);
    if (known !== undefined) {
      open.rows.set(key, sum(known, row));
    } else if (open.rows.size < this.#maxRows || row.peer.node === '_other') {
      open.rows.set(key, row);
    } else {
      open.overflowed += row.calls;
      this.#add(open, { ...row, peer: otherPeer });
    }
  }

  /** Hands on what is complete or has waited long enough. */
  #look(): void {
    const wall = this.#options.clock.wall();
    for (const epoch of this.#inOrder()) {
      const hasEnded = wall >= (epoch + 1) * epochMs;
      const isComplete = this.#open.get(epoch)!.threads.size >= this.#options.threads();
      if (hasEnded && (isComplete || wall >= (epoch + 1) * epochMs + patienceMs)) this.#handOn(epoch);
      else break;
    }
    this.#arm(wall);
  }

  #arm(wall: number): void {
    this.#timer?.cancel();
    this.#timer = null;
    const [oldest] = this.#inOrder();
    if (oldest === undefined) return;
    const delayMs = Math.min(epochMs, Math.max(1, (oldest + 1) * epochMs + patienceMs - wall));
    this.#timer = this.#options.clock.after(delayMs, () => this.#look());
  }

  #handOn(epoch: number): void {
    const open = this.#open.get(epoch)!;
    this.#open.delete(epoch);
    if (epoch <= this.#last) return;
    this.#last = epoch;
    const lost = open.lost + this.#late;
    this.#late = 0;
    const whole: MeshEpoch = {
      epoch,
      rows: [...open.rows.values()],
      overflowed: open.overflowed,
      lost,
      missing: Math.max(0, this.#options.threads() - open.threads.size),
    };
    for (const listener of this.#listeners) listener(whole);
  }
}

const otherPeer: EdgeCount['peer'] = { node: '_other', service: '_other', version: '', release: '' };

function keyOf({ role, peer, origin, reason }: EdgeCount): string {
  return `${role}\n${peer.node}\n${peer.service}\n${peer.version}\n${peer.release}\n${origin}\n${reason}`;
}

function sum(a: EdgeCount, b: EdgeCount): EdgeCount {
  return {
    ...a,
    calls: a.calls + b.calls,
    upstreamCalls: a.upstreamCalls + b.upstreamCalls,
    downstreamFailed: a.downstreamFailed + b.downstreamFailed,
    upstreamFailed: a.upstreamFailed + b.upstreamFailed,
  };
}

function callsOf(rows: readonly EdgeCount[]): number {
  return rows.reduce((calls, row) => calls + row.calls, 0);
}

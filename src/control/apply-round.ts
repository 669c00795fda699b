/**
 * One snapshot on its way through all data threads: collects their answers until each has given one or cannot be waited
 * for. A thread that is stuck does not hold up the others; it applies the snapshot when it comes back or is replaced.
 */
import type { SocketAddress } from '../config/index.ts';
import type { ListenerFailure } from '../data/index.ts';
import type { ThreadExit } from './thread-exit.ts';

export interface ApplyOutcome {
  readonly version: number;
  /** Listeners that at least one thread could not open, each once. */
  readonly failures: readonly ListenerFailure[];
  /** Where each listener accepts. */
  readonly listening: ReadonlyMap<string, SocketAddress>;
  /** Threads that died before they answered. */
  readonly died: readonly { readonly thread: number; readonly exit: ThreadExit }[];
  /** Threads that were stuck, or had not answered by the deadline. */
  readonly unanswered: readonly number[];
}

export class ApplyRound {
  readonly version: number;
  readonly outcome: Promise<ApplyOutcome>;
  readonly #awaited: Set<number>;
  readonly #failures = new Map<string, ListenerFailure>();
  readonly #listening = new Map<string, SocketAddress>();
  readonly #died: { thread: number; exit: ThreadExit }[] = [];
  readonly #unanswered: number[] = [];
  readonly #resolve: (outcome: ApplyOutcome) => void;

  constructor(version: number, threads: Iterable<number>) {
    this.version = version;
    this.#awaited = new Set(threads);
    const { promise, resolve } = Promise.withResolvers<ApplyOutcome>();
    this.outcome = promise;
    this.#resolve = resolve;
    this.#finishIfDone();
  }

  answered(
    thread: number,
    version: number,
    failures: readonly ListenerFailure[],
    listening: readonly { readonly listener: string; readonly address: SocketAddress }[],
  ): void {
    if (version < this.version || !this.#awaited.delete(thread)) return;
    for (const failure of failures) {
      if (!this.#failures.has(failure.listener)) this.#failures.set(failure.listener, failure);
    }
    for (const { listener, address } of listening) this.#listening.set(listener, address);
    this.#finishIfDone();
  }

  died(thread: number, exit: ThreadExit): void {
    if (!this.#awaited.delete(thread)) return;
    this.#died.push({ thread, exit });
    this.#finishIfDone();
  }

  stalled(thread: number): void {
    if (!this.#awaited.delete(thread)) return;
    this.#unanswered.push(thread);
    this.#finishIfDone();
  }

  /** The deadline has passed, or a newer round begins. */
  giveUp(): void {
    this.#unanswered.push(...this.#awaited);
    this.#awaited.clear();
    this.#finishIfDone();
  }

  #finishIfDone(): void {
    if (this.#awaited.size > 0) return;
    this.#resolve({
      version: this.version,
      failures: [...this.#failures.values()],
      listening: this.#listening,
      died: this.#died,
      unanswered: this.#unanswered,
    });
  }
}

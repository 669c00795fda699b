/**
 * The callers of `Watch`: each hears the state of its service at once and then each change of it, until it goes. They are
 * few and bounded, for each holds memory and a stream of this process.
 */
import type { Clock, Timer } from '../../../base/index.ts';
import { ServingStatus } from './codec.ts';

export interface Watcher {
  readonly service: string;
  /** Must not throw. */
  tell(status: ServingStatus): void;
  /** The service ends; nothing is told afterwards. */
  end(): void;
}

export interface WatchersOptions {
  readonly clock: Clock;
  readonly statuses: () => ReadonlyMap<string, ServingStatus>;
  /** Hears that something may have changed. Returns what ends it. */
  readonly onTransition: (listener: () => void) => () => void;
}

export const maxWatchers = 100;
/**
 * The gate, an override and what is stale change without a transition of a component, so while somebody watches the state
 * is looked at this often. A look reads memory.
 */
const lookMs = 250;

export class Watchers {
  readonly #options: WatchersOptions;
  /** With what each was told last. */
  readonly #told = new Map<Watcher, ServingStatus>();
  readonly #unsubscribe: () => void;
  #timer: Timer | null = null;

  constructor(options: WatchersOptions) {
    this.#options = options;
    this.#unsubscribe = options.onTransition(() => this.#look());
  }

  get count(): number {
    return this.#told.size;
  }

  /** Tells it the state; false when there are too many already. */
  add(watcher: Watcher): boolean {
    if (this.#told.size >= maxWatchers) return false;
    const status = statusOf(this.#options.statuses(), watcher);
    this.#told.set(watcher, status);
    this.#timer ??= this.#options.clock.every(lookMs, () => this.#look());
    watcher.tell(status);
    return true;
  }

  remove(watcher: Watcher): void {
    this.#told.delete(watcher);
    if (this.#told.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Ends all of them. */
  close(): void {
    this.#unsubscribe();
    for (const watcher of [...this.#told.keys()]) {
      this.remove(watcher);
      watcher.end();
    }
  }

  #look(): void {
    if (this.#told.size === 0) return;
    const statuses = this.#options.statuses();
    for (const [watcher, told] of this.#told) {
      const status = statusOf(statuses, watcher);
      if (status === told) continue;
      this.#told.set(watcher, status);
      watcher.tell(status);
    }
  }
}

function statusOf(statuses: ReadonlyMap<string, ServingStatus>, { service }: Watcher): ServingStatus {
  return statuses.get(service) ?? ServingStatus.serviceUnknown;
}

/**
 * The callers of `Watch`: each hears the state of its service at once and then each change of it, until it goes. They are
 * few and bounded, for each holds memory and a stream of this process.
 */
import { ServingStatus } from './codec.ts';

export interface Watcher {
  readonly service: string;
  /** Must not throw. */
  tell(status: ServingStatus): void;
  /** The service ends; nothing is told afterwards. */
  end(): void;
}

export interface WatchersOptions {
  readonly statuses: () => ReadonlyMap<string, ServingStatus>;
  /** Hears that something may have changed. Returns what ends it. */
  readonly onChange: (listener: () => void) => () => void;
}

export const maxWatchers = 100;

export class Watchers {
  readonly #options: WatchersOptions;
  /** With what each was told last. */
  readonly #told = new Map<Watcher, ServingStatus>();
  readonly #unsubscribe: () => void;

  constructor(options: WatchersOptions) {
    this.#options = options;
    this.#unsubscribe = options.onChange(() => this.#look());
  }

  get count(): number {
    return this.#told.size;
  }

  /** Tells it the state; false when there are too many already. */
  add(watcher: Watcher): boolean {
    if (this.#told.size >= maxWatchers) return false;
    const status = statusOf(this.#options.statuses(), watcher);
    this.#told.set(watcher, status);
    watcher.tell(status);
    return true;
  }

  remove(watcher: Watcher): void {
    this.#told.delete(watcher);
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

/** Keeps the captures on the disk within their limits: carries out what `eviction.ts` decides. */
import type { Clock } from '../clock.ts';
import type { HolmesLog } from '../log.ts';
import { Ages, type FirstLook } from './age.ts';
import type { CaptureFolders } from './capture-folder.ts';
import type { CaptureIndex } from './capture-index.ts';
import { meaningOf } from './disk.ts';
import { type Candidate, capturesToEvict } from './eviction.ts';
import type { StoreLimits } from './store.ts';

/** What a capture takes besides its bytes, because a file system rounds up. */
const roundingBytes = 64 * 1024;

export interface LimitKeeperOptions {
  readonly index: CaptureIndex;
  readonly folders: CaptureFolders;
  readonly limits: StoreLimits;
  readonly clock: Clock;
  readonly log: HolmesLog;
}

export class LimitKeeper {
  readonly #index: CaptureIndex;
  readonly #folders: CaptureFolders;
  readonly #log: HolmesLog;
  readonly #ages: Ages;
  #limits: StoreLimits;
  #evicted = 0;

  constructor({ index, folders, limits, clock, log }: LimitKeeperOptions) {
    this.#index = index;
    this.#folders = folders;
    this.#limits = limits;
    this.#log = log;
    this.#ages = new Ages(clock);
  }

  get limits(): StoreLimits {
    return this.#limits;
  }

  get evicted(): number {
    return this.#evicted;
  }

  /** Nothing is removed before `evict`. */
  configure(limits: StoreLimits): void {
    this.#limits = limits;
  }

  /** Of a capture that was there already; `at` in unix milliseconds. */
  found(at: number): FirstLook {
    return this.#ages.found(at);
  }

  made(): FirstLook {
    return this.#ages.made();
  }

  /** Never rejects. */
  async evict(): Promise<void> {
    await this.remove(capturesToEvict(this.#candidates(), this.#limits));
  }

  /**
   * Evicts for a capture that does not fit on the disk what the limits would demand once it is there, and nothing when
   * even that is not enough: a write that fails must not have cost an earlier capture. False: there is no more room.
   */
  async makeRoom(bytes: number, freeBytes: number): Promise<boolean> {
    const candidates = this.#candidates();
    const due = capturesToEvict(candidates, this.#limits, { count: 1, bytes });
    const dueBytes = candidates
      .filter(({ id }) => due.includes(id))
      .reduce((sum, candidate) => sum + candidate.bytes, 0);
    if (due.length === 0 || freeBytes + dueBytes < bytes + roundingBytes) return false;
    return this.remove(due);
  }

  /** False when one could not be removed; those after it are then left. */
  async remove(ids: readonly string[]): Promise<boolean> {
    for (const id of ids) {
      try {
        await this.#folders.remove(id);
      } catch (error) {
        this.#log.warn('cannot remove a capture', { id, problem: meaningOf(error) });
        return false;
      }
      this.#index.delete(id);
      this.#evicted++;
    }
    return true;
  }

  #candidates(): readonly Candidate[] {
    return this.#index.evictable().map(({ record: { id, at }, bytes, firstLook }) => {
      return { id, bytes, ageMs: this.#ages.of(at, firstLook) };
    });
  }
}

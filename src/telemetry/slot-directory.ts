/**
 * Which slots belong to which entity, for all data threads alike. Lives in the control thread. An entity that comes
 * back gets its old slots, so a reload loses no counts; slots are never given to another entity, because an exchange
 * that is still running may count into them. When the store is full, a newcomer shares one overflow entity per block.
 */
import type { Block } from './block.ts';
import { clusterBlock, endpointBlock, listenerBlock, routeBlock, threadBlock } from './catalogue.ts';

export interface Entity {
  readonly block: Block;
  /** One value per label of the block. */
  readonly labels: readonly string[];
  readonly base: number;
}

/** Label value of the entity that newcomers share when the store is full. */
export const overflowLabel = '_other';

export class SlotDirectory {
  readonly capacity: number;
  readonly #entities = new Map<string, Entity>();
  /** Bases of the overflow entities, which never leave. */
  readonly #permanent: readonly number[];
  #live = new Set<number>();
  #next: number = threadBlock.size;
  #overflowed = 0;

  /** `capacity` in slots of 8 bytes, per data thread. */
  constructor(capacity: number = 1 << 18) {
    this.capacity = capacity;
    this.#permanent = [listenerBlock, routeBlock, clusterBlock, endpointBlock].map((block) =>
      this.#place(
        block,
        block.labels.map(() => overflowLabel),
      ),
    );
  }

  /** Slots given out so far, of `capacity`. */
  get used(): number {
    return this.#next;
  }

  /** Look-ups that found no room; what they asked for is counted under `_other`. */
  get overflowed(): number {
    return this.#overflowed;
  }

  /** The base slot of the entity with these labels, placing it if it is new. It is live from then on. */
  baseOf(block: Block, labels: readonly string[]): number {
    const known = this.#entities.get(key(block, labels));
    if (known !== undefined) {
      this.#live.add(known.base);
      return known.base;
    }
    if (this.#next + block.size <= this.capacity) return this.#place(block, labels);
    this.#overflowed++;
    return this.#entities.get(
      key(
        block,
        block.labels.map(() => overflowLabel),
      ),
    )!.base;
  }

  /**
   * Says which entities still exist, by their bases; call it with every base of a new snapshot. The others are no
   * longer exposed, but keep their slots and counts in case they come back. Overflow entities always stay.
   */
  retain(bases: ReadonlySet<number>): void {
    this.#live = new Set([...bases, ...this.#permanent]);
  }

  /** Every entity that was ever placed. */
  entities(): Iterable<Entity> {
    return this.#entities.values();
  }

  /** The entities that exist now. */
  *liveEntities(): Iterable<Entity> {
    for (const entity of this.#entities.values()) if (this.#live.has(entity.base)) yield entity;
  }

  #place(block: Block, labels: readonly string[]): number {
    const base = this.#next;
    this.#next += block.size;
    this.#entities.set(key(block, labels), { block, labels, base });
    this.#live.add(base);
    return base;
  }
}

function key(block: Block, labels: readonly string[]): string {
  return JSON.stringify([block.kind, ...labels]);
}

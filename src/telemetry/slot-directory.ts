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

const overflowLabel = '_other';

export class SlotDirectory {
  readonly capacity: number;
  readonly #entities = new Map<string, Entity>();
  #next: number = threadBlock.size;
  #overflowed = 0;

  /** `capacity` in slots of 8 bytes, per data thread. */
  constructor(capacity: number = 1 << 18) {
    this.capacity = capacity;
    for (const block of [listenerBlock, routeBlock, clusterBlock, endpointBlock]) {
      this.#place(
        block,
        block.labels.map(() => overflowLabel),
      );
    }
  }

  /** Entities that found no room and are counted under `_other`. */
  get overflowed(): number {
    return this.#overflowed;
  }

  /** The base slot of the entity with these labels, placing it if it is new. */
  baseOf(block: Block, labels: readonly string[]): number {
    const known = this.#entities.get(key(block, labels));
    if (known !== undefined) return known.base;
    if (this.#next + block.size <= this.capacity) return this.#place(block, labels);
    this.#overflowed++;
    return this.#entities.get(
      key(
        block,
        block.labels.map(() => overflowLabel),
      ),
    )!.base;
  }

  entities(): Iterable<Entity> {
    return this.#entities.values();
  }

  #place(block: Block, labels: readonly string[]): number {
    const base = this.#next;
    this.#next += block.size;
    this.#entities.set(key(block, labels), { block, labels, base });
    return base;
  }
}

function key(block: Block, labels: readonly string[]): string {
  return JSON.stringify([block.kind, ...labels]);
}

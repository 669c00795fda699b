/** What the store knows of the captures on the disk, in the order in which they were stored. */
import type { CaptureRecord } from '../capture/capture.ts';
import type { FirstLook } from './age.ts';

export interface Entry {
  readonly record: CaptureRecord;
  readonly bytes: number;
  /** Of the order of storing: larger is newer, whatever the wall clock said. */
  readonly sequence: number;
  readonly firstLook: FirstLook;
  /** Of a process that may still be alive: listed and readable, but not ours to evict. */
  readonly isOthers: boolean;
}

export class CaptureIndex {
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(entry: Entry): void {
    this.delete(entry.record.id);
    this.#entries.set(entry.record.id, entry);
    this.#bytes += entry.bytes;
  }

  get(id: string): Entry | null {
    return this.#entries.get(id) ?? null;
  }

  delete(id: string): void {
    this.#bytes -= this.#entries.get(id)?.bytes ?? 0;
    this.#entries.delete(id);
  }

  all(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  /** Oldest first. */
  evictable(): readonly Entry[] {
    return this.all()
      .filter(({ isOthers }) => !isOthers)
      .sort((a, b) => a.sequence - b.sequence);
  }
}

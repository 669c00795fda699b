/** Captures that could not be written: the last few are kept in memory, because those made on a full disk matter most. */
import type { CaptureFormat, CaptureRecord } from '../capture/capture.ts';

/** Together small beside the program that is watched. */
const maxUnsaved = 4;
export const maxUnsavedBytes: number = 16 * 1024 * 1024;

export interface UnsavedCapture {
  /** Its `files` are those that are here: none when they are larger than the memory for them. */
  readonly record: CaptureRecord;
  readonly files: ReadonlyMap<CaptureFormat, Uint8Array>;
  /** When it was put among the others. */
  readonly sequence: number;
}

export class Unsaved {
  readonly #captures = new Map<string, UnsavedCapture>();
  #bytes = 0;

  get size(): number {
    return this.#captures.size;
  }

  /** Keeps it, without its files when they are too large, and drops the oldest ones that it displaces. */
  keep(
    record: Omit<CaptureRecord, 'files'>,
    files: ReadonlyMap<CaptureFormat, Uint8Array>,
    sequence: number,
  ): UnsavedCapture {
    const isTooLarge = sum(files) > maxUnsavedBytes;
    const kept: ReadonlyMap<CaptureFormat, Uint8Array> = isTooLarge ? new Map() : files;
    const list = [...kept].map(([format, { length }]) => ({ format, bytes: length }));
    const capture = { record: { ...record, files: list }, files: kept, sequence };
    this.#captures.set(record.id, capture);
    this.#bytes += sum(kept);
    for (const id of this.#captures.keys()) {
      if (this.#captures.size <= maxUnsaved && this.#bytes <= maxUnsavedBytes) break;
      this.delete(id);
    }
    return capture;
  }

  /** Oldest first. */
  all(): readonly UnsavedCapture[] {
    return [...this.#captures.values()];
  }

  get(id: string): UnsavedCapture | null {
    return this.#captures.get(id) ?? null;
  }

  delete(id: string): boolean {
    const capture = this.#captures.get(id);
    if (capture === undefined) return false;
    this.#bytes -= sum(capture.files);
    return this.#captures.delete(id);
  }
}

function sum(files: ReadonlyMap<CaptureFormat, Uint8Array>): number {
  return [...files.values()].reduce((bytes, { length }) => bytes + length, 0);
}

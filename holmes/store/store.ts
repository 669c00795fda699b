/** Where captures lie: bounded, written whole or not at all, and still there after a restart. */
import type { CaptureFormat, CaptureRecord } from '../capture/capture.ts';

export interface StoreLimits {
  /** Of all captures together. A capture larger than that is not stored. */
  readonly maxBytes: number;
  readonly maxCount: number;
  readonly maxAgeMs: number;
}

/** A file of a capture before it is stored: its bytes, or a file to be moved in. */
export type NewFile = { readonly format: CaptureFormat } & (
  | { readonly bytes: Uint8Array }
  | { readonly path: string }
);

export interface StoreFigures {
  readonly captures: number;
  readonly bytes: number;
  readonly limits: StoreLimits;
  /** Removed to keep the limits, since the start. */
  readonly evicted: number;
  /** Captures in memory only, because they could not be written; the last ones are kept so that they can be had. */
  readonly unsaved: number;
  /** Why the last write failed; empty when it did not. */
  readonly problem: string;
}

export interface CaptureStore {
  /** Reads what is there and removes what was never finished. Never rejects: a store that cannot write says so in `figures`. */
  open(): Promise<void>;
  /** Never rejects for the disk's sake: what cannot be written stays in memory, bounded. Oldest captures make room. */
  put(record: Omit<CaptureRecord, 'files'>, files: readonly NewFile[]): Promise<CaptureRecord>;
  /** Newest first. */
  list(): readonly CaptureRecord[];
  get(id: string): CaptureRecord | null;
  /** `null`: there is no such file. */
  read(id: string, format: CaptureFormat): Promise<Uint8Array | null>;
  /** False: there is no such capture. */
  delete(id: string): Promise<boolean>;
  /** A directory for what is written piece by piece and then put; removed by `open` of the next process. */
  scratchFile(name: string): Promise<string>;
  /** Bytes that can still be written, as the file system says; `Infinity` where it does not. */
  freeBytes(): Promise<number>;
  configure(limits: StoreLimits): void;
  /** Removes scratch files and stops looking after the directory. Within a bound, whatever the disk does. */
  close(): Promise<void>;
  figures(): StoreFigures;
}

/** A store without a disk, for tests of who fills it. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaptureFormat, CaptureRecord } from '../../../../holmes/capture/capture.ts';
import { defaultSettings } from '../../../../holmes/settings.ts';
import type { CaptureStore, NewFile, StoreFigures, StoreLimits } from '../../../../holmes/store/store.ts';

export class MemoryStore implements CaptureStore {
  readonly #records = new Map<string, { record: CaptureRecord; files: readonly NewFile[] }>();
  limits: StoreLimits = defaultSettings.limits;
  problem = '';
  closes = 0;
  free: number = Number.POSITIVE_INFINITY;

  open(): Promise<void> {
    return Promise.resolve();
  }

  put(record: Omit<CaptureRecord, 'files'>, files: readonly NewFile[]): Promise<CaptureRecord> {
    const listed = files.map((file) => ({
      format: file.format,
      bytes: 'bytes' in file ? file.bytes.length : 0,
    }));
    const full = { ...record, files: listed };
    this.#records.set(record.id, { record: full, files });
    return Promise.resolve(full);
  }

  list(): readonly CaptureRecord[] {
    return [...this.#records.values()].map(({ record }) => record).reverse();
  }

  get(id: string): CaptureRecord | null {
    return this.#records.get(id)?.record ?? null;
  }

  read(id: string, format: CaptureFormat): Promise<Uint8Array | null> {
    const file = this.#records.get(id)?.files.find((candidate) => candidate.format === format);
    return Promise.resolve(file !== undefined && 'bytes' in file ? file.bytes : null);
  }

  delete(id: string): Promise<boolean> {
    return Promise.resolve(this.#records.delete(id));
  }

  async scratchFile(name: string): Promise<string> {
    return join(await mkdtemp(join(tmpdir(), 'holmes-test-')), name);
  }

  freeBytes(): Promise<number> {
    return Promise.resolve(this.free);
  }

  configure(limits: StoreLimits): void {
    this.limits = limits;
  }

  close(): Promise<void> {
    this.closes++;
    return Promise.resolve();
  }

  figures(): StoreFigures {
    const { limits, problem } = this;
    return { captures: this.#records.size, bytes: 0, limits, evicted: 0, unsaved: 0, problem };
  }
}

/**
 * What is alive on a thread's heap, by the place that allocated it. Sampling is on from the start, since it knows only of
 * what was allocated under it; whole snapshots are on request only.
 */
import { type Link, LinkError } from '../link/link.ts';
import type { HeapProfile } from '../profile/heap-profile.ts';

/** One allocation in so many bytes: measured to cost nothing that can be told from noise. */
const samplingIntervalBytes = 512 * 1024;
/** A heap of a gibibyte takes a minute. */
const snapshotTimeoutMs = 10 * 60_000;
const closeTimeoutMs = 1000;

export class HeapSampler {
  readonly #link: Link;
  #snapshotRuns = false;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Rejects with a `LinkError`. */
  async start(): Promise<void> {
    await this.#link.post('HeapProfiler.enable');
    await this.#link.post('HeapProfiler.startSampling', {
      samplingInterval: samplingIntervalBytes,
      // What is alive, not what was ever allocated.
      includeObjectsCollectedByMajorGC: false,
      includeObjectsCollectedByMinorGC: false,
    });
  }

  /** Stops the thread for some milliseconds. Rejects with a `LinkError`. */
  async profile(): Promise<HeapProfile> {
    const { profile } = await this.#link.post<{ readonly profile: HeapProfile }>(
      'HeapProfiler.getSamplingProfile',
    );
    return profile;
  }

  /**
   * Stops the thread for seconds, and takes several times the memory of the heap. Rejects with a `LinkError`, `refused`
   * while another one is being taken, or with what `write` threw first; V8 cannot be stopped then, but nothing more is
   * written.
   */
  async snapshot(write: (piece: string) => void): Promise<void> {
    if (this.#snapshotRuns) throw new LinkError('refused', 'a heap snapshot is being taken already');
    this.#snapshotRuns = true;
    let failure: { readonly error: unknown } | null = null;
    const leave = this.#link.on('HeapProfiler.addHeapSnapshotChunk', (params) => {
      if (failure !== null) return;
      try {
        write((params as { readonly chunk: string }).chunk);
      } catch (error) {
        failure = { error };
      }
    });
    try {
      await this.#link.post('HeapProfiler.takeHeapSnapshot', { reportProgress: false }, snapshotTimeoutMs);
    } finally {
      leave();
      this.#snapshotRuns = false;
    }
    const failed = failure as { readonly error: unknown } | null;
    if (failed !== null) throw failed.error;
  }

  /** Waits a second at most for a thread that does not answer. */
  async close(): Promise<void> {
    await this.#link.post('HeapProfiler.disable', undefined, closeTimeoutMs).catch(() => undefined);
  }
}

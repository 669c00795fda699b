/**
 * A heap snapshot: complete, and dear. Its thread stands still for seconds, and memory for it may be many times the heap
 * (500 MB of small objects: 20 s and 6.4 GB). So it is taken only when somebody asks and when there is room for it.
 */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import { CaptureRefused } from '../monitor/view.ts';
import type { RingView } from '../reading.ts';
import type { CaptureStore, NewFile } from '../store/store.ts';
import type { Subject } from '../subject/subject.ts';

/** Measured with heaps of small objects, the worst kind: 13 times in memory, 1.7 times on disk. */
const memoryFactor = 13;
const diskFactor = 2;
const mebibyte = 1024 * 1024;

/** What a snapshot of a heap needs, in bytes, beside what is in use already. */
function snapshotNeeds(heapBytes: number): { readonly memory: number; readonly disk: number } {
  return { memory: heapBytes * memoryFactor, disk: heapBytes * diskFactor };
}

/** Rejects with `CaptureRefused` when there is no room. */
export async function takeSnapshot(
  subject: Subject,
  store: CaptureStore,
  readings: RingView,
): Promise<{ readonly file: NewFile; readonly diagnosis: Diagnosis }> {
  const heapBytes = subject.sample().heap_bytes ?? readings.values.heap_bytes?.at(-1) ?? Number.NaN;
  await assertRoom(heapBytes, store);
  const path = await store.scratchFile(`${subject.name}.heapsnapshot`);
  const bytes = await write(subject, path);
  const sentence =
    `A complete picture of the heap of ${subject.title}: ${mebibytes(heapBytes)} in use, ${mebibytes(bytes)} on disk. ` +
    'It names no culprit by itself: open it in the memory panel of DevTools, or compare two of them there.';
  return {
    file: { format: 'heapsnapshot', path },
    diagnosis: { certainty: 'unclear', sentence, suspects: [] },
  };
}

async function assertRoom(heapBytes: number, store: CaptureStore): Promise<void> {
  if (!Number.isFinite(heapBytes)) {
    throw new CaptureRefused('failed', 'the size of the heap is not known yet; try again in a few seconds');
  }
  const needs = snapshotNeeds(heapBytes);
  const available = process.availableMemory();
  if (available < needs.memory) {
    throw new CaptureRefused(
      'too_little_memory',
      `a snapshot of a heap of ${mebibytes(heapBytes)} may take ${mebibytes(needs.memory)} of memory, and ${mebibytes(available)} are free; a heap profile (kind heap) takes none`,
    );
  }
  const free = await store.freeBytes();
  if (free < needs.disk) {
    throw new CaptureRefused(
      'too_little_memory',
      `a snapshot of a heap of ${mebibytes(heapBytes)} may take ${mebibytes(needs.disk)} on disk, and ${mebibytes(free)} are free`,
    );
  }
}

/** Written as it comes: pieces arrive faster than a stream would take them, and would pile up in memory. */
async function write(subject: Subject, path: string): Promise<number> {
  const file = openSync(path, 'w', 0o600);
  let bytes = 0;
  let failure: unknown = null;
  try {
    await subject.snapshot((piece) => {
      if (failure !== null) return;
      try {
        bytes += writeSync(file, piece);
      } catch (cause) {
        failure = cause;
      }
    });
  } finally {
    closeSync(file);
    if (failure !== null) rmSync(path, { force: true });
  }
  if (failure !== null) throw new Error('the snapshot could not be written', { cause: failure });
  return bytes;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / mebibyte).toLocaleString('en')} MiB`;
}

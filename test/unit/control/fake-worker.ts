/** A worker that runs `fake-data-thread.ts`, or another module beside it. */
import { ThreadWorker, type ThreadWorkerOptions } from '../../../src/control/thread-worker.ts';
import { threadBlock } from '../../../src/telemetry/index.ts';

export function fakeWorker(
  thread: number,
  {
    entry = './fake-data-thread.ts',
    ...changes
  }: Partial<Omit<ThreadWorkerOptions, 'entry'>> & { entry?: string } = {},
): ThreadWorker {
  return new ThreadWorker({
    thread,
    threads: 1,
    entry: new URL(entry, import.meta.url),
    counterSlots: threadBlock.size,
    breakers: new SharedArrayBuffer(64),
    heapBytes: 0,
    ...changes,
  });
}

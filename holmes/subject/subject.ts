/**
 * Something that can be sampled and profiled: a worker thread watched from its parent, the main thread watched from a
 * helper thread, or the process as a whole. One contract suite holds for all of them
 * (`test/unit/holmes/subject/contract.ts`).
 */
import type { CpuProfile } from '../profile/cpu-profile.ts';
import type { HandleProfile, KernelState, StackSample } from '../profile/handle-profile.ts';
import type { HeapProfile } from '../profile/heap-profile.ts';
import type { ReadingName, Readings } from '../reading.ts';

export const CaptureKind = ['cpu', 'heap', 'handles', 'stack', 'snapshot'] as const;
export type CaptureKind = (typeof CaptureKind)[number];

/** What shared memory says of a thread this instant, however stuck it is. */
export interface Pulse {
  /** Counts up ten times a second while the event loop turns. */
  readonly beats: number;
  /** Share of old space in use, 0 to 1, as of the last beat. */
  readonly heap: number;
  /** `exception`: nobody caught an error; the thread waits a moment (500 ms at most) so that it can be looked at. */
  readonly lastWords: 'none' | 'exception' | 'exit';
  /** Name and message of that error; empty without one. */
  readonly error: string;
}

export interface CutRequest {
  /** How much of what led here. */
  readonly beforeMs: number;
  /** How long to go on recording; 0: give what there is at once. */
  readonly afterMs: number;
}

export interface Subject {
  /** `process`, `main`, `data-1`: unique in a monitor, of letters, digits, `-` and `_`. */
  readonly name: string;
  readonly kind: 'process' | 'thread';
  /** For people: `the process`, `the main thread`, `data thread 1`. */
  readonly title: string;
  readonly readings: readonly ReadingName[];
  readonly captures: readonly CaptureKind[];
  /** Connects, installs the agent, starts the recorder. Rejects with an Error that says why not. */
  start(): Promise<void>;
  /** Reads what can be read without waiting for anybody: memory and /proc. Rates count from the last call. */
  sample(): Readings;
  /** `null`: cannot be stuck (the process), or has not beaten yet. */
  pulse(): Pulse | null;
  kernelState(): KernelState;
  /** The rest rejects with a `LinkError`, or an Error for a capture the subject does not have. */
  cutCpu(request: CutRequest): Promise<CpuProfile>;
  heapProfile(): Promise<HeapProfile>;
  /** `armMs` > 0: first finds out for so long where new ones are made. */
  handles(armMs: number): Promise<HandleProfile>;
  /** Stops a running thread `count` times for a look; a thread in native code or at rest gives fewer, also none. */
  stacks(count: number): Promise<readonly StackSample[]>;
  /** Stops the thread for seconds; hands over the pieces of a `.heapsnapshot`. */
  snapshot(write: (piece: string) => void): Promise<void>;
  /** A finished window of the recorder, when it rotates: up to 30 s of what the thread does normally. */
  onWindow(listener: (profile: CpuProfile) => void): void;
  /** What could be had of a thread in its last words has been had: it need not wait any longer. */
  letGo(): void;
  /** Fulfilled when the thread has ended, with why as far as it is known. */
  readonly ended: Promise<SubjectEnd>;
  /** Takes everything out of the thread again. */
  close(): Promise<void>;
}

export interface SubjectEnd {
  readonly kind: 'closed' | 'exit' | 'exception' | 'out_of_memory';
  readonly detail: string;
}

/**
 * The process as a whole. It has readings that no thread has and cannot be profiled or stuck: when one of its readings
 * jumps, a thread is looked at.
 */
import type { Clock } from '../clock.ts';
import type { CpuProfile } from '../profile/cpu-profile.ts';
import type { HandleProfile, KernelState, StackSample } from '../profile/handle-profile.ts';
import type { HeapProfile } from '../profile/heap-profile.ts';
import type { ReadingName, Readings } from '../reading.ts';
import { ProcessProc } from '../sample/process-proc.ts';
import type { CaptureKind, Pulse, Subject, SubjectEnd } from './subject.ts';

export class ProcessSubject implements Subject {
  readonly name: string = 'process';
  readonly kind = 'process' as const;
  readonly title: string = 'the process';
  readonly readings: readonly ReadingName[];
  readonly captures: readonly CaptureKind[] = [];
  readonly ended: Promise<SubjectEnd>;
  readonly #proc: ProcessProc;
  readonly #end: (end: SubjectEnd) => void;

  constructor({ clock }: { readonly clock: Clock }) {
    this.#proc = new ProcessProc({ clock });
    this.readings = this.#proc.readings;
    const { promise, resolve } = Promise.withResolvers<SubjectEnd>();
    this.ended = promise;
    this.#end = resolve;
  }

  async start(): Promise<void> {
    // There is nobody to connect to.
  }

  /** Process-wide CPU, memory and descriptors, from whichever thread it is called. */
  sample(): Readings {
    return this.#proc.sample();
  }

  /** How much memory the process may have, read anew: the container's limit, or else the machine's. */
  get memoryLimitBytes(): number {
    return this.#proc.memoryLimitBytes;
  }

  pulse(): Pulse | null {
    return null;
  }

  /** A process has as many states as threads. */
  kernelState(): KernelState {
    return { kind: 'unknown', waitChannel: '', systemCall: '' };
  }

  cutCpu(): Promise<CpuProfile> {
    return refuse('cpu');
  }

  heapProfile(): Promise<HeapProfile> {
    return refuse('heap');
  }

  handles(): Promise<HandleProfile> {
    return refuse('handles');
  }

  stacks(): Promise<readonly StackSample[]> {
    return refuse('stack');
  }

  snapshot(): Promise<void> {
    return refuse('snapshot');
  }

  onWindow(): void {
    // Nothing is recorded of the process.
  }

  letGo(): void {
    // It has no last words of its own.
  }

  async close(): Promise<void> {
    this.#proc.close();
    this.#end({ kind: 'closed', detail: '' });
  }
}

function refuse(kind: CaptureKind): Promise<never> {
  return Promise.reject(new Error(`the process as a whole has no ${kind} capture; ask one of its threads`));
}

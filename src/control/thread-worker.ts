/**
 * The worker of one data thread, as far as it exists before anybody deals with it: it is started as early as possible,
 * so that it loads its code on another core while the control thread loads its own. What it says in the meantime waits.
 */
import { type ResourceLimits, Worker } from 'node:worker_threads';
import type { FromData, ThreadData, ToData } from '../data/index.ts';

export interface ThreadWorkerOptions {
  /** 1-based, stable over replacements. */
  readonly thread: number;
  /** How many there are. */
  readonly threads: number;
  /** The worker's module. */
  readonly entry: URL;
  /** Size of its `CounterStore`. */
  readonly counterSlots: number;
  /** One `BreakerGauges` memory for all threads. */
  readonly breakers: SharedArrayBuffer;
  /** 0: Node's own limit. */
  readonly heapBytes: number;
}

export interface ThreadWorkerEvents {
  message(message: FromData): void;
  /** Nobody caught it; the exit follows. */
  error(error: unknown): void;
  exit(code: number): void;
  /** A piece of what it wrote to stdout or stderr. */
  output(stream: 'stdout' | 'stderr', piece: string): void;
  outputEnd(stream: 'stdout' | 'stderr'): void;
}

/**
 * At a thread's heap limit Node grants it 16 MiB more, to end it in order. A scavenge that promotes more than that at
 * once, which V8's default young generation allows, aborts the whole process instead. Measured on Node 24.21, limits of
 * 64 to 512 MiB, arrays, strings and slow leaks: by default the process died in 7 of 14 cases, with 24 MiB in none, at
 * the same CPU time per request. A single huge allocation, such as a Map of millions growing, still aborts.
 */
const maxYoungGenerationSizeMb = 24;

export class ThreadWorker {
  /** Its counters; a replacement gets new ones. */
  readonly memory: SharedArrayBuffer;
  readonly heapBytes: number;
  /** For who watches it from outside; what is said to it goes through `post`. */
  readonly worker: Worker;
  #events: ThreadWorkerEvents | null = null;
  /** What happened before `attach`. A worker says nothing of its own accord that could make this long. */
  readonly #early: ((events: ThreadWorkerEvents) => void)[] = [];

  constructor(options: ThreadWorkerOptions) {
    const { thread, threads, entry, counterSlots, breakers, heapBytes } = options;
    this.heapBytes = heapBytes;
    this.memory = new SharedArrayBuffer(counterSlots * Float64Array.BYTES_PER_ELEMENT);
    const workerData: ThreadData = { thread, threads, counters: this.memory, breakers };
    const resourceLimits: ResourceLimits = {
      maxYoungGenerationSizeMb,
      ...(heapBytes !== 0 && { maxOldGenerationSizeMb: Math.max(1, Math.round(heapBytes / 1048576)) }),
    };
    const name = `data-${thread}`;
    this.worker = new Worker(entry, { name, workerData, resourceLimits, stdout: true, stderr: true });
    this.#listen();
  }

  /** Once this turn is over, `events` is told what has happened so far, and then what happens. To be called once. */
  attach(events: ThreadWorkerEvents): void {
    queueMicrotask(() => {
      this.#events = events;
      for (const tell of this.#early.splice(0)) tell(events);
    });
  }

  post(message: ToData): void {
    this.worker.postMessage(message);
  }

  /** Fulfilled when it has ended, which takes until it leaves native code. */
  async terminate(): Promise<void> {
    await this.worker.terminate();
  }

  #listen(): void {
    const { worker } = this;
    worker.on('message', (message: FromData) => this.#tell((events) => events.message(message)));
    worker.on('error', (error) => this.#tell((events) => events.error(error)));
    worker.on('exit', (code) => this.#tell((events) => events.exit(code)));
    for (const stream of ['stdout', 'stderr'] as const) {
      worker[stream].setEncoding('utf8');
      worker[stream].on('data', (piece: string) => this.#tell((events) => events.output(stream, piece)));
      worker[stream].on('end', () => this.#tell((events) => events.outputEnd(stream)));
    }
  }

  #tell(what: (events: ThreadWorkerEvents) => void): void {
    if (this.#events === null) this.#early.push(what);
    else what(this.#events);
  }
}

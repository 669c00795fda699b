/**
 * One run of one data thread, from spawn to end: its counters, what it has been told and what it answered. It never
 * restarts itself; `ThreadSeat` replaces it with another run.
 */
import type { Clock, Timer } from '../base/index.ts';
import type { FromData, ListenerFailure, Snapshot, ToData } from '../data/index.ts';
import { CounterStore, ThreadSlot } from '../telemetry/index.ts';
import { BeatWatch } from './beat-watch.ts';
import { LineSplitter } from './line-splitter.ts';
import { exitOfError, type ThreadExit } from './thread-exit.ts';
import type { ThreadWorker } from './thread-worker.ts';

/**
 * starting -> serving (first snapshot applied) -> draining -> dead, or dead from anywhere. `stalled` covers starting,
 * serving and draining for as long as the heartbeat does not move.
 */
export type DataThreadState = 'starting' | 'serving' | 'draining' | 'stalled' | 'dead';

export interface DataThreadOptions {
  /** 1-based, stable over replacements. */
  readonly thread: number;
  readonly worker: ThreadWorker;
  readonly clock: Clock;
  /** Most silence that one `look` may add, in milliseconds. */
  readonly maxLookStepMs: number;
  readonly events: DataThreadEvents;
}

export interface DataThreadEvents {
  message(thread: DataThread, message: FromData): void;
  /** A line it wrote to its stdout or stderr. */
  output(thread: DataThread, stream: 'stdout' | 'stderr', line: string): void;
  /** Once per thread. A worker stuck in native code may end later than this: see `gone`. */
  exit(thread: DataThread, exit: ThreadExit): void;
}

/** After `terminate`, a worker that has not ended by then sits in native code; it is reported dead without waiting. */
const terminateGraceMs = 1000;

export class DataThread {
  readonly thread: number;
  readonly startedAtMs: number;
  /** Fulfilled when the worker has really ended and its sockets are closed. */
  readonly gone: Promise<void>;
  #isGone = false;
  readonly #options: DataThreadOptions;
  readonly #counters: CounterStore;
  readonly #worker: ThreadWorker;
  readonly #watch: BeatWatch;
  #phase: 'starting' | 'serving' | 'draining' | 'dead' = 'starting';
  #stalled = false;
  #appliedVersion = 0;
  #failures: readonly ListenerFailure[] = [];
  /** Version sent and not answered yet; 0: none. */
  #inFlight = 0;
  /** Newer than `#inFlight`, sent when that is answered. Latest wins, so a stuck thread piles up nothing. */
  #waiting: Snapshot | null = null;
  #exit: ThreadExit | null = null;
  #terminating: Promise<void> | null = null;

  constructor(options: DataThreadOptions) {
    this.#options = options;
    this.thread = options.thread;
    this.#worker = options.worker;
    this.#counters = new CounterStore(options.worker.memory);
    this.startedAtMs = options.clock.now();
    this.#watch = new BeatWatch({ beat: 0, nowMs: this.startedAtMs, maxStepMs: options.maxLookStepMs });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gone = promise;
    this.#attach(resolve);
  }

  get state(): DataThreadState {
    return this.#stalled && this.#phase !== 'dead' ? 'stalled' : this.#phase;
  }

  /** Of the newest snapshot it has answered; 0 before the first. */
  get appliedVersion(): number {
    return this.#appliedVersion;
  }

  /** Listeners that it could not open when it last applied a snapshot; then it kept what it had before. */
  get failures(): readonly ListenerFailure[] {
    return this.#failures;
  }

  /** Of the newest snapshot it was given, answered or not. */
  get newestVersion(): number {
    return this.#waiting?.version ?? Math.max(this.#inFlight, this.#appliedVersion);
  }

  /** Milliseconds since its heartbeat last moved, as far as it was watched. */
  get silentMs(): number {
    return this.#watch.silentMs;
  }

  /** True once its event loop runs: what carries traffic may get stuck before its first beat. */
  get hasBeaten(): boolean {
    return this.#counters.get(ThreadSlot.heartbeat) > 0 || this.#appliedVersion > 0;
  }

  /** False also while it is counted as dead but its worker has not ended. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Reads the heartbeat and returns for how long it has not moved. */
  look(nowMs: number): number {
    return this.#watch.look(this.#counters.get(ThreadSlot.heartbeat), nowMs);
  }

  set stalled(stalled: boolean) {
    this.#stalled = stalled;
  }

  /** Has it apply `snapshot`, after the one it is busy with. One that still waits is replaced by it. */
  apply(snapshot: Snapshot): void {
    if (this.#phase === 'dead' || this.#phase === 'draining') return;
    if (this.#inFlight !== 0) {
      this.#waiting = snapshot;
      return;
    }
    this.#inFlight = snapshot.version;
    this.post({ kind: 'snapshot', snapshot });
  }

  /** `deadlineMs` counts from now. Answered with the message `drained`. */
  drain(deadlineMs: number): void {
    if (this.#phase === 'dead') return;
    this.#phase = 'draining';
    this.#waiting = null;
    this.post({ kind: 'drain', deadlineMs });
  }

  discourage(on: boolean): void {
    this.post({ kind: 'discourage', on });
  }

  /** Nothing happens when it is dead. */
  post(message: ToData): void {
    if (this.#phase !== 'dead') this.#worker.post(message);
  }

  /** Ends it now, whatever it does; `why` becomes its exit. Fulfilled when it is gone or counted as gone. */
  terminate(why: ThreadExit): Promise<void> {
    this.#terminating ??= this.#terminate(why);
    return this.#terminating;
  }

  async #terminate(why: ThreadExit): Promise<void> {
    if (this.#phase === 'dead') return;
    this.#exit ??= why;
    let grace: Timer | undefined;
    const graceOver = new Promise<void>((resolve) => {
      grace = this.#options.clock.after(terminateGraceMs, resolve);
    });
    await Promise.race([this.#worker.terminate(), graceOver]);
    grace?.cancel();
    this.#end(this.#exit);
  }

  #attach(onGone: () => void): void {
    const { events } = this.#options;
    const lines = {
      stdout: new LineSplitter((line) => events.output(this, 'stdout', line)),
      stderr: new LineSplitter((line) => events.output(this, 'stderr', line)),
    };
    this.#worker.attach({
      message: (message) => this.#receive(message),
      error: (error) => {
        this.#exit ??= exitOfError(error, this.#worker.heapBytes);
      },
      exit: (code) => {
        this.#isGone = true;
        this.#end(this.#exit ?? { kind: 'exit', code });
        onGone();
      },
      output: (stream, piece) => lines[stream].push(piece),
      outputEnd: (stream) => lines[stream].end(),
    });
  }

  #receive(message: FromData): void {
    if (this.#phase === 'dead') return;
    if (message.kind === 'applied') this.#applied(message.version, message.failures);
    this.#options.events.message(this, message);
  }

  #applied(version: number, failures: readonly ListenerFailure[]): void {
    this.#appliedVersion = version;
    this.#failures = failures;
    this.#inFlight = 0;
    if (this.#phase === 'starting') this.#phase = 'serving';
    const next = this.#waiting;
    this.#waiting = null;
    if (next !== null) this.apply(next);
  }

  #end(exit: ThreadExit): void {
    if (this.#phase === 'dead') return;
    this.#phase = 'dead';
    this.#waiting = null;
    this.#options.events.exit(this, exit);
  }
}

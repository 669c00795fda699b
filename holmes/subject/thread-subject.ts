/**
 * A watched thread, put together: a link for captures, the board and /proc for readings, the recorder, the probe and the
 * heap sampler. How one gets into the thread is its access, the only thing in which workers and the main thread differ.
 */
import { randomUUID } from 'node:crypto';
import { BoardReader } from '../agent/board.ts';
import { collectExpression, removeExpression } from '../agent/invitation.ts';
import type { Joined } from '../agent/joined.ts';
import type { Clock } from '../clock.ts';
import { evaluate } from '../link/evaluate.ts';
import { type Link, LinkError } from '../link/link.ts';
import type { CpuProfile } from '../profile/cpu-profile.ts';
import { originOf } from '../profile/frame-origin.ts';
import type { HandleProfile, KernelState, StackSample } from '../profile/handle-profile.ts';
import type { HeapProfile } from '../profile/heap-profile.ts';
import type { ReadingName, Readings } from '../reading.ts';
import { FlightRecorder } from '../recorder/flight-recorder.ts';
import { HeapSampler } from '../recorder/heap-sampler.ts';
import { StackProbe } from '../recorder/stack-probe.ts';
import { ThreadProc } from '../sample/thread-proc.ts';
import type { RecorderSettings } from '../settings.ts';
import type { CaptureKind, CutRequest, Pulse, Subject, SubjectEnd } from './subject.ts';

/** The way into a thread. */
export interface ThreadAccess {
  /** Links and joins. Called once; what it has opened when it rejects, it closes. */
  open(): Promise<Entry>;
  /** Fulfilled when the thread ends by itself; never, where that cannot be seen. */
  readonly ended: Promise<SubjectEnd>;
  /** What is known to be ending the thread, before its end is reported; `null`: nothing. */
  readonly cause: SubjectEnd | null;
  /** Stops looking for the end of the thread. */
  leave(): void;
}

export interface Entry {
  readonly link: Link;
  readonly joined: Joined;
}

export interface ThreadSubjectOptions {
  readonly name: string;
  readonly title: string;
  readonly access: ThreadAccess;
  readonly clock: Clock;
  readonly recorder: RecorderSettings;
}

interface Parts {
  readonly link: Link;
  readonly board: BoardReader;
  readonly proc: ThreadProc;
  readonly recorder: FlightRecorder;
  readonly probe: StackProbe;
  readonly heap: HeapSampler;
}

const readings: readonly ReadingName[] = [
  'cpu',
  'cpu_wait',
  'heap',
  'heap_bytes',
  'external_bytes',
  'event_loop_utilization',
  'event_loop_delay_p50',
  'event_loop_delay_p99',
  'event_loop_delay_max',
  'gc_pause',
  'handles',
  'async_resources',
  'sockets',
];
const captures: readonly CaptureKind[] = ['cpu', 'heap', 'handles', 'stack', 'snapshot'];

/** A window is armed with the next beat: so much longer until it is over. */
const armSlackMs = 200;
const leaveTimeoutMs = 1000;

export class ThreadSubject implements Subject {
  readonly name: string;
  readonly kind = 'thread';
  readonly title: string;
  readonly readings: readonly ReadingName[] = readings;
  readonly captures: readonly CaptureKind[] = captures;
  readonly ended: Promise<SubjectEnd>;
  readonly #access: ThreadAccess;
  readonly #clock: Clock;
  readonly #recorderSettings: RecorderSettings;
  readonly #windowListeners: ((profile: CpuProfile) => void)[] = [];
  readonly #fulfilEnded: (end: SubjectEnd) => void;
  #parts: Parts | null = null;
  #state: 'new' | 'started' | 'over' = 'new';
  #closing: Promise<void> | null = null;

  constructor({ name, title, access, clock, recorder }: ThreadSubjectOptions) {
    this.name = name;
    this.title = title;
    this.#access = access;
    this.#clock = clock;
    this.#recorderSettings = recorder;
    const { promise, resolve } = Promise.withResolvers<SubjectEnd>();
    this.ended = promise;
    this.#fulfilEnded = resolve;
    void access.ended.then((end) => this.#end(end));
  }

  async start(): Promise<void> {
    if (this.#isOver()) throw new LinkError('closed', `${this.title} has ended`);
    if (this.#state !== 'new') throw new Error(`${this.title} has been started before`);
    this.#state = 'started';
    const entry = await this.#access.open();
    const parts = this.#assemble(entry);
    this.#parts = parts;
    // The thread knows from here on that somebody looks, also when it ends in a moment.
    parts.board.pulse();
    try {
      if (this.#isOver()) throw new LinkError('closed', `${this.title} was closed while it was being joined`);
      await parts.recorder.start();
      await parts.heap.start();
    } catch (error) {
      await this.#leaveThread(parts);
      throw error;
    }
  }

  sample(): Readings {
    if (this.#parts === null || this.#isOver()) return {};
    const { board, proc } = this.#parts;
    return { ...board.sample(), ...proc.sample() };
  }

  pulse(): Pulse | null {
    return this.#isOver() ? null : (this.#parts?.board.pulse() ?? null);
  }

  kernelState(): KernelState {
    return this.#parts?.proc.kernelState() ?? { kind: 'unknown', waitChannel: '', systemCall: '' };
  }

  async cutCpu(request: CutRequest): Promise<CpuProfile> {
    return this.#linked('cpu').recorder.cut(request);
  }

  async heapProfile(): Promise<HeapProfile> {
    return this.#linked('heap').heap.profile();
  }

  async handles(armMs: number): Promise<HandleProfile> {
    const { link, board } = this.#linked('handles');
    if (armMs > 0) {
      board.arm(armMs);
      await this.#pass(armMs + armSlackMs, link);
    }
    const text = await evaluate(link, collectExpression);
    return JSON.parse(String(text)) as HandleProfile;
  }

  async stacks(count: number): Promise<readonly StackSample[]> {
    const looks = await this.#linked('stack').probe.look(count);
    // What is seen of a thread at rest is the agent's own beat.
    return looks.filter(({ frames }) => frames.some((frame) => originOf(frame) === 'program'));
  }

  async snapshot(write: (piece: string) => void): Promise<void> {
    return this.#linked('snapshot').heap.snapshot(write);
  }

  onWindow(listener: (profile: CpuProfile) => void): void {
    if (this.#parts === null) this.#windowListeners.push(listener);
    else this.#parts.recorder.onWindow(listener);
  }

  letGo(): void {
    this.#parts?.board.letGo();
  }

  /** Waits a second at most for a thread that does not answer. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const parts = this.#parts;
    const isExiting = parts !== null && !this.#isOver() && parts.board.pulse()?.lastWords === 'exit';
    // Who hears of the end of the thread first may close us before we do.
    if (!isExiting) this.#end(this.#access.cause ?? { kind: 'closed', detail: '' });
    if (parts === null) return;
    if (!isExiting) return this.#leaveThread(parts);
    // It waits for us on its way out, and takes everything with it. Its end says how it ended.
    parts.link.close();
    parts.board.letGo();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.after(leaveTimeoutMs, resolve);
    await Promise.race([this.#access.ended, late]);
    timer.cancel();
    this.#end({ kind: 'exit', detail: '' });
  }

  #assemble({ link, joined }: Entry): Parts {
    const clock = this.#clock;
    // Unique, so that a second watcher of this thread in the same process does not take these windows for its own.
    const title = `holmes ${this.name} ${randomUUID()}`;
    const recorder = new FlightRecorder({ link, clock, settings: this.#recorderSettings, title });
    for (const listener of this.#windowListeners) recorder.onWindow(listener);
    return {
      link,
      board: new BoardReader(joined, clock),
      proc: new ThreadProc(joined.tid, clock),
      recorder,
      probe: new StackProbe({ link, clock }),
      heap: new HeapSampler(link),
    };
  }

  /** The thread answers these in the order in which they are sent. */
  async #leaveThread({ link, board, proc, recorder, heap }: Parts): Promise<void> {
    board.letGo();
    proc.close();
    await Promise.allSettled([
      recorder.close(),
      heap.close(),
      evaluate(link, removeExpression, leaveTimeoutMs),
    ]);
    link.close();
  }

  #linked(kind: CaptureKind): Parts {
    if (this.#parts === null || this.#isOver()) {
      throw new LinkError('closed', `${kind}: ${this.title} is not being watched`);
    }
    return this.#parts;
  }

  /** Waits; rejects with a `LinkError` when the thread goes meanwhile. */
  async #pass(delayMs: number, link: Link): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<'passed'>();
    const timer = this.#clock.after(delayMs, () => resolve('passed'));
    const outcome = await Promise.race([promise, link.closed]);
    timer.cancel();
    if (outcome !== 'passed') throw new LinkError('closed', `${this.title} has gone`);
  }

  #isOver(): boolean {
    return this.#state === 'over';
  }

  #end(end: SubjectEnd): void {
    if (this.#isOver()) return;
    this.#state = 'over';
    this.#access.leave();
    if (end.kind !== 'closed') this.#parts?.proc.close();
    this.#fulfilEnded(end);
  }
}

/**
 * A CPU profile of a thread that is always running, cut into windows, so that a capture shows what led to its trigger and
 * names the function that was running already: V8 does not know the code of a loop that is on the stack when a profile
 * starts, and a call into native code answers nothing until it returns.
 *
 * Windows are made by `console.profile`: the next begins before the last one ends, so that V8 keeps its books and need not
 * walk the heap again. A window ends when the thread says so, however long that takes; nothing is sent to it meanwhile.
 */
import type { Clock, Timer } from '../clock.ts';
import { evaluate } from '../link/evaluate.ts';
import { type Link, LinkError } from '../link/link.ts';
import type { CpuProfile } from '../profile/cpu-profile.ts';
import type { RecorderSettings } from '../settings.ts';
import type { CutRequest } from '../subject/subject.ts';
import { trimCpuProfile } from './cpu-window.ts';
import { WindowHistory } from './window-history.ts';

export interface FlightRecorderOptions {
  readonly link: Link;
  readonly clock: Clock;
  readonly settings: RecorderSettings;
  /** Unique among all that profile the thread: it tells this recorder's windows from other people's. */
  readonly title: string;
  /** How long a cut waits for the thread after its time has come, by default a minute. */
  readonly answerTimeoutMs?: number;
}

interface Rotation {
  /** Title of the window that is being ended; `null`: none was running. */
  readonly ending: string | null;
  readonly done: Promise<void>;
}

/** A cut that waits for its end. */
interface Cut {
  readonly fromMs: number;
  readonly reject: (error: LinkError) => void;
}

const closeTimeoutMs = 1000;
/** After an error, or when somebody ended the window, recording is taken up again so much later. */
const retryMs = 1000;

export class FlightRecorder {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #settings: RecorderSettings;
  readonly #title: string;
  readonly #answerTimeoutMs: number;
  readonly #history = new WindowHistory();
  readonly #cuts = new Set<Cut>();
  readonly #listeners = new Set<(profile: CpuProfile) => void>();
  /** Title of the window that is being recorded; `null`: none is. */
  #running: string | null = null;
  #rotation: Rotation | null = null;
  #windows = 0;
  #timer: Timer | null = null;
  #leave: (() => void) | null = null;
  #closed = false;

  constructor(options: FlightRecorderOptions) {
    this.#link = options.link;
    this.#clock = options.clock;
    this.#settings = options.settings;
    this.#title = options.title;
    this.#answerTimeoutMs = options.answerTimeoutMs ?? 60_000;
    void this.#link.closed.then(() => this.#end('the thread has gone'));
  }

  /** Begins to record. Rejects with a `LinkError` when the thread does not let it. Call it once. */
  async start(): Promise<void> {
    this.#leave = this.#link.on('Profiler.consoleProfileFinished', (params) => this.#finished(params));
    await this.#begin();
    this.#arm();
  }

  /** Hears of every window that ended, by its time or because of a cut, before the cut is answered. */
  onWindow(listener: (profile: CpuProfile) => void): void {
    this.#listeners.add(listener);
  }

  /**
   * What happened from `beforeMs` ago until `afterMs` from now, as far as it was recorded. With an `afterMs` of 0 the end
   * is when the thread answers. Rejects with a `LinkError`: `closed`, also in the middle, when the thread goes; `timeout`;
   * `refused` when recording could not be taken up.
   */
  async cut({ beforeMs, afterMs }: CutRequest): Promise<CpuProfile> {
    if (this.#closed) throw new LinkError('closed', 'cpu profile: nothing is recorded any more');
    const triggerMs = this.#clock.now();
    const { promise: gone, reject } = Promise.withResolvers<never>();
    // Nobody may be waiting for it at the moment.
    gone.catch(() => undefined);
    const cut: Cut = { fromMs: triggerMs - beforeMs, reject };
    this.#cuts.add(cut);
    let timer: Timer | null = null;
    try {
      if (afterMs > 0) {
        const { promise: passed, resolve } = Promise.withResolvers<void>();
        timer = this.#clock.after(afterMs, resolve);
        await Promise.race([passed, gone]);
      }
      const wait = this.#answerTimeoutMs;
      timer = this.#clock.after(wait, () =>
        reject(new LinkError('timeout', `cpu profile: no answer in ${wait} ms`)),
      );
      await Promise.race([this.#rotate(), gone]);
      return this.#extract(cut.fromMs, afterMs > 0 ? triggerMs + afterMs : Number.POSITIVE_INFINITY);
    } finally {
      timer?.cancel();
      this.#cuts.delete(cut);
    }
  }

  /** Ends recording, waiting a second at most for a thread that does not answer. Waiting cuts are rejected. */
  async close(): Promise<void> {
    const started = this.#leave !== null;
    if (!this.#end('the recorder was closed') || !started) return;
    // Ends every window of this link, and with the last one V8's profiler.
    await this.#link.post('Profiler.disable', undefined, closeTimeoutMs).catch(() => undefined);
  }

  #extract(fromMs: number, toMs: number): CpuProfile {
    const profile = this.#history.between(fromMs, toMs);
    if (profile === null) throw new LinkError('refused', 'cpu profile: nothing was recorded of that time');
    return profile;
  }

  /** Ends the running window and begins the next. A rotation that the thread has not answered yet counts for all. */
  async #rotate(): Promise<void> {
    if (this.#rotation === null) {
      const ending = this.#running;
      this.#timer?.cancel();
      const done = (ending === null ? this.#begin() : this.#exchange(ending)).finally(() => {
        this.#rotation = null;
        this.#arm();
      });
      this.#rotation = { ending, done };
    }
    return this.#rotation.done;
  }

  async #exchange(ending: string): Promise<void> {
    const next = this.#nextTitle();
    try {
      // Before the answer, for an end that somebody else brings about.
      this.#running = next;
      await this.#evaluate(`c.profile(${JSON.stringify(next)});c.profileEnd(${JSON.stringify(ending)})`);
    } catch (error) {
      this.#running = null;
      if (!this.#closed) await this.#begin();
      throw error;
    }
  }

  /** Takes up recording from nothing, or from whatever an error has left. */
  async #begin(): Promise<void> {
    await this.#link.post('Profiler.disable');
    await this.#link.post('Profiler.enable');
    await this.#link.post('Profiler.setSamplingInterval', { interval: this.#settings.intervalUs });
    const title = this.#nextTitle();
    await this.#evaluate(`c.profile(${JSON.stringify(title)})`);
    this.#running = title;
  }

  /** Calls the console of the inspector itself: the global one may be somebody else's by now. */
  async #evaluate(calls: string): Promise<void> {
    const expression = `{const c=process.getBuiltinModule('node:inspector').console;${calls}}`;
    await evaluate(this.#link, expression, Number.POSITIVE_INFINITY);
  }

  #finished(params: unknown): void {
    const { title, profile } = params as { readonly title?: string; readonly profile: CpuProfile };
    if (title === undefined || !title.startsWith(`${this.#title} `)) return;
    // Somebody's console.profileEnd() without a title ends the newest profile, whosoever it is.
    if (title === this.#running && title !== this.#rotation?.ending) {
      this.#running = null;
      this.#arm();
    }
    this.#keep(profile);
  }

  #keep(profile: CpuProfile): void {
    const nowMs = this.#clock.now();
    this.#history.add(profile, nowMs);
    let keepFromMs = nowMs - Math.max(this.#settings.beforeMs, 0);
    for (const { fromMs } of this.#cuts) keepFromMs = Math.min(keepFromMs, fromMs);
    this.#history.forget(keepFromMs);
    if (this.#listeners.size === 0) return;
    const window = trimCpuProfile(profile, profile.startTime, profile.endTime);
    for (const listener of this.#listeners) listener(window);
  }

  #arm(): void {
    this.#timer?.cancel();
    if (this.#closed) return;
    const { windowMs } = this.#settings;
    this.#timer = this.#clock.after(this.#running === null ? Math.min(windowMs, retryMs) : windowMs, () => {
      // An error leaves the recorder without a window; the next round takes it up again.
      this.#rotate().catch(() => undefined);
    });
  }

  #nextTitle(): string {
    return `${this.#title} ${++this.#windows}`;
  }

  /** False: it had ended already. */
  #end(why: string): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#timer?.cancel();
    this.#leave?.();
    this.#listeners.clear();
    for (const { reject } of this.#cuts) reject(new LinkError('closed', `cpu profile: ${why}`));
    return true;
  }
}

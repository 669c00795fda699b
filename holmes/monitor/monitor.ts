/**
 * Watches subjects: samples them, judges by rules, captures, explains and keeps. Runs on a thread that none of its
 * subjects is, so that it goes on while they are stuck.
 */
import type { CaptureFormat, CaptureRecord, ProgramInfo } from '../capture/capture.ts';
import type { Clock, Timer } from '../clock.ts';
import type { HolmesLog } from '../log.ts';
import type { CpuProfile } from '../profile/cpu-profile.ts';
import type { RingView } from '../reading.ts';
import { CaptureBudget } from '../rule/budget.ts';
import { Cooldowns } from '../rule/cooldown.ts';
import { type Decision, Verdict } from '../rule/decision.ts';
import { DecisionLog } from '../rule/decision-log.ts';
import type { Settings, SettingsChange } from '../settings.ts';
import { applyChange } from '../settings-change.ts';
import type { CaptureStore } from '../store/store.ts';
import type { CaptureKind, Subject, SubjectEnd } from '../subject/subject.ts';
import { Captures, messageOf } from './captures.ts';
import { type Comparison, comparisonsOf } from './comparison.ts';
import { orderOfRequest, urgentOrder } from './orders.ts';
import { Post } from './post.ts';
import { type RoundOptions, SamplingRound } from './sampling-round.ts';
import {
  CaptureRefused,
  type CaptureRequest,
  type MonitorFigures,
  type MonitorView,
  type SubjectView,
} from './view.ts';
import { WatchRound } from './watch-round.ts';

export interface MonitorOptions {
  readonly settings: Settings;
  /** Opened before the start; the monitor closes it. */
  readonly store: CaptureStore;
  /** Asked at every capture: the configuration may have changed. */
  readonly program: () => ProgramInfo;
  readonly clock: Clock;
  readonly log: HolmesLog;
  /** A short name for the file of a URL; `null`: the default. */
  readonly fileName?: (url: string) => string | null;
  /** Who a module belongs to, such as `filter audit`; empty: nobody known. */
  readonly ownerOf?: (url: string) => string;
  readonly onCapture?: (record: CaptureRecord) => void;
}

const watchPeriodMs = 100;
const maxSeconds = 120;
/** To read the heap makes V8 collect all garbage: about 100 ms at this size. Larger heaps are read when there is a reason. */
const maxComparedHeapBytes: number = 256 * 1024 * 1024;
/** At the end, what is being taken gets so long. */
const closeGraceMs = 1000;

export class Monitor implements MonitorView {
  readonly #options: MonitorOptions;
  readonly #posts = new Map<string, Post>();
  readonly #decisions: DecisionLog = new DecisionLog();
  readonly #budget: CaptureBudget;
  readonly #captures: Captures;
  readonly #sampling: SamplingRound;
  readonly #watching: WatchRound;
  #settings: Settings;
  #timers: Timer[] = [];
  #phase: 'idle' | 'running' | 'closed' = 'idle';

  constructor(options: MonitorOptions) {
    const { clock, store, log, program } = options;
    this.#options = options;
    this.#settings = options.settings;
    this.#budget = new CaptureBudget(options.settings.maxCapturesPerMinute);
    this.#captures = new Captures({
      store,
      decisions: this.#decisions,
      program,
      clock,
      log,
      fileName: options.fileName ?? (() => null),
      ownerOf: options.ownerOf ?? (() => ''),
      onCapture: options.onCapture ?? (() => {}),
    });
    const round: RoundOptions = {
      posts: () => [...this.#posts.values()],
      settings: () => this.#settings,
      decisions: this.#decisions,
      cooldowns: new Cooldowns(),
      budget: this.#budget,
      captures: this.#captures,
      clock,
    };
    this.#sampling = new SamplingRound(round);
    this.#watching = new WatchRound(round);
  }

  /** Begins; the store has been opened. A subject that cannot be watched does not stop the others. */
  async start(): Promise<void> {
    if (this.#phase !== 'idle') return;
    this.#phase = 'running';
    this.#captures.pushTo(this.#settings.pyroscope);
    this.#schedule();
    await Promise.all([...this.#posts.values()].map((post) => this.#begin(post)));
  }

  /** Begins to watch `subject`; one of the same name, which must have ended, is forgotten. The monitor closes it. */
  add(subject: Subject): void {
    if (this.#phase === 'closed') {
      void subject.close();
      return;
    }
    const post = new Post(subject);
    void this.#posts.get(subject.name)?.subject.close();
    this.#posts.set(subject.name, post);
    if (this.#phase === 'running') void this.#begin(post);
  }

  /** Stops watching, and closes the store. Captures that are being taken get a second. */
  async close(): Promise<void> {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    for (const timer of this.#timers.splice(0)) timer.cancel();
    await this.#captures.close(closeGraceMs);
    await Promise.allSettled([...this.#posts.values()].map(({ subject }) => subject.close()));
    await this.#options.store.close();
  }

  subjects(): readonly SubjectView[] {
    return [...this.#posts.values()].map((post) => post.view());
  }

  rings(): readonly RingView[] {
    return [...this.#posts.values()].map((post) => post.ringView());
  }

  /** Averages and limits of the newest readings, of every reading that a rule watches. */
  comparisons(): readonly Comparison[] {
    return [...this.#posts.values()].flatMap((post) => comparisonsOf(post, this.#settings.rules));
  }

  decisions(options: { readonly quiet?: boolean; readonly limit?: number } = {}): readonly Decision[] {
    return this.#decisions.newest({ quiet: options.quiet ?? false, limit: options.limit ?? 100 });
  }

  settings(): Settings {
    return this.#settings;
  }

  configure(change: SettingsChange): Settings {
    const settings = applyChange(this.#settings, change);
    this.#settings = settings;
    this.#options.store.configure(settings.limits);
    this.#budget.configure(settings.maxCapturesPerMinute);
    if (this.#phase === 'running') {
      this.#captures.pushTo(settings.pyroscope);
      this.#schedule();
    }
    return settings;
  }

  async capture(request: CaptureRequest): Promise<CaptureRecord> {
    const post = this.#postFor(request);
    const { kind, seconds } = request;
    const decision = this.#note(post, 'request', kind, 'somebody asked for it');
    const order = orderOfRequest(kind, decision, seconds, this.#settings.recorder);
    try {
      return await this.#captures.carryOut(post, order);
    } catch (cause) {
      if (cause instanceof CaptureRefused) throw cause;
      throw new CaptureRefused('failed', messageOf(cause));
    }
  }

  list(): readonly CaptureRecord[] {
    return this.#options.store.list();
  }

  get(id: string): CaptureRecord | null {
    return this.#options.store.get(id);
  }

  read(id: string, format: CaptureFormat): Promise<Uint8Array | null> {
    return this.#options.store.read(id, format);
  }

  delete(id: string): Promise<boolean> {
    return this.#options.store.delete(id);
  }

  figures(): MonitorFigures {
    return {
      decisions: this.#decisions.counts(),
      ...this.#captures.figures,
      store: this.#options.store.figures(),
      sampleSeconds: this.#sampling.cpuSeconds,
    };
  }

  // ------------------------------------------------------------------------------------- subjects

  // starting -> watched | failed, then -> ended
  async #begin(post: Post): Promise<void> {
    const { subject } = post;
    subject.onWindow((profile) => this.#learn(post, profile));
    void subject.ended.then((end) => this.#ended(post, end));
    try {
      await subject.start();
      if (post.state === 'starting') post.state = 'watched';
    } catch (cause) {
      if (post.state !== 'starting') return;
      post.state = 'failed';
      post.problem = messageOf(cause);
      this.#options.log.warn(`${subject.title} cannot be watched: ${post.problem}`, { subject: post.name });
    }
  }

  #ended(post: Post, end: SubjectEnd): void {
    const wasWatched = post.isWatched;
    post.state = 'ended';
    post.problem = end.kind === 'closed' ? '' : end.detail;
    if (!wasWatched || this.#phase !== 'running' || end.kind !== 'out_of_memory') return;
    const reason = `${post.subject.title} ran out of memory: ${end.detail}`;
    const decision = this.#note(post, 'out_of_memory', 'heap', reason);
    const order = urgentOrder('heap', decision, this.#settings.recorder, end.detail);
    this.#captures.fromLastHeap(post, order)?.catch((cause: unknown) => {
      this.#options.log.warn(`the last heap profile of ${post.subject.title} is lost: ${messageOf(cause)}`);
    });
  }

  /** What a thread does while nothing is wrong is what captures are compared with. */
  #learn(post: Post, profile: CpuProfile): void {
    const { clock } = this.#options;
    const { windowMs } = this.#settings.recorder;
    const hadPeace = clock.now() - post.disturbedMs > windowMs;
    if (!hadPeace || post.state !== 'watched' || post.capturing !== null) return;
    post.baseline.addCpu(profile);
    const [heapBytes = 0] = post.ring.valuesOf('heap_bytes').slice(-1);
    if (post.wantsReading() && heapBytes <= maxComparedHeapBytes) void this.#compareLater(post);
  }

  async #compareLater(post: Post): Promise<void> {
    const { clock } = this.#options;
    try {
      const heap = await post.subject.heapProfile();
      const at = clock.wall();
      post.baseline.setHeap(heap, at);
      post.noteHeap(heap, at);
      post.baseline.addHandles(await post.subject.handles(0), clock.wall());
    } catch {
      // A thread that has gone, or is stuck since: there will be another window.
    }
  }

  // ------------------------------------------------------------------------------------- captures on request

  #postFor({ subject, kind, seconds }: CaptureRequest): Post {
    const post = this.#posts.get(subject);
    if (post === undefined) {
      const known = [...this.#posts.keys()].join(', ');
      throw new CaptureRefused('unknown_subject', `there is no subject "${subject}"; there are ${known}`);
    }
    if (!post.subject.captures.includes(kind)) {
      const able = [...this.#posts.values()].filter((other) => other.subject.captures.includes(kind));
      const names = able.map(({ name }) => name).join(', ') || 'nobody';
      throw new CaptureRefused('unsupported', `${post.subject.title} has no ${kind} capture; ${names} has`);
    }
    if (!post.isWatched) {
      throw new CaptureRefused(
        'failed',
        `${post.subject.title} is not watched: ${post.problem || post.state}`,
      );
    }
    if (seconds !== undefined && !(seconds >= 1 && seconds <= maxSeconds)) {
      throw new CaptureRefused('bad_request', `seconds: expected 1 to ${maxSeconds}, got ${seconds}`);
    }
    return post;
  }

  #note(post: Post, rule: Decision['rule'], capture: CaptureKind, reason: string): Decision {
    return this.#decisions.add({
      at: this.#options.clock.wall(),
      subject: post.name,
      rule,
      verdict: Verdict.Capture,
      by: null,
      reason,
      value: Number.NaN,
      average: Number.NaN,
      capture,
      captureId: null,
    });
  }

  #schedule(): void {
    const { clock } = this.#options;
    for (const timer of this.#timers.splice(0)) timer.cancel();
    this.#timers.push(
      clock.every(this.#settings.intervalMs, () => this.#sampling.run()),
      clock.every(watchPeriodMs, () => this.#watching.run()),
    );
  }
}

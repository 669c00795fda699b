/**
 * Carries out orders: one capture at a time per subject, each with an end, explained, stored, counted and pushed. A
 * capture that fails is a line in the log and a figure, never more.
 */
import { isDeepStrictEqual } from 'node:util';
import type { CaptureRecord, ProgramInfo } from '../capture/capture.ts';
import { CaptureIds } from '../capture/capture-id.ts';
import type { CaptureOrder } from '../capture/order.ts';
import { heapTaken, type Taken, type TakeTools, take } from '../capture/take.ts';
import type { Clock } from '../clock.ts';
import { SourceFiles } from '../diagnosis/source-files.ts';
import type { HolmesLog } from '../log.ts';
import { PyroscopePush } from '../push/pyroscope.ts';
import type { DecisionLog } from '../rule/decision-log.ts';
import type { PyroscopeSettings } from '../settings.ts';
import type { CaptureStore } from '../store/store.ts';
import { CaptureCounts, type CaptureResult } from './capture-counts.ts';
import type { Post } from './post.ts';
import { CaptureRefused, type MonitorFigures } from './view.ts';

export interface CapturesOptions {
  readonly store: CaptureStore;
  readonly decisions: DecisionLog;
  readonly program: () => ProgramInfo;
  readonly clock: Clock;
  readonly log: HolmesLog;
  readonly fileName: (url: string) => string | null;
  readonly ownerOf: (url: string) => string;
  readonly onCapture: (record: CaptureRecord) => void;
}

/** Beyond what the capture itself is meant to take: a thread in a long native call answers when that is over. */
const graceMs = 120_000;

export class Captures {
  readonly #options: CapturesOptions;
  readonly #sources: SourceFiles = new SourceFiles();
  readonly #ids: CaptureIds = new CaptureIds();
  readonly #counts: CaptureCounts = new CaptureCounts();
  readonly #running = new Set<Promise<unknown>>();
  #push: PyroscopePush | null = null;
  /** Of those before it: sums do not run backwards. */
  #pushedBefore: MonitorFigures['pushed'] = { sent: 0, failed: 0, dropped: 0 };
  #pushSettings: PyroscopeSettings | null = null;

  constructor(options: CapturesOptions) {
    this.#options = options;
  }

  get figures(): Pick<MonitorFigures, 'captures' | 'latest' | 'pushed'> {
    const { counts, latest } = this.#counts;
    return { captures: counts, latest, pushed: this.#pushed() };
  }

  pushTo(settings: PyroscopeSettings | null): void {
    if (isDeepStrictEqual(settings, this.#pushSettings)) return;
    this.#pushedBefore = this.#pushed();
    void this.#push?.close();
    this.#pushSettings = settings;
    const { program, clock, log } = this.#options;
    this.#push = settings === null ? null : new PyroscopePush({ settings, program: program(), clock, log });
  }

  /** For a rule: nobody waits for it. */
  order(post: Post, order: CaptureOrder): void {
    void this.carryOut(post, order).catch((cause: unknown) => {
      this.#options.log.warn(`no ${order.kind} capture of ${post.subject.title}: ${messageOf(cause)}`, {
        subject: post.name,
        rule: order.rule,
      });
    });
  }

  /** Rejects with `CaptureRefused` when the subject is busy with another, or with the reason why it failed. */
  carryOut(post: Post, order: CaptureOrder): Promise<CaptureRecord> {
    return this.#track(this.#carryOut(post, order, () => take(post.subject, order, this.#tools(post))));
  }

  /** A capture of what the last heap profile said, of a thread that is gone. */
  fromLastHeap(post: Post, order: CaptureOrder): Promise<CaptureRecord> | null {
    const { lastHeap } = post;
    if (lastHeap === null) return null;
    const taking = () => heapTaken(lastHeap.profile, post.subject, order, this.#tools(post));
    return this.#track(this.#carryOut(post, order, taking));
  }

  /** Waits for what is being taken, at most `ms`, and for what is being pushed. */
  async close(ms: number): Promise<void> {
    const patience = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(ms, patience.resolve);
    await Promise.race([Promise.allSettled(this.#running), patience.promise]);
    timer.cancel();
    await this.#push?.close();
  }

  async #carryOut(post: Post, order: CaptureOrder, taking: () => Promise<Taken>): Promise<CaptureRecord> {
    if (post.capturing !== null && !order.urgent) {
      throw new CaptureRefused('busy', `a ${post.capturing} capture of ${post.subject.title} is being taken`);
    }
    const { clock } = this.#options;
    const startedMs = clock.now();
    if (!order.urgent) post.capturing = order.kind;
    try {
      const taken = await this.#bounded(taking(), order);
      return await this.#store(post, order, taken, clock.now() - startedMs);
    } catch (cause) {
      this.#count(post, order, 'failed');
      throw cause;
    } finally {
      if (!order.urgent) post.capturing = null;
    }
  }

  async #bounded(taking: Promise<Taken>, order: CaptureOrder): Promise<Taken> {
    const limitMs = Math.max(order.afterMs, order.armMs) + graceMs;
    const late = Promise.withResolvers<never>();
    const timer = this.#options.clock.after(limitMs, () =>
      late.reject(new CaptureRefused('failed', `the thread gave no answer within ${limitMs / 1000} s`)),
    );
    try {
      return await Promise.race([taking, late.promise]);
    } finally {
      timer.cancel();
      // An answer that comes later is nobody's any more.
      taking.catch(() => {});
    }
  }

  async #store(post: Post, order: CaptureOrder, taken: Taken, tookMs: number): Promise<CaptureRecord> {
    const { store, decisions, program, onCapture } = this.#options;
    const { from, to, files, stacks, kernel, diagnosis, heap } = taken;
    if (heap !== undefined) post.noteHeap(heap, to);
    const record = await store.put(
      {
        id: this.#ids.next(order.at, post.name, order.kind),
        subject: post.name,
        kind: order.kind,
        rule: order.rule,
        reason: order.reason,
        decisionId: order.decisionId,
        at: order.at,
        from,
        to,
        tookMs,
        readings: post.ringView(),
        kernel,
        stacks,
        program: program(),
        diagnosis,
      },
      files,
    );
    decisions.link(order.decisionId, record.id);
    this.#count(post, order, store.figures().problem === '' ? 'stored' : 'unsaved', record);
    const pprof = files.find(({ format }) => format === 'pb.gz');
    if (pprof !== undefined && 'bytes' in pprof) this.#push?.offer(record, pprof.bytes);
    onCapture(record);
    return record;
  }

  #pushed(): MonitorFigures['pushed'] {
    const before = this.#pushedBefore;
    const now = this.#push?.figures();
    if (now === undefined) return before;
    return {
      sent: before.sent + now.sent,
      failed: before.failed + now.failed,
      dropped: before.dropped + now.dropped,
    };
  }

  #count(post: Post, order: CaptureOrder, result: CaptureResult, record?: CaptureRecord): void {
    this.#counts.add({ subject: post.name, rule: order.rule, kind: order.kind, result }, record);
  }

  #tools(post: Post): TakeTools {
    const { clock, store, fileName, ownerOf } = this.#options;
    return {
      clock,
      store,
      baseline: post.baseline,
      readings: () => post.ringView(),
      fileName,
      ownerOf,
      sources: this.#sources,
    };
  }

  #track<T>(running: Promise<T>): Promise<T> {
    this.#running.add(running);
    const forget = () => void this.#running.delete(running);
    running.then(forget, forget);
    return running;
  }
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * Sends finished spans to an OTLP/gRPC receiver from the control thread. The libraries are loaded with the first span,
 * so a node without tracing does not carry them. The queue is bounded: a receiver that is away costs spans, which are
 * counted, and nothing else.
 */
import type { Clock, Random, Timer } from '../../base/index.ts';
import type { NodeIdentity } from '../../config/index.ts';
import type { SpanFigures } from '../exposition/control-metrics.ts';
import type { Log } from '../log/log.ts';
import type { SpanRecord } from '../span-record.ts';
import type { OtlpSender, QueuedSpan } from './otlp-sender.ts';

interface SpanExporterOptions {
  /** Such as `http://127.0.0.1:4317`; `https` for TLS. */
  readonly endpoint: string;
  readonly node: NodeIdentity;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly maxQueuedSpans?: number;
  readonly batchSpans?: number;
  /** How long spans may wait for a batch to fill. */
  readonly delayMs?: number;
}

const firstPauseMs = 1_000;
const maxPauseMs = 30_000;

export class SpanExporter implements SpanFigures {
  readonly #options: SpanExporterOptions;
  readonly #maxQueued: number;
  readonly #batch: number;
  readonly #delayMs: number;
  readonly #queue: QueuedSpan[] = [];
  #sender: OtlpSender | null = null;
  #running: Promise<void> | null = null;
  #endPause: (() => void) | null = null;
  #pauseMs = firstPauseMs;
  #failing = false;
  #closing = false;
  #exported = 0;
  #droppedQueueFull = 0;
  #droppedRejected = 0;
  #droppedShutdown = 0;

  constructor(options: SpanExporterOptions) {
    this.#options = options;
    this.#maxQueued = options.maxQueuedSpans ?? 8192;
    this.#batch = options.batchSpans ?? 512;
    this.#delayMs = options.delayMs ?? 1000;
  }

  get exported(): number {
    return this.#exported;
  }

  get droppedQueueFull(): number {
    return this.#droppedQueueFull;
  }

  /** Refused by the receiver in a way that another try would not change. */
  get droppedRejected(): number {
    return this.#droppedRejected;
  }

  /** Left when the time for shutting down was over. */
  get droppedShutdown(): number {
    return this.#droppedShutdown;
  }

  get queuedSpans(): number {
    return this.#queue.length;
  }

  /** Takes what there is room for. */
  accept(spans: readonly SpanRecord[]): void {
    this.#accept(spans);
  }

  #accept(spans: readonly QueuedSpan[]): void {
    if (this.#closing) {
      this.#droppedShutdown += spans.length;
      return;
    }
    const room = Math.max(0, this.#maxQueued - this.#queue.length);
    this.#droppedQueueFull += Math.max(0, spans.length - room);
    this.#queue.push(...spans.slice(0, room));
    if (this.#queue.length >= this.#batch && !this.#failing) this.#endPause?.();
    this.#start();
  }

  /** Sends what is queued, at most until `deadlineMs` from now, and drops the rest. */
  async shutdown(deadlineMs: number): Promise<void> {
    this.#closing = true;
    this.#endPause?.();
    let timer: Timer | null = null;
    const deadline = new Promise<void>((resolve) => {
      timer = this.#options.clock.after(deadlineMs, resolve);
    });
    await Promise.race([this.#running ?? Promise.resolve(), deadline]);
    this.#droppedShutdown += this.#queue.length;
    this.#queue.length = 0;
    this.#endPause?.();
    await Promise.race([this.#sender?.shutdown(), deadline]);
    (timer as Timer | null)?.cancel();
  }

  #start(): void {
    if (this.#queue.length === 0) return;
    this.#running ??= this.#run()
      .catch((error: unknown) => this.#giveUp(error))
      .finally(() => {
        this.#running = null;
        if (!this.#closing) this.#start();
      });
  }

  /** The libraries do not load or do not take the endpoint. */
  #giveUp(error: unknown): void {
    this.#droppedRejected += this.#queue.length;
    this.#queue.length = 0;
    this.#report(error instanceof Error ? error.message : String(error));
  }

  async #run(): Promise<void> {
    this.#sender ??= await this.#load();
    while (this.#queue.length > 0) {
      if (this.#queue.length < this.#batch && !this.#closing) await this.#pause(this.#delayMs);
      // Sent spans stay in the queue until they are taken, so that the bound covers them, too.
      const batch = this.#queue.slice(0, this.#batch);
      if (batch.length === 0) return;
      const outcome = await this.#sender.send(batch);
      if (outcome.kind === 'unavailable') {
        this.#report(outcome.reason);
        if (this.#closing) return;
        await this.#pause(this.#pauseMs * (0.5 + this.#options.random.next() / 2));
        this.#pauseMs = Math.min(this.#pauseMs * 2, maxPauseMs);
        continue;
      }
      // `shutdown` may have emptied the queue meanwhile and counted these as dropped.
      if (this.#queue[0] !== batch[0]) return;
      this.#queue.splice(0, batch.length);
      if (outcome.kind === 'taken') this.#taken(batch.length);
      else {
        this.#droppedRejected += batch.length;
        this.#report(outcome.reason);
      }
    }
  }

  async #load(): Promise<OtlpSender> {
    const { OtlpSender } = await import('./otlp-sender.ts');
    return new OtlpSender({
      endpoint: this.#options.endpoint,
      attributes: attributesOf(this.#options.node),
      onSpan: (span) => this.#accept([span]),
    });
  }

  #taken(spans: number): void {
    this.#exported += spans;
    if (!this.#failing) return;
    this.#failing = false;
    this.#pauseMs = firstPauseMs;
    this.#options.log.info('spans are exported again', { endpoint: this.#options.endpoint });
  }

  /** Once per episode. */
  #report(reason: string): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#options.log.warn('spans cannot be exported', { endpoint: this.#options.endpoint, reason });
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(ms, resolve);
      this.#endPause = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#endPause = null;
  }
}

/** OpenTelemetry's resource conventions. */
function attributesOf(node: NodeIdentity): Readonly<Record<string, string>> {
  return {
    'service.name': node.service === '' ? 'meshlock' : node.service,
    ...(node.version === '' ? {} : { 'service.version': node.version }),
    ...(node.id === '' ? {} : { 'service.instance.id': node.id }),
    ...(node.release === '' ? {} : { 'meshlock.release': node.release }),
  };
}

/**
 * Pushes captures to Pyroscope, one at a time from a bounded queue. What cannot be delivered is dropped and counted: the
 * capture itself lies in the store, and a collector that is down must not cost the program memory or time.
 */
import type { CaptureRecord, ProgramInfo } from '../capture/capture.ts';
import type { Clock } from '../clock.ts';
import type { HolmesLog } from '../log.ts';
import type { MonitorFigures } from '../monitor/view.ts';
import type { PyroscopeSettings } from '../settings.ts';
import { type IngestTarget, ingestBody, ingestTarget, ingestUrl } from './ingest-request.ts';

const maxQueued = 32;
/** A pprof of ten seconds has some 10 kB; so many bytes wait in an outage of hours too. */
const maxQueuedBytes: number = 16 * 1024 * 1024;
const maxRetries = 3;
const firstBackoffMs = 1000;
/** A server that asks for more (Retry-After) is asked again after this long. */
const longestBackoffMs = 30_000;
/** What is on its way when the program ends gets so long to arrive. */
const farewellMs = 1000;
/** Of an answer that refuses, for the log. */
const maxReasonBytes = 200;

export interface PyroscopePushOptions {
  readonly settings: PyroscopeSettings;
  readonly program: ProgramInfo;
  readonly clock: Clock;
  readonly log: HolmesLog;
}

interface Parcel {
  readonly record: CaptureRecord;
  readonly pprof: Uint8Array;
}

type Delivery =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs: number };

export class PyroscopePush {
  readonly #settings: PyroscopeSettings;
  readonly #target: IngestTarget | null;
  readonly #clock: Clock;
  readonly #log: HolmesLog;
  readonly #queue: Parcel[] = [];
  /** Ends what is being waited for: an answer, or the next try. */
  #interrupt: () => void = () => {};
  #queuedBytes = 0;
  #working: Promise<void> | null = null;
  #isPausing = false;
  #isClosed = false;
  #sent = 0;
  #failed = 0;
  #dropped = 0;

  constructor({ settings, program, clock, log }: PyroscopePushOptions) {
    this.#settings = settings;
    this.#target = ingestTarget(settings, program);
    this.#clock = clock;
    this.#log = log;
    if (this.#target === null)
      log.warn('captures are not pushed: the address of Pyroscope is no http or https URL');
  }

  /** Takes it, or drops it when 32 captures or 16 MiB wait already. Never throws. */
  offer(record: CaptureRecord, pprof: Uint8Array): void {
    const hasRoom = this.#queue.length < maxQueued && this.#queuedBytes + pprof.length <= maxQueuedBytes;
    if (this.#target === null || this.#isClosed || !hasRoom) {
      this.#dropped++;
      return;
    }
    this.#queue.push({ record, pprof });
    this.#queuedBytes += pprof.length;
    this.#working ??= this.#work(this.#target);
  }

  figures(): MonitorFigures['pushed'] {
    return { sent: this.#sent, failed: this.#failed, dropped: this.#dropped };
  }

  /** Drops what waits; what is on its way gets a second. Fulfilled when nothing goes on any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#dropped += this.#queue.length;
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    if (this.#isPausing) this.#interrupt();
    const timer = this.#clock.after(farewellMs, () => this.#interrupt());
    await this.#working;
    timer.cancel();
  }

  async #work(target: IngestTarget): Promise<void> {
    for (let parcel = this.#queue.shift(); parcel !== undefined; parcel = this.#queue.shift()) {
      this.#queuedBytes -= parcel.pprof.length;
      await this.#deliver(target, parcel);
    }
    this.#working = null;
  }

  /** Never rejects. */
  async #deliver(target: IngestTarget, parcel: Parcel): Promise<void> {
    for (let retries = 0; ; retries++) {
      const delivery = await this.#attempt(target, parcel);
      if (delivery.kind === 'sent') {
        this.#sent++;
        return;
      }
      const isFinal = delivery.kind === 'refused' || retries === maxRetries || this.#isClosed;
      if (!isFinal) await this.#pause(Math.max(delivery.afterMs, firstBackoffMs * 2 ** retries));
      if (!isFinal && !this.#isClosed) continue;
      this.#failed++;
      const where = `${target.url.origin}${target.url.pathname}`;
      this.#log.warn(`capture ${parcel.record.id} was not pushed to ${where}: ${delivery.reason}`);
      return;
    }
  }

  async #attempt(target: IngestTarget, { record, pprof }: Parcel): Promise<Delivery> {
    const { timeoutMs, application } = this.#settings;
    const giveUp = new AbortController();
    this.#interrupt = () => giveUp.abort();
    const timer = this.#clock.after(timeoutMs, this.#interrupt);
    try {
      const response = await fetch(ingestUrl(target, application, record), {
        method: 'POST',
        headers: target.headers,
        body: ingestBody(pprof),
        // A redirect of a POST arrives as a GET somewhere else: it is a wrong address, and says so.
        redirect: 'manual',
        signal: giveUp.signal,
      });
      return await this.#judge(response);
    } catch (error) {
      const reason = giveUp.signal.aborted ? `no answer within ${timeoutMs} ms` : networkReason(error);
      return { kind: 'later', reason, afterMs: 0 };
    } finally {
      timer.cancel();
    }
  }

  async #judge(response: Response): Promise<Delivery> {
    if (response.ok) {
      await response.body?.cancel();
      return { kind: 'sent' };
    }
    const { status, headers } = response;
    const reason = `it answers ${status} ${await this.#reasonIn(response)}`.trimEnd();
    if (status !== 429 && status < 500) return { kind: 'refused', reason };
    const seconds = Number(headers.get('retry-after') ?? 0);
    const afterMs = Number.isFinite(seconds) ? Math.min(seconds * 1000, longestBackoffMs) : 0;
    return { kind: 'later', reason, afterMs };
  }

  /** The beginning of the answer on one line, without our own secret should it be in there. */
  async #reasonIn(response: Response): Promise<string> {
    const { token } = this.#settings;
    let bytes = Buffer.alloc(0);
    for await (const piece of response.body ?? []) {
      bytes = Buffer.concat([bytes, piece]);
      // Enough to see the whole of a secret that begins in what is shown.
      if (bytes.length >= maxReasonBytes + token.length) break;
    }
    const text = bytes.toString().replaceAll(/\s+/g, ' ');
    return (token === '' ? text : text.replaceAll(token, '[redacted]')).slice(0, maxReasonBytes);
  }

  /** Until then, or until it is closed. */
  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.after(ms, resolve);
    this.#interrupt = resolve;
    this.#isPausing = true;
    await promise;
    this.#isPausing = false;
    timer.cancel();
  }
}

/** fetch says `fetch failed` and hides why in its cause. */
function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && typeof cause.code === 'string' && cause.message === ''
    ? cause.code
    : cause.message;
}

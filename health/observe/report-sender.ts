/**
 * Sends closed epochs to an aggregator, one at a time from a bounded queue, again and again until they are taken: the
 * receiver goes by node, incarnation and epoch, so one that arrives twice counts once. In a long outage the oldest are
 * dropped, because nobody judges a release by what was an hour ago.
 */
import type { Clock } from '../clock.ts';
import type { HealthLog } from '../log.ts';
import type { EpochReport } from './epoch-report.ts';
import { maxReportBytes } from './parse-report.ts';

/** One hour of epochs; and so many bytes, whichever comes first. */
const maxQueued = 360;
const maxQueuedBytes: number = 16 * 1024 * 1024;
const answerMs = 5000;
const firstBackoffMs = 1000;
/** Also the longest that a receiver may ask for (Retry-After). */
const longestBackoffMs = 60_000;
/** At the end, for all that waits. */
const farewellMs = 2000;
/** Of an answer, so that the connection can be used again. */
const maxAnswerBytes: number = 64 * 1024;

export interface ReportSenderOptions {
  /** Of the aggregator: http or https, without user and password. */
  readonly url: string;
  /** Sent as a bearer token; empty: none. Visible ASCII. It is never shown. */
  readonly token: string;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly log: HealthLog;
  /** `/v1/epochs`, for nodes, when left out; an application's counts go to `/v1/observations`. */
  readonly path?: '/v1/epochs' | '/v1/observations';
  readonly fetch?: typeof globalThis.fetch;
}

export interface SenderFigures {
  readonly sent: number;
  /** Refused by the receiver: sending them again would not help. */
  readonly failed: number;
  /** Too many or too large, or still there at the end. */
  readonly dropped: number;
  readonly queued: number;
}

type Delivery =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs: number };

interface Parcel {
  readonly epoch: number;
  readonly body: string;
  readonly bytes: number;
}

export class ReportSender {
  /** Where it sends to. */
  readonly url: string;
  readonly #options: ReportSenderOptions;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #queue: Parcel[] = [];
  #queuedBytes = 0;
  /** The first of the queue is on its way. */
  #isSending = false;
  #working: Promise<void> | null = null;
  /** Ends the wait for an answer, or for the next try. */
  #abort: () => void = () => {};
  #wake: () => void = () => {};
  #isClosed = false;
  /** The time for farewells is over. */
  #isOver = false;
  #sent = 0;
  #failed = 0;
  #dropped = 0;
  /** What the log was told last; empty: all is well. */
  #trouble = '';

  /** Throws a TypeError, without the values, for an address or a token that cannot be used. */
  constructor(options: ReportSenderOptions) {
    this.url = `${baseUrl(options.url)}${options.path ?? '/v1/epochs'}`;
    if (!/^[\x21-\x7e]{0,8192}$/.test(options.token))
      throw new TypeError('the token of the aggregator must be at most 8,192 visible ASCII characters');
    this.#options = options;
    const headers = { 'content-type': 'application/json' };
    this.#headers = options.token === '' ? headers : { ...headers, authorization: `Bearer ${options.token}` };
  }

  /** Takes it; drops the oldest ones where there is no room. Never throws. */
  offer(report: EpochReport): void {
    const body = JSON.stringify(report);
    const bytes = Buffer.byteLength(body);
    if (this.#isClosed || bytes > maxReportBytes) {
      this.#dropped++;
      if (!this.#isClosed) this.#complain(`the report of an epoch has ${bytes} bytes, which is too many`);
      return;
    }
    this.#queue.push({ epoch: report.epoch, body, bytes });
    this.#queuedBytes += bytes;
    this.#makeRoom();
    this.#working ??= this.#work();
  }

  figures(): SenderFigures {
    return { sent: this.#sent, failed: this.#failed, dropped: this.#dropped, queued: this.#queue.length };
  }

  /** Tries each that waits once more, for two seconds in all; then drops the rest. Fulfilled when nothing goes on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const timer = this.#options.clock.after(farewellMs, () => {
      this.#isOver = true;
      this.#abort();
    });
    this.#wake();
    await this.#working;
    timer.cancel();
  }

  #makeRoom(): void {
    // One that is on its way may have been taken already.
    const oldest = this.#isSending ? 1 : 0;
    while (this.#queue.length > maxQueued || this.#queuedBytes > maxQueuedBytes) {
      const [parcel] = this.#queue.splice(oldest, 1);
      this.#queuedBytes -= parcel?.bytes ?? 0;
      this.#dropped++;
    }
  }

  /** Never rejects. */
  async #work(): Promise<void> {
    let backoffMs = firstBackoffMs;
    for (let parcel = this.#queue[0]; parcel !== undefined && !this.#isOver; parcel = this.#queue[0]) {
      this.#isSending = true;
      const delivery = await this.#attempt(parcel);
      this.#isSending = false;
      if (delivery.kind !== 'later') {
        this.#settle(delivery);
        backoffMs = firstBackoffMs;
        continue;
      }
      this.#complain(delivery.reason);
      if (this.#isClosed) break;
      // Half of it by chance: nodes that lost the same aggregator do not all come back at once.
      const jittered = backoffMs * (0.5 + this.#options.random() / 2);
      await this.#pause(Math.max(jittered, delivery.afterMs));
      backoffMs = Math.min(backoffMs * 2, longestBackoffMs);
    }
    this.#dropped += this.#queue.length;
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    this.#working = null;
  }

  #settle(delivery: Exclude<Delivery, { kind: 'later' }>): void {
    this.#queuedBytes -= this.#queue.shift()?.bytes ?? 0;
    if (delivery.kind === 'refused') {
      this.#failed++;
      this.#complain(delivery.reason);
      return;
    }
    this.#sent++;
    if (this.#trouble === '') return;
    this.#trouble = '';
    this.#options.log.info(`epochs are sent to ${this.url} again`, { ...this.figures() });
  }

  async #attempt({ body }: Parcel): Promise<Delivery> {
    const { clock, fetch = globalThis.fetch } = this.#options;
    const giveUp = new AbortController();
    this.#abort = () => giveUp.abort();
    const timer = clock.after(answerMs, this.#abort);
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        // By which the receiver sees how far the two clocks are apart.
        headers: { ...this.#headers, date: new Date(clock.wall()).toUTCString() },
        body,
        // A redirect of a POST arrives as a GET somewhere else: it is a wrong address, and says so.
        redirect: 'manual',
        signal: giveUp.signal,
      });
      const delivery = judge(response);
      await readToEnd(response);
      return delivery;
    } catch (error) {
      const reason = giveUp.signal.aborted ? 'there is no answer in time' : networkReason(error);
      return { kind: 'later', reason, afterMs: 0 };
    } finally {
      timer.cancel();
      this.#abort = () => {};
    }
  }

  /** Until then, or until it is closed. */
  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(ms, resolve);
    this.#wake = resolve;
    await promise;
    timer.cancel();
  }

  /** Once per kind of trouble: an outage of hours is one line. */
  #complain(reason: string): void {
    if (this.#trouble === reason) return;
    this.#trouble = reason;
    this.#options.log.warn(`an epoch was not sent to ${this.url}: ${reason}`, { ...this.figures() });
  }
}

function baseUrl(text: string): string {
  const url = URL.parse(text);
  const isPlain = url !== null && url.username === '' && url.password === '';
  if (!isPlain || !['http:', 'https:'].includes(url.protocol))
    throw new TypeError(
      'the address of the aggregator must be an http or https URL without user and password',
    );
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function judge({ ok, status, headers }: Response): Delivery {
  if (ok) return { kind: 'sent' };
  const reason = `it answers ${status}`;
  if (status < 500 && status !== 408 && status !== 429) return { kind: 'refused', reason };
  const seconds = Number(headers.get('retry-after') ?? 0);
  const afterMs = seconds > 0 ? Math.min(seconds * 1000, longestBackoffMs) : 0;
  return { kind: 'later', reason, afterMs };
}

/** What is in it does not matter: the status has said everything. A long or broken one costs the connection. */
async function readToEnd(response: Response): Promise<void> {
  let bytes = 0;
  try {
    for await (const piece of response.body ?? []) {
      bytes += piece.length;
      if (bytes > maxAnswerBytes) break;
    }
  } catch {
    // It was cut off, or takes too long.
  }
}

/** fetch says `fetch failed` and hides why in its cause. */
function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return 'the connection failed';
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}

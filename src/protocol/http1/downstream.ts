/**
 * The server side of one HTTP/1.1 connection: reads requests one after another, hands each to an exchange, and writes
 * the answers in the same order. One exchange runs at a time; pipelined requests wait as bytes, with reading paused.
 */
import { type Clock, Deadline, type DeadlineOwner, type TimerWheel } from '../../base/index.ts';
import type { HttpLimits } from '../../config/index.ts';
import { CloseReason, type Connection, type ConnectionHandler } from '../../net/index.ts';
import type { RequestHead, ResponseHead } from '../head.ts';
import type { HeadEdit } from '../head-edit.ts';
import { DownstreamReset, type RequestSink, type ResponseStream } from '../stream.ts';
import { BodyReader } from './body-reader.ts';
import { BodyWriter } from './body-writer.ts';
import type { BodySink } from './chunked-decoder.ts';
import { Field, fieldBit } from './field.ts';
import { Http1Head, Method } from './head.ts';
import { HeadError, refusals } from './head-error.ts';
import { HeadParser, ParseStatus } from './head-parser.ts';
import { BodyFraming, isPersistent, requestFraming } from './head-semantics.ts';
import { writeResponseHead } from './head-writer.ts';
import { dateLine, writeReply } from './reply.ts';

export interface Http1DownstreamOptions {
  readonly connection: Connection;
  readonly limits: HttpLimits;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  /** Makes the exchange for the next request. */
  readonly open: (stream: ResponseStream) => RequestSink;
  /** A request is refused before there is an exchange. `head`: where it could be read, borrowed until return. */
  readonly refuse: (refusal: {
    readonly status: number;
    readonly reason: string;
    readonly head: RequestHead | null;
  }) => RefusalText;
  /** Whether clients shall be asked to go elsewhere: answers then say `Connection: close`. */
  readonly draining: () => boolean;
}

/** What a client is told whose request is refused. */
export interface RefusalText {
  /** Field lines, each with CRLF. */
  readonly lines: string;
  readonly body: string;
}

/** While draining, a connection without a request is waited for so long, counted from its accept. */
const freshGraceMs = 1000;

/** What is being read. */
const Reading = {
  /** Between requests: nothing of the next one has come. */
  Idle: 0,
  Head: 1,
  Body: 2,
  /** The request is complete and its answer is not. */
  Waiting: 3,
  Tunnel: 4,
  /** The last answer has been given: what else arrives is dropped. */
  Closing: 5,
} as const;
type Reading = (typeof Reading)[keyof typeof Reading];

export class Http1Downstream implements ConnectionHandler, ResponseStream, BodySink, DeadlineOwner {
  readonly #connection: Connection;
  readonly #options: Http1DownstreamOptions;
  readonly #limits: HttpLimits;
  readonly #parser: HeadParser;
  readonly #reader: BodyReader = new BodyReader();
  readonly #writer: BodyWriter;
  /**
   * For the codec's own limits and for the exchange's. It may fire too soon, never too late: to leave it armed from one
   * request to the next costs a look at the time now and then, to move it for each 60 ns (bench/micro/exchange.ts).
   */
  readonly #deadline: Deadline = new Deadline(this);
  #reading: Reading = Reading.Idle;
  #exchange: RequestSink | null = null;
  #answered = false;
  #answerBegun = false;
  #persistent = true;
  #clientMinorVersion = 1;
  #isHead = false;
  #requests = 0;
  #bodyBytes = 0;
  /** When the current phase (idle, head, request) began. */
  #since: number;
  #unread: Buffer | null = null;
  #processing = false;
  #tunnelEnded = false;

  constructor(options: Http1DownstreamOptions) {
    this.#options = options;
    this.#connection = options.connection;
    this.#limits = options.limits;
    this.#parser = new HeadParser('request', options.limits);
    this.#writer = new BodyWriter(options.connection);
    this.#since = options.clock.now();
    this.#watch(this.#idleLimitMs());
  }

  // ------------------------------------------------------------------------------------- connection

  onConnect(): void {}

  onData(bytes: Buffer, from: number, to: number): void {
    if (this.#unread !== null) {
      this.#unread = Buffer.concat([this.#unread, bytes.subarray(from, to)]);
      return;
    }
    this.#process(bytes, from, to);
  }

  onEnd(): void {
    if (this.#reading === Reading.Tunnel) {
      this.#exchange?.onRequestEnd(null);
      return;
    }
    // A client that ends while its answer is due has gone (as Envoy and nginx see it): there is no way to tell it from
    // one that only half-closed, and work for nobody is worth less than the rare half-closer.
    if (this.#exchange === null) {
      // All has been answered; what of it is still queued is sent.
      this.#close();
      return;
    }
    this.#abort(DownstreamReset.Disconnect);
    this.#connection.destroy();
  }

  onDrain(): void {
    if (this.#exchange !== null) this.#exchange.onDownstreamDrain();
    else if (this.#reading === Reading.Idle) this.#readOn();
  }

  onClose(reason: CloseReason): void {
    // Both ends of the tunnel have had their last word; what the upstream has not taken of it is still on its way, and
    // the exchange has its limits of time as before.
    if (this.#tunnelEnded && this.#connection.peerEnded && reason === CloseReason.Clean) return;
    this.#abort(DownstreamReset.Disconnect);
    this.#options.wheel.cancel(this.#deadline);
  }

  onDeadline(): void {
    this.#exchange?.onWake();
    const limit = this.#phaseLimitMs();
    if (limit === 0) return;
    const left = this.#since + limit - this.#options.clock.now();
    if (left > 0) {
      this.#watch(left);
      return;
    }
    if (this.#reading === Reading.Idle) this.#close();
    else if (this.#reading === Reading.Head) this.#refuse(408, 'the request head took too long', null);
    else if (this.#reading === Reading.Body) this.#abortRequest(DownstreamReset.Timeout);
  }

  /**
   * Closes an idle connection now and a busy one after its answer; for a drain. One that has just been opened gets a
   * moment: its first request is most likely on the way, and would be lost.
   */
  drain(): void {
    if (this.#exchange !== null || this.#reading !== Reading.Idle) return;
    if (this.#requests > 0) this.#close();
    else this.#watch(freshGraceMs);
  }

  // ------------------------------------------------------------------------------------- reading

  #process(bytes: Buffer, from: number, to: number): void {
    this.#processing = true;
    let at = from;
    while (at < to && !this.#connection.closed && this.#reading !== Reading.Closing) {
      if (this.#reading === Reading.Waiting || this.#unwelcome) {
        this.#hold(bytes, at, to);
        break;
      }
      at = this.#step(bytes, at, to);
    }
    this.#processing = false;
    // The read's bytes are about to be used again; the head of a running exchange has to outlive them.
    if (this.#exchange !== null && this.#parser.head.bytes === bytes) this.#parser.head.retain();
  }

  #step(bytes: Buffer, from: number, to: number): number {
    switch (this.#reading) {
      case Reading.Idle:
      case Reading.Head:
        return this.#readHead(bytes, from, to);
      case Reading.Body:
        return this.#readBody(bytes, from, to);
      default:
        this.#exchange?.onRequestBody(bytes, from, to);
        return to;
    }
  }

  // Idle | Head -> Head | Body | Waiting
  #readHead(bytes: Buffer, from: number, to: number): number {
    const status = this.#parser.parse(bytes, from, to);
    if (status === ParseStatus.Error) {
      const { error } = this.#parser;
      this.#refuse(refusals[error]!.status, refusals[error]!.reason, null);
      return to;
    }
    if (status === ParseStatus.NeedMore) {
      if (this.#reading === Reading.Idle && this.#parser.started) {
        this.#enter(Reading.Head, this.#limits.headTimeoutMs);
      }
      return to;
    }
    const at = this.#parser.consumedTo;
    this.#begin(this.#parser.head);
    return at;
  }

  #begin(head: Http1Head): void {
    const framing = requestFraming(head);
    if (this.#limits.maxBodyBytes > 0 && head.contentLength > this.#limits.maxBodyBytes) {
      this.#refuse(413, `the request body is larger than ${this.#limits.maxBodyBytes} bytes`, head);
      return;
    }
    this.#requests++;
    this.#bodyBytes = 0;
    this.#answered = false;
    this.#answerBegun = false;
    this.#clientMinorVersion = head.minorVersion;
    this.#isHead = head.methodKind === Method.Head;
    const { maxRequestsPerConnection } = this.#limits;
    this.#persistent =
      isPersistent(head) && (maxRequestsPerConnection === 0 || this.#requests < maxRequestsPerConnection);
    this.#reader.start(framing, head.contentLength);
    const ended = framing === BodyFraming.None;
    if (ended) this.#reading = Reading.Waiting;
    else this.#enter(Reading.Body, this.#limits.requestTimeoutMs);
    this.#exchange = this.#options.open(this);
    this.#exchange.onRequestHead(head, ended);
  }

  // Body -> Waiting
  #readBody(bytes: Buffer, from: number, to: number): number {
    const at = this.#reader.read(bytes, from, to, this);
    if (this.#reader.error !== HeadError.None) {
      this.#abortRequest(DownstreamReset.ProtocolError);
      return to;
    }
    if (this.#reader.done && this.#reading === Reading.Body) {
      this.#reading = Reading.Waiting;
      this.#exchange?.onRequestEnd(this.#reader.trailers);
      this.#finishIfDone();
    }
    return at;
  }

  onBody(bytes: Buffer, from: number, to: number): void {
    this.#bodyBytes += to - from;
    const { maxBodyBytes } = this.#limits;
    if (maxBodyBytes > 0 && this.#bodyBytes > maxBodyBytes) {
      this.#abortRequest(DownstreamReset.PayloadLimit);
      return;
    }
    this.#exchange?.onRequestBody(bytes, from, to);
  }

  /** Keeps pipelined bytes until the running exchange is over. */
  #hold(bytes: Buffer, from: number, to: number): void {
    this.#unread = Buffer.from(bytes.subarray(from, to));
    this.#connection.pauseReading();
  }

  // ------------------------------------------------------------------------------------- answering

  get blocked(): boolean {
    return this.#connection.blocked;
  }

  sendInterim(head: ResponseHead, edit: HeadEdit = noEdit): void {
    if (this.#clientMinorVersion === 0 || this.#answerBegun) return;
    writeResponseHead(this.#connection, asHttp1(head), edit, '');
  }

  sendHead(head: ResponseHead, edit: HeadEdit, ended: boolean): void {
    this.#answerBegun = true;
    const source = asHttp1(head);
    const bodiless = ended || this.#isHead;
    const chunked = !bodiless && source.contentLength < 0 && this.#clientMinorVersion !== 0;
    if (!bodiless && source.contentLength < 0 && !chunked) this.#persistent = false;
    // An answer that is complete before its request: the connection ends with it (see `#endAnswer`).
    if (this.#options.draining() || (ended && this.#reading === Reading.Body)) this.#persistent = false;
    let framing = chunked ? 'transfer-encoding: chunked\r\n' : '';
    // Who forwards an answer without a date gives it one (RFC 9110 section 6.6.1).
    const isUndated = (source.present & fieldBit(Field.Date)) === 0 && source.status >= 200;
    if (isUndated && !edit.dropped.includes('date')) framing += dateLine(this.#options.clock.wall());
    if (edit.upgrade === null) framing += this.#connectionField();
    this.#writer.start(chunked);
    writeResponseHead(this.#connection, source, edit, framing);
  }

  sendReply(status: number, lines: string, body: string): void {
    this.#answerBegun = true;
    // Without the rest of the request there is no telling where the next one begins.
    if (this.#reading === Reading.Body || this.#options.draining()) this.#persistent = false;
    this.#reply(status, lines + this.#connectionField(), body, this.#isHead);
    this.#endAnswer();
  }

  sendBody(bytes: Buffer, from: number, to: number): void {
    this.#writer.write(bytes, from, to);
  }

  sendEnd(trailers: Buffer | null): void {
    if (this.#reading === Reading.Tunnel) {
      this.#tunnelEnded = true;
      this.#connection.end();
      return;
    }
    this.#writer.end(trailers);
    this.#endAnswer();
  }

  startTunnel(): void {
    this.#reading = Reading.Tunnel;
    this.#writer.start(false);
    if (this.#unread === null) return;
    const bytes = this.#unread;
    this.#unread = null;
    this.#connection.resumeReading();
    this.#exchange?.onRequestBody(bytes, 0, bytes.length);
  }

  acceptTunnel(): void {
    this.#connection.writeLatin1('HTTP/1.1 200 Connection established\r\n\r\n');
    this.startTunnel();
  }

  closeTunnel(): void {
    this.#exchange = null;
    this.#close();
  }

  reset(): void {
    this.#exchange = null;
    this.#connection.destroy(CloseReason.Reset);
  }

  pauseRequest(): void {
    this.#connection.pauseReading();
  }

  resumeRequest(): void {
    if (this.#unread === null) this.#connection.resumeReading();
  }

  wakeWithin(delayMs: number): void {
    this.#options.wheel.ensure(this.#deadline, delayMs);
  }

  #reply(status: number, lines: string, body: string, isHead: boolean): void {
    const wallMs = this.#options.clock.wall();
    writeReply(this.#connection, { status, lines, body, isHead, wallMs });
  }

  #connectionField(): string {
    if (!this.#persistent) return 'connection: close\r\n';
    return this.#clientMinorVersion === 0 ? 'connection: keep-alive\r\n' : '';
  }

  #endAnswer(): void {
    this.#answered = true;
    if (this.#reading === Reading.Body) {
      // An early answer: the rest of the request is not wanted any more.
      this.#exchange = null;
      this.#close();
      return;
    }
    this.#finishIfDone();
  }

  // Waiting -> Idle
  #finishIfDone(): void {
    if (!this.#answered || this.#reading !== Reading.Waiting) return;
    this.#exchange = null;
    if (!this.#persistent) {
      this.#close();
      return;
    }
    this.#enter(Reading.Idle, this.#limits.idleTimeoutMs);
    if (this.#options.draining()) this.#close();
    else this.#readOn();
  }

  /** A client that does not take its answers gets no further ones: they would queue up without a bound. */
  get #unwelcome(): boolean {
    return this.#reading === Reading.Idle && this.#connection.blocked;
  }

  #readOn(): void {
    if (this.#unwelcome) this.#connection.pauseReading();
    else if (this.#unread !== null && !this.#processing) this.#processUnread();
    else this.#connection.resumeReading();
  }

  /** Sends what is queued, then ends. Nothing further is read: to hold it would stop the reading that `close` needs. */
  #close(): void {
    this.#reading = Reading.Closing;
    this.#unread = null;
    this.#connection.close();
  }

  #processUnread(): void {
    const bytes = this.#unread!;
    this.#unread = null;
    this.#process(bytes, 0, bytes.length);
    if (this.#unread === null && !this.#unwelcome) this.#connection.resumeReading();
  }

  // ------------------------------------------------------------------------------------- failing

  /** Answers a request that never became an exchange, and closes. */
  #refuse(status: number, reason: string, head: RequestHead | null): void {
    this.#persistent = false;
    const { lines, body } = this.#options.refuse({ status, reason, head });
    this.#reply(status, `${lines}connection: close\r\n`, body, false);
    this.#close();
  }

  /** The body of a running exchange failed. The exchange answers if it still can; then the connection closes. */
  #abortRequest(cause: DownstreamReset): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    exchange?.onDownstreamReset(cause);
    if (!this.#connection.closed) this.#close();
  }

  #abort(cause: DownstreamReset): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    exchange?.onDownstreamReset(cause);
  }

  // ------------------------------------------------------------------------------------- time

  #enter(reading: Reading, limitMs: number): void {
    this.#reading = reading;
    this.#since = this.#options.clock.now();
    this.#watch(limitMs);
  }

  #watch(limitMs: number): void {
    if (limitMs > 0) this.wakeWithin(limitMs);
  }

  /** The first head is waited for no longer than any head: to open connections and say nothing is an attack as well. */
  #idleLimitMs(): number {
    const { headTimeoutMs, idleTimeoutMs } = this.#limits;
    if (this.#requests === 0 && this.#options.draining()) return freshGraceMs;
    const isFresh = this.#requests === 0 && headTimeoutMs > 0;
    return isFresh && (idleTimeoutMs === 0 || headTimeoutMs < idleTimeoutMs) ? headTimeoutMs : idleTimeoutMs;
  }

  #phaseLimitMs(): number {
    switch (this.#reading) {
      case Reading.Idle:
        return this.#idleLimitMs();
      case Reading.Head:
        return this.#limits.headTimeoutMs;
      case Reading.Body:
        return this.#limits.requestTimeoutMs;
      default:
        return 0;
    }
  }
}

const noBytes: Buffer = Buffer.alloc(0);
const noEdit: HeadEdit = {
  target: null,
  authority: null,
  dropped: [],
  block: noBytes,
  lines: '',
  upgrade: null,
};

/** Until another protocol exists on the other side, every head is one of ours. */
function asHttp1(head: ResponseHead): Http1Head {
  if (!(head instanceof Http1Head))
    throw new TypeError('a head of another protocol reached the HTTP/1 codec');
  return head;
}

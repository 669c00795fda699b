/**
 * The client side of one HTTP/1.1 connection: sends a request, reads its answer, and goes back to its pool when both
 * ended in a way that leaves the connection usable. One request at a time, no pipelining.
 */
import { Deadline, type DeadlineOwner, type TimerWheel } from '../../base/index.ts';
import { CloseReason, type Connection, type ConnectionHandler } from '../../net/index.ts';
import type { RequestHead } from '../head.ts';
import type { HeadEdit } from '../head-edit.ts';
import { ResetReason } from '../reset-reason.ts';
import type { RequestStream, ResponseSink } from '../stream.ts';
import { BodyReader } from './body-reader.ts';
import { BodyWriter } from './body-writer.ts';
import type { BodySink } from './chunked-decoder.ts';
import { Http1Head, Method } from './head.ts';
import { HeadError, refusals } from './head-error.ts';
import { type HeadLimits, HeadParser, ParseStatus } from './head-parser.ts';
import { BodyFraming, isPersistent, requestFraming, responseFraming } from './head-semantics.ts';
import { writeRequestHead } from './head-writer.ts';

/** Where connections come from and go back to. */
export interface UpstreamOwner {
  /** The connect succeeded; the connection is idle. */
  onUpstreamReady(upstream: Http1Upstream): void;
  /** The exchange is over and the connection may carry another. */
  onUpstreamIdle(upstream: Http1Upstream): void;
  /** The connection is gone; before it was ready when `connected` is false. Comes once. */
  onUpstreamClosed(
    upstream: Http1Upstream,
    failure: { connected: boolean; timedOut: boolean; detail: string },
  ): void;
}

export interface Http1UpstreamOptions {
  readonly owner: UpstreamOwner;
  readonly limits: HeadLimits;
  readonly wheel: TimerWheel;
  readonly connectTimeoutMs: number;
  /** 0: no limit. */
  readonly maxRequests: number;
  /** Written first on the connection, such as a PROXY header. */
  readonly preamble: Buffer | null;
  /** `Host` for a request that has none, as HTTP/1.0 allows. */
  readonly defaultHost: string;
}

const State = { Connecting: 0, Idle: 1, Head: 2, Body: 3, Answered: 4, Tunnel: 5, Closed: 6 } as const;
type State = (typeof State)[keyof typeof State];

/** Interim answers to one request; more are an attack or a loop. */
const maxInterim = 16;

export class Http1Upstream implements ConnectionHandler, RequestStream, BodySink, DeadlineOwner {
  /** Set by the dialler right after construction. */
  connection!: Connection;
  /** When it last became idle; kept by the pool. */
  idleSinceMs = 0;
  readonly #options: Http1UpstreamOptions;
  readonly #parser: HeadParser;
  readonly #reader: BodyReader = new BodyReader();
  #writer: BodyWriter | null = null;
  readonly #connectDeadline: Deadline;
  #state: State = State.Connecting;
  #sink: ResponseSink | null = null;
  #method: Method = Method.Get;
  #requestDone = false;
  #persistent = true;
  #requests = 0;
  #interim = 0;
  #timedOut = false;

  constructor(options: Http1UpstreamOptions) {
    this.#options = options;
    this.#parser = new HeadParser('response', options.limits);
    this.#connectDeadline = new Deadline(this);
    if (options.connectTimeoutMs > 0) options.wheel.arm(this.#connectDeadline, options.connectTimeoutMs);
  }

  /** Whether an earlier request has been answered on this connection. */
  get reused(): boolean {
    return this.#requests > 1;
  }

  get usable(): boolean {
    return this.#state === State.Idle && !this.connection.closed && !this.connection.peerEnded;
  }

  /** Takes the connection for one exchange. Only when `usable`. */
  start(sink: ResponseSink): void {
    this.#sink = sink;
    this.#state = State.Head;
    this.#requestDone = false;
    this.#interim = 0;
    this.#requests++;
    const { maxRequests } = this.#options;
    this.#persistent = maxRequests === 0 || this.#requests < maxRequests;
  }

  // ------------------------------------------------------------------------------------- sending

  get blocked(): boolean {
    return this.connection.blocked;
  }

  sendHead(head: RequestHead, edit: HeadEdit, ended: boolean): void {
    if (!(head instanceof Http1Head))
      throw new TypeError('a head of another protocol reached the HTTP/1 codec');
    this.#method = head.methodKind;
    const chunked = !ended && requestFraming(head) === BodyFraming.Chunked;
    let framing = chunked ? 'transfer-encoding: chunked\r\n' : '';
    if (!this.#persistent) framing += 'connection: close\r\n';
    if (edit.authority === null && !head.hasAuthority) framing += `host: ${this.#options.defaultHost}\r\n`;
    this.#writer ??= new BodyWriter(this.connection);
    this.#writer.start(chunked);
    writeRequestHead(this.connection, head, edit, framing);
    if (ended) this.#requestDone = true;
  }

  sendBody(bytes: Buffer, from: number, to: number): void {
    this.#writer?.write(bytes, from, to);
  }

  sendEnd(trailers: Buffer | null): void {
    if (this.#state === State.Tunnel) {
      this.connection.end();
      return;
    }
    this.#writer?.end(trailers);
    this.#requestDone = true;
    if (this.#state === State.Answered) this.#release();
  }

  /** Hands the raw connection to the exchange: nothing is framed any more. */
  startTunnel(): void {
    this.#state = State.Tunnel;
    this.#writer ??= new BodyWriter(this.connection);
    this.#writer.start(false);
  }

  reset(): void {
    this.#sink = null;
    if (this.#state === State.Answered && this.#requestDone) return;
    this.connection.destroy();
  }

  pauseResponse(): void {
    this.connection.pauseReading();
  }

  resumeResponse(): void {
    this.connection.resumeReading();
  }

  /** Closes an idle connection, as when it has been idle for too long. */
  close(): void {
    this.connection.destroy();
  }

  // ------------------------------------------------------------------------------------- connection

  onConnect(): void {
    this.#options.wheel.cancel(this.#connectDeadline);
    const { preamble } = this.#options;
    if (preamble !== null) this.connection.write(preamble, 0, preamble.length);
    this.#state = State.Idle;
    this.#options.owner.onUpstreamReady(this);
  }

  onData(bytes: Buffer, from: number, to: number): void {
    let at = from;
    while (at < to && !this.connection.closed) {
      switch (this.#state) {
        case State.Head:
          at = this.#readHead(bytes, at, to);
          break;
        case State.Body:
          at = this.#readBody(bytes, at, to);
          break;
        case State.Tunnel:
          this.#sink?.onResponseBody(bytes, at, to);
          return;
        default:
          // Bytes that belong to no request: whatever they are, this connection cannot be trusted with the next one.
          this.#fail(ResetReason.UpstreamProtocolError, refusals[HeadError.UnexpectedBytes]!.reason);
          return;
      }
    }
  }

  onEnd(): void {
    if (this.#state === State.Tunnel) {
      this.#sink?.onResponseEnd(null);
      return;
    }
    if (this.#state === State.Body && this.#reader.untilClose) {
      this.#persistent = false;
      this.#endAnswer(null);
      return;
    }
    if (this.#state === State.Idle) this.connection.destroy();
    else if (this.#sink !== null) this.#fail(this.#closedReason(), 'the upstream closed the connection');
    else this.connection.destroy();
  }

  onDrain(): void {
    this.#sink?.onUpstreamDrain();
  }

  onClose(reason: CloseReason): void {
    this.#options.wheel.cancel(this.#connectDeadline);
    const connected = this.#state !== State.Connecting;
    const closedReason = this.#closedReason();
    this.#state = State.Closed;
    const detail =
      this.connection.errorCode || (reason === CloseReason.SendTimeout ? 'send timeout' : 'closed');
    const sink = this.#sink;
    this.#sink = null;
    sink?.onUpstreamReset(closedReason, detail);
    this.#options.owner.onUpstreamClosed(this, { connected, timedOut: this.#timedOut, detail });
  }

  onDeadline(): void {
    this.#timedOut = true;
    this.connection.destroy(CloseReason.ConnectTimeout);
  }

  // ------------------------------------------------------------------------------------- reading

  // Head -> Head (interim) | Body | Answered | Tunnel
  #readHead(bytes: Buffer, from: number, to: number): number {
    const status = this.#parser.parse(bytes, from, to);
    if (status === ParseStatus.NeedMore) return to;
    if (status === ParseStatus.Error) {
      this.#fail(ResetReason.UpstreamProtocolError, refusals[this.#parser.error]!.reason);
      return to;
    }
    const { head, consumedTo } = this.#parser;
    if (head.status < 200 && head.status !== 101) {
      if (++this.#interim > maxInterim)
        this.#fail(ResetReason.UpstreamProtocolError, 'too many interim answers');
      else this.#sink?.onInterimHead(head);
      return consumedTo;
    }
    const framing = responseFraming(head, this.#method);
    if (!isPersistent(head) || framing === BodyFraming.UntilClose) this.#persistent = false;
    this.#reader.start(framing, head.contentLength);
    const ended = framing === BodyFraming.None && head.status !== 101;
    if (ended && consumedTo < to) this.#persistent = false;
    this.#state = ended ? State.Answered : State.Body;
    const sink = this.#sink;
    if (ended) this.#sink = null;
    sink?.onResponseHead(head, ended);
    if (ended) this.#release();
    return consumedTo;
  }

  // Body -> Answered
  #readBody(bytes: Buffer, from: number, to: number): number {
    const at = this.#reader.read(bytes, from, to, this);
    if (this.#reader.error !== HeadError.None) {
      this.#fail(ResetReason.UpstreamProtocolError, refusals[this.#reader.error]!.reason);
      return to;
    }
    if (this.#reader.done && this.#state === State.Body) {
      // What follows the answer belongs to no request, and must not become the answer of the next one.
      if (at < to) this.#persistent = false;
      this.#endAnswer(this.#reader.trailers);
    }
    return at;
  }

  onBody(bytes: Buffer, from: number, to: number): void {
    this.#sink?.onResponseBody(bytes, from, to);
  }

  #endAnswer(trailers: Buffer | null): void {
    this.#state = State.Answered;
    const sink = this.#sink;
    this.#sink = null;
    sink?.onResponseEnd(trailers);
    this.#release();
  }

  // Answered -> Idle | Closed
  #release(): void {
    if (this.#state !== State.Answered || this.connection.closed) return;
    if (!this.#requestDone || !this.#persistent) {
      // What is left of an unwanted request is not sent; a server that wanted to close gets its way.
      this.connection.destroy();
      return;
    }
    this.#state = State.Idle;
    this.connection.resumeReading();
    this.#options.owner.onUpstreamIdle(this);
  }

  #fail(reason: ResetReason, detail: string): void {
    const sink = this.#sink;
    this.#sink = null;
    this.connection.destroy();
    sink?.onUpstreamReset(reason, detail);
  }

  /** A reused connection that closes before any byte of the answer has most likely just been idle for too long. */
  #closedReason(): ResetReason {
    const untouched = this.#state === State.Head && !this.#parser.started && this.#interim === 0;
    return untouched && this.reused ? ResetReason.ClosedBeforeAnswer : ResetReason.UpstreamReset;
  }
}

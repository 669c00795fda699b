/**
 * One exchange: a request from downstream, tries towards upstreams, one answer. This is where everything meets, so it
 * holds only the order of events; what each step decides lives in its own file or room.
 *
 *   Filtering -> Picking -> Waiting (for a connection) -> Sent -> Answering -> Done
 *                  ^                                       |
 *                  +----------- retry, after a back-off ---+
 */
import { Deadline, type DeadlineOwner, type Timer } from '../base/index.ts';
import { type Endpoint, Outcome, type PoolWaiter } from '../cluster/index.ts';
import type { ForwardAction } from '../config/index.ts';
import type { Connection, ConnectionOrigin } from '../net/index.ts';
import {
  DownstreamReset,
  Field,
  type HeadEdit,
  Http1Head,
  type Http1Upstream,
  Method,
  type RequestHead,
  type RequestSink,
  ResetReason,
  type ResponseHead,
  type ResponseSink,
  type ResponseStream,
} from '../protocol/index.ts';
import {
  backoffMs,
  HeaderPatch,
  isIdempotentMethod,
  mayReplayOnFreshConnection,
  type Route,
  retriesReset,
  retriesStatus,
} from '../route/index.ts';
import { ClusterSlot, ListenerSlot, ResponseFlag, RouteSlot, ThreadSlot } from '../telemetry/index.ts';
import type { ProxyCluster, ProxyContext } from './context.ts';
import { type FieldEdits, FilterRun, linesOfEdits } from './filter-run.ts';
import { linesOf, nameOwnField, withoutFields } from './header-lines.ts';
import { proxyStatusLine, replyText, statusOfFlag } from './local-reply.ts';
import { hopsLeft, traceBody } from './max-forwards.ts';
import { addressText, recordExchange } from './record.ts';
import { ReplayBuffer } from './replay-buffer.ts';
import type { ForwardedLines } from './request-edit.ts';
import { flagOfReset } from './reset-flag.ts';
import { ExchangeTrace } from './exchange-trace.ts';

/** Names in lower case that are taken away, and lines that are added. */
interface HeaderChanges {
  readonly dropped: readonly string[];
  readonly lines: string;
}

const Phase = { Filtering: 0, Picking: 1, Waiting: 2, Sent: 3, Answering: 4, Tunnel: 5, Done: 6 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

export class Exchange implements RequestSink, ResponseSink, PoolWaiter, DeadlineOwner {
  readonly context: ProxyContext;
  readonly connection: Connection;
  readonly startedMs: number;
  head: Http1Head | null = null;
  route: Route | null = null;
  cluster: ProxyCluster | null = null;
  /** Of the current or last try. */
  endpoint: Endpoint | null = null;
  attempts = 0;
  status = 0;
  flag: ResponseFlag = ResponseFlag.None;
  details = '';
  bytesReceived = 0;
  bytesSent = 0;
  requestEndedMs = -1;
  answerBegunMs = -1;
  responseHead: ResponseHead | null = null;
  trace: ExchangeTrace | null = null;
  /** `ip:port` of this side towards the client; with an access log only, as is the next. */
  localAddress = '';
  upstreamLocalAddress = '';
  requestHeaders: (string | undefined)[] | null = null;
  responseHeaders: (string | undefined)[] | null = null;
  readonly #stream: ResponseStream;
  readonly #forwarded: ForwardedLines;
  readonly #deadline: Deadline;
  #phase: Phase = Phase.Filtering;
  #upstream: Http1Upstream | null = null;
  #tryStartedMs = 0;
  #tryOpen = false;
  #retrying = false;
  #replayed = false;
  #bodiless = false;
  #requestEnded = false;
  #trailers: Buffer | null = null;
  /** Body bytes kept for the first or another try; `null`: none kept, and after `#bodyLost` none can be. */
  #body: ReplayBuffer | null = null;
  #bodyLost = false;
  #hash: number | null = null;
  #edit: HeadEdit | null = null;
  #filters: FilterRun | null = null;
  #backoff: Timer | null = null;
  #moved = false;

  constructor(options: {
    context: ProxyContext;
    stream: ResponseStream;
    connection: Connection;
    forwarded: ForwardedLines;
  }) {
    this.context = options.context;
    this.#stream = options.stream;
    this.connection = options.connection;
    this.#forwarded = options.forwarded;
    this.startedMs = options.context.clock.now();
    this.#deadline = new Deadline(this);
    options.context.counters.add(options.context.slot + ListenerSlot.requestsActive, 1);
  }

  // ------------------------------------------------------------------------------------- the request

  onRequestHead(head: RequestHead, ended: boolean): void {
    if (!(head instanceof Http1Head)) throw new TypeError('an exchange got a head of an unknown protocol');
    const { context } = this;
    this.head = head;
    this.#bodiless = ended;
    if (ended) this.#endRequest();
    if (context.accessLog !== null) {
      this.requestHeaders = context.accessLog.captureRequest(head);
      // Not to be had any more when the client has gone.
      this.localAddress = addressText(this.connection.localAddress, this.connection.localPort);
    }
    if (context.tracer !== null) this.trace = new ExchangeTrace(context.tracer, head);
    this.route = context.routes.match(head);
    if (context.filters.length > 0) {
      this.#filters = new FilterRun(this, context.filters);
      if (!this.#filters.onRequestHead()) {
        // Held, if not answered; but not for ever.
        if (!this.#isDone) this.#arm();
        return;
      }
    }
    this.proceed();
  }

  onRequestBody(bytes: Buffer, from: number, to: number): void {
    this.bytesReceived += to - from;
    this.#moved = true;
    if (this.#isDone) return;
    this.#filters?.onRequestBody(bytes, from, to);
    // A filter may have answered.
    if (this.#isDone) return;
    const upstream = this.#upstream;
    if (upstream === null || this.#phase < Phase.Sent) {
      (this.#body ??= new ReplayBuffer()).append(bytes, from, to);
      this.#stream.pauseRequest();
      return;
    }
    if (this.#phase !== Phase.Tunnel) this.#keepForRetry(bytes, from, to);
    upstream.sendBody(bytes, from, to);
    if (upstream.blocked) this.#stream.pauseRequest();
  }

  onRequestEnd(trailers: Buffer | null): void {
    this.#trailers = trailers;
    this.#endRequest();
    if (this.#phase >= Phase.Sent && this.#phase < Phase.Done) this.#upstream?.sendEnd(trailers);
    // From here on the route's timeout counts.
    if (this.#phase === Phase.Waiting || this.#phase === Phase.Sent) this.#arm();
  }

  onDownstreamReset(cause: DownstreamReset): void {
    if (this.#phase === Phase.Done) return;
    if (this.#phase === Phase.Tunnel && cause === DownstreamReset.Disconnect) {
      this.#endTry(Outcome.Success, this.status);
      this.#dropUpstream();
      this.#finish();
      return;
    }
    const answered = this.#phase >= Phase.Answering;
    this.#abandonTry(Outcome.Cancelled);
    if (cause === DownstreamReset.Disconnect || answered) {
      this.#setFlag(ResponseFlag.DownstreamConnectionTermination, 'downstream_remote_disconnect');
      this.#finish();
    } else if (cause === DownstreamReset.Timeout) {
      this.#localReply(ResponseFlag.DownstreamTimeout, 'the request body took too long');
    } else if (cause === DownstreamReset.PayloadLimit) {
      this.#localReply(ResponseFlag.PayloadLimit, 'the request body is larger than allowed');
    } else {
      this.#localReply(ResponseFlag.DownstreamProtocolError, 'the request body is malformed');
    }
  }

  onDownstreamDrain(): void {
    this.#moved = true;
    this.#upstream?.resumeResponse();
  }

  #endRequest(): void {
    this.#requestEnded = true;
    this.requestEndedMs = this.context.clock.now();
  }

  /** Keeps what a retry would have to send again, as long as that is allowed and fits. */
  #keepForRetry(bytes: Buffer, from: number, to: number): void {
    if (this.#bodyLost || this.#phase !== Phase.Sent) return;
    const policy = this.#forward().retry;
    const kept = this.#body?.bytes ?? 0;
    if (policy.attempts === 0 || kept + to - from > policy.maxBodyBytes) {
      this.#bodyLost = true;
      this.#body = null;
      return;
    }
    (this.#body ??= new ReplayBuffer()).append(bytes, from, to);
  }

  // ------------------------------------------------------------------------------------- choosing

  /** Filters are done: goes on to the route. */
  proceed(): void {
    const { route } = this;
    if (hopsLeft(this.head!) === 0) {
      this.#answerLastHop(this.head!);
    } else if (route === null) {
      this.#localReply(ResponseFlag.NoRoute, 'no route matches the request', 'route_not_found');
    } else if (route.kind === 'reply') {
      const reply = route.reply!;
      const hasType = reply.contentType !== '' && reply.body.length > 0;
      const type = hasType ? `content-type: ${reply.contentType}\r\n` : '';
      this.#reply(ResponseFlag.RouteReply, 'direct_response', reply.status, type, reply.body.toString());
    } else if (route.kind === 'redirect') {
      this.#redirect(route);
    } else {
      this.#forwardTo(route);
    }
  }

  /** The request was meant for this hop (`Max-Forwards: 0`). */
  #answerLastHop(head: Http1Head): void {
    const isTrace = head.methodKind === Method.Trace;
    const lines = isTrace ? 'content-type: message/http\r\n' : '';
    this.#reply(ResponseFlag.RouteReply, 'max_forwards', 200, lines, isTrace ? traceBody(head) : '');
  }

  #redirect(route: Route): void {
    const location = route.location(this.head!, 'http');
    if (location === null) {
      this.#reply(
        ResponseFlag.RouteReply,
        'redirect_without_host',
        400,
        '',
        'a redirect needs a valid Host\n',
      );
      return;
    }
    const action = route.config.action;
    const status = action.kind === 'redirect' ? action.status : 302;
    this.#reply(ResponseFlag.RouteReply, 'redirect', status, `location: ${location}\r\n`, '');
  }

  #forwardTo(route: Route): void {
    const name = route.pickCluster(this.context.random);
    const cluster = this.context.clusterOf(name);
    if (cluster === undefined) {
      this.#localReply(ResponseFlag.NoCluster, `there is no cluster "${name}"`, 'cluster_not_found');
      return;
    }
    this.cluster = cluster;
    if (route.forward!.hashPolicy.length > 0)
      this.#hash = route.hash(this.head!, this.connection.remoteAddress);
    this.#edit = this.#requestEdit(route);
    this.#startTry(null);
  }

  #requestEdit(route: Route): HeadEdit {
    const head = this.head!;
    const dropped: string[] = [];
    let block = this.#forwarded.linesFor(head, dropped);
    if (this.requestHeaders !== null) {
      this.context.accessLog!.noteRequestId(this.requestHeaders, this.#forwarded.requestId);
    }
    let lines = '';
    const hops = hopsLeft(head);
    if (hops > 0) {
      dropped.push('max-forwards');
      lines = `max-forwards: ${hops - 1}\r\n`;
    }
    if (this.trace !== null) lines += this.trace.requestLines(dropped);
    const changes = this.#headerChanges(route.requestHeaders, this.#filters?.requestEdits ?? null);
    if (changes !== null) {
      // Configuration and filters have the last word, also over what this hop has to tell.
      if (nameOwnField(changes.dropped)) {
        lines = withoutFields(block.toString('latin1') + lines, changes.dropped);
        block = noBytes;
      }
      dropped.push(...changes.dropped);
      lines += changes.lines;
    }
    return {
      target: route.rewriteTarget(head.target),
      authority: route.hostRewrite,
      dropped,
      block,
      lines,
      upgrade: this.#wantedUpgrade(route),
    };
  }

  #wantedUpgrade(route: Route): string | null {
    const head = this.head!;
    if (!head.connectionUpgrade || route.upgrades.length === 0) return null;
    const wanted = head.fieldValue(Field.Upgrade);
    return wanted !== undefined && route.upgrades.includes(wanted.toLowerCase()) ? wanted : null;
  }

  // ------------------------------------------------------------------------------------- a try

  /** `fresh`: on a connection that has carried no request before. */
  #startTry(avoid: Endpoint | null, fresh = false): void {
    const { cluster, pool } = this.cluster!;
    this.#phase = Phase.Picking;
    const endpoint = cluster.pick(this.#hash, avoid);
    if (endpoint === null) {
      const reason = `no healthy endpoint in cluster "${cluster.config.name}"`;
      this.#localReply(ResponseFlag.NoHealthyUpstream, reason, 'no_healthy_upstream');
      return;
    }
    if (!cluster.breakers.tryRequest()) {
      this.#localReply(ResponseFlag.UpstreamOverflow, 'too many requests to the cluster', 'overflow');
      return;
    }
    this.attempts++;
    this.endpoint = endpoint;
    this.#tryOpen = true;
    this.#tryStartedMs = this.context.clock.now();
    cluster.begin(endpoint);
    this.#phase = Phase.Waiting;
    const upstream = pool.acquire(endpoint, this, fresh);
    if (upstream !== null) this.onPoolReady(upstream);
    else if (this.#phase === Phase.Waiting) this.#arm();
  }

  proxyOrigin(): ConnectionOrigin {
    const { connection } = this;
    return {
      sourceAddress: connection.remoteAddress,
      sourcePort: connection.remotePort,
      destinationAddress: connection.localAddress,
      destinationPort: connection.localPort,
    };
  }

  // Waiting -> Sent | Tunnel
  onPoolReady(upstream: Http1Upstream): void {
    this.#upstream = upstream;
    this.#tryStartedMs = this.context.clock.now();
    upstream.start(this);
    if (this.context.accessLog !== null) {
      this.upstreamLocalAddress = `${upstream.connection.localAddress}:${upstream.connection.localPort}`;
    }
    if (this.head!.methodKind === Method.Connect) {
      this.#openTunnel(upstream);
      return;
    }
    this.#phase = Phase.Sent;
    upstream.sendHead(this.head!, this.#edit!, this.#bodiless);
    if (!this.#bodiless) this.#sendKeptBody(upstream);
    this.#arm();
  }

  #sendKeptBody(upstream: Http1Upstream): void {
    const body = this.#body;
    if (body !== null) {
      for (const piece of body.pieces) upstream.sendBody(piece, 0, piece.length);
      const { retry } = this.#forward();
      if (retry.attempts === 0 || body.bytes > retry.maxBodyBytes) {
        this.#body = null;
        this.#bodyLost = true;
      }
    }
    if (this.#requestEnded) upstream.sendEnd(this.#trailers);
    // Also behind the request's end: a client that goes away is seen by reading only.
    if (!upstream.blocked) this.#stream.resumeRequest();
  }

  onPoolFailure(reason: ResetReason, detail: string): void {
    this.#failTry(reason, detail, false);
  }

  #openTunnel(upstream: Http1Upstream): void {
    this.status = 200;
    this.answerBegunMs = this.context.clock.now();
    this.#phase = Phase.Tunnel;
    upstream.startTunnel();
    this.#stream.acceptTunnel();
    this.#sendTunnelBacklog(upstream);
    this.#arm();
  }

  #sendTunnelBacklog(upstream: Http1Upstream): void {
    const body = this.#body;
    this.#body = null;
    if (body !== null) for (const piece of body.pieces) upstream.sendBody(piece, 0, piece.length);
    this.#stream.resumeRequest();
  }

  // ------------------------------------------------------------------------------------- the answer

  onInterimHead(head: ResponseHead): void {
    this.#moved = true;
    this.#stream.sendInterim(head);
  }

  // Sent -> Answering | Tunnel | Picking (retry)
  onResponseHead(head: ResponseHead, ended: boolean): void {
    const { context } = this;
    this.#moved = true;
    if (head.status === 101 && this.#edit!.upgrade === null) {
      this.#dropUpstream();
      this.#failTry(ResetReason.UpstreamProtocolError, 'the upstream switched protocols unasked', true);
      return;
    }
    if (this.#retryStatus(head, ended)) return;
    this.#phase = Phase.Answering;
    this.status = head.status;
    this.answerBegunMs = context.clock.now();
    this.#body = null;
    this.#filters?.onResponseHead(head);
    const edit = this.#responseEdit(this.route!, head);
    if (context.accessLog !== null) this.responseHeaders = context.accessLog.captureResponse(head);
    if (this.details === '') this.details = 'via_upstream';
    const bodiless = ended || head.status === 101;
    this.#stream.sendHead(head, edit, bodiless);
    if (head.status === 101) this.#switchProtocols();
    else if (ended) this.#completeAnswer(null);
    else this.#arm();
  }

  /** Whether the answer is given up for another try. */
  #retryStatus(head: ResponseHead, ended: boolean): boolean {
    const { retry } = this.#forward();
    if (retry.attempts === 0 || !retriesStatus(retry, head.status)) return false;
    if (!this.#mayTryAgain() || !this.#takeRetry()) {
      if (this.attempts > 1) this.#setFlag(ResponseFlag.UpstreamRetryLimitExceeded, 'via_upstream');
      return false;
    }
    this.#endTry(Outcome.Success, head.status);
    if (!ended) this.#dropUpstream();
    this.#upstream = null;
    this.#retryLater();
    return true;
  }

  #responseEdit(route: Route, head: ResponseHead): HeadEdit {
    const patch = route.responseHeaders;
    const upgrade = head.status === 101 ? (head.header('upgrade') ?? this.#edit!.upgrade) : null;
    const changes = this.#headerChanges(patch, this.#filters?.responseEdits ?? null);
    if (changes === null && upgrade === null) return plainResponse;
    const { dropped, lines } = changes ?? noChanges;
    return { target: null, authority: null, dropped, block: noBytes, lines, upgrade };
  }

  /** What the route and then the filters change; `null`: nothing. */
  #headerChanges(patch: HeaderPatch, edits: FieldEdits | null): HeaderChanges | null {
    if (patch.empty && (edits === null || edits.size === 0)) return null;
    const dropped = [...patch.dropped];
    const own = linesOf(patch.pairs);
    if (edits === null) return { dropped, lines: own };
    const names = [...edits.keys()];
    dropped.push(...names);
    return { dropped, lines: withoutFields(own, names) + linesOfEdits(edits) };
  }

  #switchProtocols(): void {
    this.#phase = Phase.Tunnel;
    this.#upstream!.startTunnel();
    this.#stream.startTunnel();
    this.#arm();
  }

  onResponseBody(bytes: Buffer, from: number, to: number): void {
    this.bytesSent += to - from;
    this.#moved = true;
    this.#stream.sendBody(bytes, from, to);
    if (this.#stream.blocked) this.#upstream?.pauseResponse();
  }

  onResponseEnd(trailers: Buffer | null): void {
    if (this.#phase === Phase.Tunnel) {
      // The upstream has half-closed; the client may still be sending.
      this.#stream.sendEnd(null);
      return;
    }
    this.#completeAnswer(trailers);
  }

  onUpstreamReset(reason: ResetReason, detail: string): void {
    this.#upstream = null;
    if (this.#phase === Phase.Tunnel) {
      this.#endTry(Outcome.Success, this.status);
      this.#stream.closeTunnel();
      this.#finish();
      return;
    }
    this.#failTry(reason, detail, true);
  }

  onUpstreamDrain(): void {
    this.#moved = true;
    // Whether or not the request has ended: a tunnel's goes on, and a client that goes away is seen by reading only.
    this.#stream.resumeRequest();
  }

  #completeAnswer(trailers: Buffer | null): void {
    this.#endTry(Outcome.Success, this.status);
    if (this.#retrying && this.status < 500) {
      this.context.counters.add(this.cluster!.cluster.slot + ClusterSlot.retriesSucceeded, 1);
    }
    this.#upstream = null;
    this.#finish();
    this.#stream.sendEnd(trailers);
  }

  // ------------------------------------------------------------------------------------- failing and retrying

  /** The try ended without an answer: another one, or an answer of the proxy's own. */
  #failTry(reason: ResetReason, detail: string, sent: boolean): void {
    if (this.#phase === Phase.Done) return;
    const answering = this.#phase === Phase.Answering;
    this.#countReset(reason);
    this.#endTry(reason === ResetReason.Overflow ? Outcome.Cancelled : Outcome.LocalOriginFailure, 0);
    this.#upstream = null;
    if (answering) {
      this.#setFlag(flagOfReset(reason), 'upstream_reset_after_response_started');
      this.#finish();
      this.#stream.reset();
      return;
    }
    if (this.#retryReset(reason, sent)) return;
    const details = `upstream_reset_before_response_started{${detail.replaceAll(' ', '_')}}`;
    this.#localReply(flagOfReset(reason), `${describe(reason)}: ${detail}`, details);
  }

  #retryReset(reason: ResetReason, sent: boolean): boolean {
    const head = this.head!;
    const { retry } = this.#forward();
    if (this.#canResend() && !this.#replayed && mayReplayOnFreshConnection(head.method, reason)) {
      this.#replayed = true;
      this.#startTry(null, true);
      return true;
    }
    if (!this.#mayTryAgain()) return false;
    const idempotent = isIdempotentMethod(head.method);
    if (!retriesReset(retry, reason, sent, idempotent) || !this.#takeRetry()) return false;
    this.#retryLater();
    return true;
  }

  /** Whether the whole request can still be sent once more. */
  #canResend(): boolean {
    return !this.#bodyLost && this.#phase <= Phase.Sent;
  }

  #mayTryAgain(): boolean {
    const tries = this.#replayed ? this.attempts - 1 : this.attempts;
    return this.#canResend() && tries <= this.#forward().retry.attempts;
  }

  #takeRetry(): boolean {
    const { cluster } = this.cluster!;
    if (this.#retrying) return true;
    if (!cluster.breakers.tryRetry()) return false;
    this.#retrying = true;
    return true;
  }

  #retryLater(): void {
    const { context } = this;
    context.counters.add(this.route!.slot + RouteSlot.retries, 1);
    context.counters.add(this.cluster!.cluster.slot + ClusterSlot.retries, 1);
    this.#phase = Phase.Picking;
    const wait = backoffMs(this.#forward().retry, this.attempts, context.random);
    this.#backoff = context.clock.after(wait, () => {
      this.#backoff = null;
      this.#startTry(this.endpoint);
    });
    // The route's timeout counts during the wait, too.
    this.#arm();
  }

  #countReset(reason: ResetReason): void {
    const { counters } = this.context;
    const slot = this.cluster!.cluster.slot;
    if (reason === ResetReason.PerTryTimeout) counters.add(slot + ClusterSlot.requestTimeouts, 1);
    const remote = reason === ResetReason.UpstreamReset || reason === ResetReason.ClosedBeforeAnswer;
    if (remote) counters.add(slot + ClusterSlot.requestResets + 1, 1);
    else if (reason === ResetReason.UpstreamProtocolError) counters.add(slot + ClusterSlot.requestResets, 1);
  }

  /** Closes the books of the current try. */
  #endTry(outcome: Outcome, status: number): void {
    if (!this.#tryOpen) return;
    this.#tryOpen = false;
    const { cluster } = this.cluster!;
    const durationMs = this.context.clock.now() - this.#tryStartedMs;
    cluster.end(this.endpoint!, outcome, status, durationMs);
    cluster.breakers.releaseRequest();
    this.trace?.endTry(this, this.#tryStartedMs, status, outcome === Outcome.LocalOriginFailure);
  }

  #dropUpstream(): void {
    const upstream = this.#upstream;
    this.#upstream = null;
    upstream?.reset();
  }

  #abandonTry(outcome: Outcome): void {
    if (this.#phase === Phase.Waiting) this.cluster!.pool.cancel(this.endpoint!, this);
    this.#endTry(outcome, this.#phase >= Phase.Answering ? this.status : 0);
    this.#dropUpstream();
  }

  // ------------------------------------------------------------------------------------- answering ourselves

  #localReply(
    flag: ResponseFlag,
    reason: string,
    details: string = reason.replaceAll(' ', '_'),
    status: number = statusOfFlag(flag),
  ): void {
    this.#reply(flag, details, status, proxyStatusLine(flag, reason), replyText(flag, reason));
  }

  #reply(flag: ResponseFlag, details: string, status: number, lines: string, body: string): void {
    this.#setFlag(flag, details);
    this.status = status;
    this.answerBegunMs = this.context.clock.now();
    this.context.counters.add(ThreadSlot.localReplies + flag, 1);
    let all = lines;
    const filterEdits = flag === ResponseFlag.FilterReply ? null : (this.#filters?.responseEdits ?? null);
    const changes = this.#headerChanges(this.route?.responseHeaders ?? noPatch, filterEdits);
    if (changes !== null) all = withoutFields(lines, changes.dropped) + changes.lines;
    const isBodiless = this.head?.methodKind === Method.Head || status === 204 || status === 304;
    if (!isBodiless) this.bytesSent += Buffer.byteLength(body);
    this.#finish();
    this.#stream.sendReply(status, all, body);
  }

  /** A filter answers. */
  filterReply(status: number, lines: string, body: string): void {
    if (this.#phase >= Phase.Answering) return;
    this.#abandonTry(Outcome.Cancelled);
    this.#reply(ResponseFlag.FilterReply, 'filter_reply', status, lines, body);
  }

  /** The first cause stands. */
  #setFlag(flag: ResponseFlag, details: string): void {
    if (this.flag !== ResponseFlag.None) return;
    this.flag = flag;
    this.details = details;
  }

  // ------------------------------------------------------------------------------------- time

  #forward(): ForwardAction {
    return this.route!.forward!;
  }

  /** Makes sure that the deadline fires at the earliest of the limits that count now. */
  #arm(): void {
    const left = this.#earliestLeftMs();
    if (left < Number.POSITIVE_INFINITY) this.context.net.wheel.ensure(this.#deadline, left);
  }

  #earliestLeftMs(): number {
    const { streamIdleTimeoutMs } = this.context.http.limits;
    const now = this.context.clock.now();
    let left = streamIdleTimeoutMs > 0 ? streamIdleTimeoutMs : Number.POSITIVE_INFINITY;
    const forward = this.route?.forward;
    if (this.#phase === Phase.Tunnel || !forward) return left;
    const { timeoutMs, maxDurationMs, retry } = forward;
    if (maxDurationMs > 0) left = Math.min(left, this.startedMs + maxDurationMs - now);
    if (this.#phase >= Phase.Answering) return left;
    if (timeoutMs > 0 && this.#requestEnded) left = Math.min(left, this.requestEndedMs + timeoutMs - now);
    if (retry.perTryTimeoutMs > 0 && this.#phase === Phase.Sent) {
      left = Math.min(left, this.#tryStartedMs + retry.perTryTimeoutMs - now);
    }
    return left;
  }

  onDeadline(): void {
    if (this.#phase === Phase.Done) return;
    const { timeoutMs, maxDurationMs, retry } = this.route?.forward ?? noForwardLimits;
    const now = this.context.clock.now();
    const tunnel = this.#phase === Phase.Tunnel;
    if (maxDurationMs > 0 && !tunnel && now >= this.startedMs + maxDurationMs) {
      this.#timeOut(ResponseFlag.DurationTimeout, `the exchange took longer than ${maxDurationMs} ms`);
    } else if (
      this.#phase < Phase.Answering &&
      timeoutMs > 0 &&
      this.#requestEnded &&
      now >= this.requestEndedMs + timeoutMs
    ) {
      this.context.counters.add(this.route!.slot + RouteSlot.timeouts, 1);
      this.#timeOut(ResponseFlag.UpstreamRequestTimeout, `no answer within ${timeoutMs} ms`);
    } else if (
      this.#phase === Phase.Sent &&
      retry.perTryTimeoutMs > 0 &&
      now >= this.#tryStartedMs + retry.perTryTimeoutMs
    ) {
      this.#dropUpstream();
      this.#failTry(ResetReason.PerTryTimeout, `no answer within ${retry.perTryTimeoutMs} ms`, true);
    } else if (!this.#moved && this.context.http.limits.streamIdleTimeoutMs > 0 && this.#idleSince(now)) {
      this.#timeOut(ResponseFlag.StreamIdleTimeout, 'nothing moved for too long');
    } else {
      this.#moved = false;
      this.#arm();
    }
  }

  /** Whether a whole idle period has passed; the deadline also fires for the other limits. */
  #idleSince(now: number): boolean {
    const begun = Math.max(this.#tryStartedMs, this.answerBegunMs, this.requestEndedMs, this.startedMs);
    return now - begun >= this.context.http.limits.streamIdleTimeoutMs;
  }

  #timeOut(flag: ResponseFlag, reason: string): void {
    const answering = this.#phase >= Phase.Answering;
    if (this.cluster !== null)
      this.context.counters.add(this.cluster.cluster.slot + ClusterSlot.requestTimeouts, 1);
    if (this.#phase === Phase.Waiting) this.cluster!.pool.cancel(this.endpoint!, this);
    const isClientSlow = this.#isClientSlow();
    this.#endTry(this.#timeOutOutcome(isClientSlow), answering ? this.status : 0);
    this.#dropUpstream();
    if (!answering) {
      const status = isClientSlow ? 408 : statusOfFlag(flag);
      this.#localReply(flag, reason, reason.replaceAll(' ', '_'), status);
      return;
    }
    this.#setFlag(flag, reason.replaceAll(' ', '_'));
    this.#finish();
    this.#stream.reset();
  }

  /** Whether it is the client that keeps the exchange waiting: with its request, or by not taking the answer. */
  #isClientSlow(): boolean {
    if (this.#phase === Phase.Answering) return this.#stream.blocked;
    return this.#phase === Phase.Sent && !this.#requestEnded && this.#upstream?.blocked === false;
  }

  /** A tunnel that nobody uses, or a client that is slow, says nothing about the endpoint. */
  #timeOutOutcome(isClientSlow: boolean): Outcome {
    if (this.#phase === Phase.Tunnel) return Outcome.Success;
    return isClientSlow ? Outcome.Cancelled : Outcome.LocalOriginFailure;
  }

  // ------------------------------------------------------------------------------------- the end

  get #isDone(): boolean {
    return this.#phase === Phase.Done;
  }

  #finish(): void {
    if (this.#phase === Phase.Done) return;
    this.#phase = Phase.Done;
    this.context.net.wheel.cancel(this.#deadline);
    this.#backoff?.cancel();
    this.#body = null;
    if (this.#retrying) this.cluster!.cluster.breakers.releaseRetry();
    this.#filters?.onComplete(this.status);
    recordExchange(this);
  }
}

const noBytes: Buffer = Buffer.alloc(0);
const plainResponse: HeadEdit = {
  target: null,
  authority: null,
  dropped: [],
  block: noBytes,
  lines: '',
  upgrade: null,
};

/** Of an exchange that is not forwarded, or not yet known to be: a filter holds it. */
const noForwardLimits: Pick<ForwardAction, 'timeoutMs' | 'maxDurationMs'> & {
  readonly retry: Pick<ForwardAction['retry'], 'perTryTimeoutMs'>;
} = { timeoutMs: 0, maxDurationMs: 0, retry: { perTryTimeoutMs: 0 } };
const noPatch: HeaderPatch = new HeaderPatch([], []);
const noChanges: HeaderChanges = { dropped: [], lines: '' };

function describe(reason: ResetReason): string {
  switch (reason) {
    case ResetReason.ConnectFailure:
    case ResetReason.ConnectTimeout:
      return 'the upstream cannot be reached';
    case ResetReason.Overflow:
      return 'the upstream is at its limit';
    case ResetReason.UpstreamProtocolError:
      return "the upstream's answer is malformed";
    case ResetReason.PerTryTimeout:
      return 'the upstream did not answer in time';
    default:
      return 'the upstream closed the connection before it answered';
  }
}

/**
 * One exchange: a request from downstream, tries towards upstreams, one answer. This is where everything meets, so it
 * holds only the order of events; what each step decides lives in its own file or room.
 *
 *   Filtering -> Picking -> Waiting (for a connection) -> Sent -> Answering -> Done
 *                  ^                                       |
 *                  +----------- retry, after a back-off ---+
 */
import { formatAddress, type Timer } from '../base/index.ts';
import { type Endpoint, Outcome, type PoolWaiter } from '../cluster/index.ts';
import type { ForwardAction } from '../config/index.ts';
import type { Connection, ConnectionOrigin } from '../net/index.ts';
import {
  DownstreamReset,
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
import { backoffMs, type Route, retriesStatus } from '../route/index.ts';
import { ListenerSlot, ResponseFlag, RouteSlot, ThreadSlot } from '../telemetry/index.ts';
import type { ProxyContext } from './context.ts';
import { ExchangeTrace } from './exchange-trace.ts';
import { FilterRun } from './filter-run.ts';
import { changeRequest, replyLines, responseEdit, unchanged } from './header-changes.ts';
import { proxyStatusLine, replyText, statusOfFlag } from './local-reply.ts';
import type { Caller } from './mesh/caller.ts';
import type { PeerEntry } from './mesh/edge-table.ts';
import { withoutPeer } from './mesh/listener-mesh.ts';
import { peerHeader } from './mesh/peer-text.ts';
import { ownAnswer } from './own-answer.ts';
import { recordExchange } from './record.ts';
import { RequestBody } from './request-body.ts';
import type { ForwardedLines } from './request-edit.ts';
import { describeReset, errorOfReset, flagOfReset } from './reset-flag.ts';
import { type ExchangeTimes, nextLimitMs, passedLimit, TimeLimit } from './time-limit.ts';
import { UpstreamTries } from './upstream-tries.ts';

const Phase = { Filtering: 0, Picking: 1, Waiting: 2, Sent: 3, Answering: 4, Tunnel: 5, Done: 6 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

export class Exchange implements RequestSink, ResponseSink, PoolWaiter, ExchangeTimes {
  readonly context: ProxyContext;
  readonly connection: Connection;
  readonly startedMs: number;
  head: Http1Head | null = null;
  route: Route | null = null;
  /** From the moment that the cluster is known. */
  tries: UpstreamTries | null = null;
  status = 0;
  flag: ResponseFlag = ResponseFlag.None;
  details = '';
  bytesReceived = 0;
  bytesSent = 0;
  requestEndedMs = -1;
  answerBegunMs = -1;
  movedMs = -1;
  trace: ExchangeTrace | null = null;
  /** `ip:port` of this side towards the client; with an access log only, as is the next. */
  localAddress = '';
  upstreamLocalAddress = '';
  requestHeaders: (string | undefined)[] | null = null;
  responseHeaders: (string | undefined)[] | null = null;
  /** The node that calls; `null`: not known. Inbound listeners of a mesh only. */
  peer: PeerEntry | null = null;
  readonly #stream: ResponseStream;
  readonly #forwarded: ForwardedLines;
  readonly #caller: Caller | null;
  #phase: Phase = Phase.Filtering;
  #bodiless = false;
  #trailers: Buffer | null = null;
  #body: RequestBody | null = null;
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
    caller: Caller | null;
  }) {
    this.context = options.context;
    this.#stream = options.stream;
    this.connection = options.connection;
    this.#forwarded = options.forwarded;
    this.#caller = options.caller;
    this.startedMs = options.context.clock.now();
    options.context.counters.add(options.context.slot + ListenerSlot.requestsActive, 1);
  }

  // ------------------------------------------------------------------------------------- the request

  onRequestHead(head: RequestHead, ended: boolean): void {
    if (!(head instanceof Http1Head)) throw new TypeError('an exchange got a head of an unknown protocol');
    const { context } = this;
    this.head = head;
    this.#bodiless = ended;
    if (ended) this.#endRequest();
    if (this.#caller !== null) this.peer = this.#caller.read(head);
    if (context.accessLog !== null) {
      this.requestHeaders = context.accessLog.captureRequest(head);
      // Not to be had any more when the client has gone.
      this.localAddress = formatAddress({
        host: this.connection.localAddress,
        port: this.connection.localPort,
      });
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
    const upstream = this.tries?.upstream ?? null;
    if (upstream === null || this.#phase < Phase.Sent) {
      (this.#body ??= new RequestBody()).hold(bytes, from, to);
      this.#stream.pauseRequest();
      return;
    }
    if (this.#phase === Phase.Sent)
      (this.#body ??= new RequestBody()).keep(bytes, from, to, this.#forward().retry);
    upstream.sendBody(bytes, from, to);
    if (upstream.blocked) this.#stream.pauseRequest();
  }

  onRequestEnd(trailers: Buffer | null): void {
    this.#trailers = this.#ownTrailers(trailers);
    this.#endRequest();
    if (this.#phase >= Phase.Sent && this.#phase < Phase.Done) this.tries?.upstream?.sendEnd(this.#trailers);
    // From here on the route's timeout counts.
    if (this.#phase === Phase.Waiting || this.#phase === Phase.Sent) this.#arm();
  }

  onDownstreamReset(cause: DownstreamReset): void {
    if (this.#phase === Phase.Done) return;
    if (this.#phase === Phase.Tunnel && cause === DownstreamReset.Disconnect) {
      this.#endTry(Outcome.Success, this.status);
      this.tries?.drop();
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
    this.tries?.upstream?.resumeResponse();
  }

  #endRequest(): void {
    this.requestEndedMs = this.context.clock.now();
  }

  get #requestEnded(): boolean {
    return this.requestEndedMs >= 0;
  }

  // ------------------------------------------------------------------------------------- choosing

  /** Filters are done: goes on to the route. */
  proceed(): void {
    const { route } = this;
    const answer = ownAnswer(this.head!, route);
    if (answer !== null) {
      this.#reply(ResponseFlag.RouteReply, answer.details, answer.status, answer.lines, answer.body);
    } else if (route === null) {
      this.#localReply(ResponseFlag.NoRoute, 'no route matches the request', 'route_not_found');
    } else {
      this.#forwardTo(route);
    }
  }

  #forwardTo(route: Route): void {
    const { context } = this;
    const name = route.pickCluster(context.random);
    const cluster = context.clusterOf(name);
    if (cluster === undefined) {
      this.#localReply(ResponseFlag.NoCluster, `there is no cluster "${name}"`, 'cluster_not_found');
      return;
    }
    const { hashPolicy, retry } = route.forward!;
    this.tries = new UpstreamTries(context, cluster, retry);
    if (hashPolicy.length > 0) this.#hash = route.hash(this.head!, this.connection.remoteAddress);
    this.#edit = this.#requestEdit(this.head!, route);
    this.#startTry(null);
  }

  #requestEdit(head: Http1Head, route: Route): HeadEdit {
    const dropped: string[] = [];
    const block = this.#forwarded.linesFor(head, dropped);
    if (this.requestHeaders !== null) {
      this.context.accessLog!.noteRequestId(this.requestHeaders, this.#forwarded.requestId);
    }
    if (this.#caller?.carriesHeader === true) dropped.push(peerHeader);
    const lines = this.trace === null ? '' : this.trace.requestLines(dropped);
    const edit: HeadEdit = { target: null, authority: null, dropped, block, lines, upgrade: null };
    changeRequest(edit, head, route, this.#filters);
    return edit;
  }

  // ------------------------------------------------------------------------------------- a try

  /** `fresh`: on a connection that has carried no request before. */
  #startTry(avoid: Endpoint | null, fresh = false): void {
    const tries = this.tries!;
    this.#phase = Phase.Picking;
    const obstacle = tries.begin(this.#hash, avoid);
    if (obstacle === ResponseFlag.NoHealthyUpstream) {
      this.#localReply(
        obstacle,
        `no healthy endpoint in cluster "${tries.clusterName}"`,
        'no_healthy_upstream',
      );
      return;
    }
    if (obstacle !== ResponseFlag.None) {
      this.#localReply(obstacle, 'too many requests to the cluster', 'overflow');
      return;
    }
    this.#phase = Phase.Waiting;
    const upstream = tries.acquire(this, fresh);
    if (upstream !== null) this.onPoolReady(upstream);
    else if (this.#phase === Phase.Waiting) this.#arm();
  }

  proxyOrigin(): ConnectionOrigin {
    return this.connection.ends;
  }

  // Waiting -> Sent | Tunnel
  onPoolReady(upstream: Http1Upstream): void {
    this.tries!.connected(upstream);
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
    this.#body?.sendTo(upstream, this.#forward().retry);
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
    this.#body?.sendTo(upstream, this.#forward().retry);
    this.#stream.resumeRequest();
    this.#arm();
  }

  // ------------------------------------------------------------------------------------- the answer

  onInterimHead(head: ResponseHead): void {
    this.#moved = true;
    this.#stream.sendInterim(head, this.context.mesh?.interimEdit(head));
  }

  // Sent -> Answering | Tunnel | Picking (retry)
  onResponseHead(head: ResponseHead, ended: boolean): void {
    const { context } = this;
    this.#moved = true;
    if (head.status === 101 && this.#edit!.upgrade === null) {
      this.tries!.drop();
      this.#failTry(ResetReason.UpstreamProtocolError, 'the upstream switched protocols unasked', true);
      return;
    }
    if (this.#retryStatus(head, ended)) return;
    if (this.#filters !== null && !this.#filters.onResponseHead(head)) return;
    this.#phase = Phase.Answering;
    this.status = head.status;
    this.answerBegunMs = context.clock.now();
    this.#body?.forget();
    let edit = responseEdit(head, this.route!, this.#filters, this.#edit!.upgrade);
    if (context.mesh !== null) edit = context.mesh.answerEdit(head, edit, edit === unchanged, this);
    if (context.accessLog !== null) this.responseHeaders = context.accessLog.captureResponse(head);
    if (this.details === '') this.details = 'via_upstream';
    const bodiless = ended || head.status === 101;
    this.#stream.sendHead(head, edit, bodiless);
    // What is left of the limits now ends no sooner than those of before, for which the deadline is set.
    if (head.status === 101) this.#switchProtocols();
    else if (ended) this.#completeAnswer(null);
  }

  /** Whether the answer is given up for another try. */
  #retryStatus(head: ResponseHead, ended: boolean): boolean {
    const { retry } = this.#forward();
    if (retry.attempts === 0 || !retriesStatus(retry, head.status)) return false;
    const tries = this.tries!;
    if (!this.#canResend || !tries.takeRetry()) {
      if (tries.count > 1) this.#setFlag(ResponseFlag.UpstreamRetryLimitExceeded, 'via_upstream');
      return false;
    }
    this.#endTry(Outcome.Success, head.status);
    this.context.mesh?.recordRetried(this, head, ResponseFlag.None);
    if (!ended) tries.drop();
    tries.upstream = null;
    this.#retryLater();
    return true;
  }

  #switchProtocols(): void {
    this.#phase = Phase.Tunnel;
    this.tries!.upstream!.startTunnel();
    this.#stream.startTunnel();
    this.#arm();
  }

  onResponseBody(bytes: Buffer, from: number, to: number): void {
    this.bytesSent += to - from;
    this.#moved = true;
    this.#stream.sendBody(bytes, from, to);
    if (this.#stream.blocked) this.tries?.upstream?.pauseResponse();
  }

  onResponseEnd(trailers: Buffer | null): void {
    if (this.#phase === Phase.Tunnel) {
      // The upstream has half-closed; the client may still be sending.
      this.#stream.sendEnd(null);
      return;
    }
    this.#completeAnswer(this.#ownTrailers(trailers));
  }

  /** Trailers as they go on: nobody introduces himself there. */
  #ownTrailers(trailers: Buffer | null): Buffer | null {
    return trailers === null || this.context.mesh === null ? trailers : withoutPeer(trailers);
  }

  onUpstreamReset(reason: ResetReason, detail: string): void {
    this.tries!.upstream = null;
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
    this.tries!.upstream = null;
    this.#finish();
    this.#stream.sendEnd(trailers);
  }

  // ------------------------------------------------------------------------------------- failing and retrying

  /** The try ended without an answer: another one, or an answer of the proxy's own. */
  #failTry(reason: ResetReason, detail: string, sent: boolean): void {
    if (this.#phase === Phase.Done) return;
    const tries = this.tries!;
    const answering = this.#phase === Phase.Answering;
    tries.countReset(reason);
    this.#endTry(reason === ResetReason.Overflow ? Outcome.Cancelled : Outcome.LocalOriginFailure, 0);
    tries.upstream = null;
    if (answering) {
      this.#setFlag(flagOfReset(reason), 'upstream_reset_after_response_started');
      this.#finish();
      this.#stream.reset();
      return;
    }
    if (this.#retryReset(reason, sent)) return;
    const details = `upstream_reset_before_response_started{${detail.replaceAll(' ', '_')}}`;
    const flag = flagOfReset(reason);
    const text = `${describeReset(reason)}: ${detail}`;
    const lines = proxyStatusLine(flag, text, errorOfReset(reason));
    this.#reply(flag, details, statusOfFlag(flag), lines, replyText(flag, text));
  }

  #retryReset(reason: ResetReason, sent: boolean): boolean {
    if (!this.#canResend) return false;
    const tries = this.tries!;
    const { method } = this.head!;
    if (tries.replay(method, reason)) {
      this.#startTry(null, true);
      return true;
    }
    if (!tries.retryReset(method, reason, sent)) return false;
    this.context.mesh?.recordRetried(this, null, flagOfReset(reason));
    this.#retryLater();
    return true;
  }

  /** Whether the whole request can still be sent once more. */
  get #canResend(): boolean {
    return this.#phase <= Phase.Sent && this.#body?.lost !== true;
  }

  #retryLater(): void {
    const { context } = this;
    const tries = this.tries!;
    context.counters.add(this.route!.slot + RouteSlot.retries, 1);
    this.#phase = Phase.Picking;
    const wait = backoffMs(this.#forward().retry, tries.count, context.random);
    this.#backoff = context.clock.after(wait, () => {
      this.#backoff = null;
      this.#startTry(tries.endpoint);
    });
    // The route's timeout counts during the wait, too.
    this.#arm();
  }

  /** Closes the books of the current try. */
  #endTry(outcome: Outcome, status: number): void {
    if (this.tries?.end(outcome, status) !== true) return;
    this.trace?.endTry(this.tries, this.context.clock, status, outcome === Outcome.LocalOriginFailure);
  }

  #abandonTry(outcome: Outcome): void {
    if (this.#phase === Phase.Waiting) this.tries!.cancelWaiting(this);
    this.#endTry(outcome, this.#phase >= Phase.Answering ? this.status : 0);
    this.tries?.drop();
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
    const filters = flag === ResponseFlag.FilterReply ? null : this.#filters;
    const isBodiless = this.head?.methodKind === Method.Head || status === 204 || status === 304;
    if (!isBodiless) this.bytesSent += Buffer.byteLength(body);
    this.#finish();
    const answer = replyLines(lines, this.route, filters);
    const { mesh } = this.context;
    this.#stream.sendReply(status, mesh === null ? answer : mesh.replyLines(answer, this.peer), body);
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

  get tryStartedMs(): number {
    return this.tries?.startedMs ?? -1;
  }

  get isTrying(): boolean {
    return this.#phase === Phase.Sent;
  }

  get isTunnel(): boolean {
    return this.#phase === Phase.Tunnel;
  }

  /** Makes sure that `onWake` comes at the earliest of the limits that count now. */
  #arm(): void {
    const { clock, http } = this.context;
    const left = nextLimitMs(this, this.route?.forward ?? null, http.limits.streamIdleTimeoutMs, clock.now());
    if (left < Number.POSITIVE_INFINITY) this.#stream.wakeWithin(left);
  }

  onWake(): void {
    if (this.#phase === Phase.Done) return;
    const { clock, counters, http } = this.context;
    const forward = this.route?.forward ?? null;
    if (this.#moved) this.movedMs = clock.now();
    this.#moved = false;
    switch (passedLimit(this, forward, http.limits.streamIdleTimeoutMs, clock.now())) {
      case TimeLimit.Duration:
        this.#timeOut(
          ResponseFlag.DurationTimeout,
          `the exchange took longer than ${forward!.maxDurationMs} ms`,
        );
        break;
      case TimeLimit.Answer:
        counters.add(this.route!.slot + RouteSlot.timeouts, 1);
        this.#timeOut(ResponseFlag.UpstreamRequestTimeout, `no answer within ${forward!.timeoutMs} ms`);
        break;
      case TimeLimit.Try:
        this.tries!.drop();
        this.#failTry(
          ResetReason.PerTryTimeout,
          `no answer within ${forward!.retry.perTryTimeoutMs} ms`,
          true,
        );
        break;
      case TimeLimit.Idle:
        this.#timeOut(ResponseFlag.StreamIdleTimeout, 'nothing moved for too long');
        break;
      default:
        this.#arm();
    }
  }

  #timeOut(flag: ResponseFlag, reason: string): void {
    const answering = this.#phase >= Phase.Answering;
    const isClientSlow = this.#isClientSlow();
    const outcome = this.#timeOutOutcome(isClientSlow);
    this.tries?.countTimeout();
    this.#abandonTry(outcome);
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
    return this.#phase === Phase.Sent && !this.#requestEnded && this.tries!.upstream?.blocked === false;
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
    this.#backoff?.cancel();
    this.#body?.forget();
    this.tries?.finish(this.flag === ResponseFlag.None ? this.status : 0);
    this.#filters?.onComplete(this.status);
    recordExchange(this);
  }
}

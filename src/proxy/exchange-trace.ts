/**
 * The trace of one exchange: a server span for the exchange, a client span per try, and the context that goes to the
 * upstream. Made only where tracing is configured; spans are recorded only when the trace is sampled.
 */
import type { Clock } from '../base/index.ts';
import type { RequestHead } from '../protocol/index.ts';
import { type SpanRecord, TraceContext, type Tracer } from '../telemetry/index.ts';
import type { Exchange } from './exchange.ts';
import type { UpstreamTries } from './upstream-tries.ts';

export interface ExchangeTracer {
  readonly tracer: Tracer;
  /** Takes a finished span. */
  readonly emit: (span: SpanRecord) => void;
}

export class ExchangeTrace {
  readonly #source: ExchangeTracer;
  readonly #context = new TraceContext();
  readonly #trySpanId: string;
  readonly #method: string;
  #tries = 0;

  constructor(source: ExchangeTracer, head: RequestHead) {
    this.#source = source;
    this.#method = head.method;
    source.tracer.begin(this.#context, head);
    this.#trySpanId = source.tracer.newSpanId();
  }

  get traceId(): string {
    return this.#context.traceId;
  }

  /** Field lines that carry the context to the upstream; names they replace are pushed to `dropped`. */
  requestLines(dropped: string[]): string {
    let lines = '';
    this.#source.tracer.inject(this.#context, this.#trySpanId, {
      set(name, value) {
        dropped.push(name);
        lines += `${name}: ${value}\r\n`;
      },
      remove(name) {
        dropped.push(name);
      },
    });
    return lines;
  }

  /** The current try is over. `status` 0: no answer came. */
  endTry(tries: UpstreamTries, clock: Clock, status: number, failed: boolean): void {
    if (!this.#context.sampled) return;
    const endMs = clock.wall();
    const { address } = tries.endpoint!;
    // The upstream was told one span id; further tries of the same request get their own.
    const spanId = this.#tries++ === 0 ? this.#trySpanId : this.#source.tracer.newSpanId();
    this.#source.emit({
      traceId: this.#context.traceId,
      spanId,
      parentSpanId: this.#context.spanId,
      name: `${this.#method} ${tries.clusterName}`,
      kind: 'client',
      startMs: endMs - (clock.now() - tries.startedMs),
      endMs,
      error: failed || status >= 400,
      attributes: {
        'http.request.method': this.#method,
        'http.response.status_code': status,
        'server.address': address.host,
        'server.port': address.port,
        'http.request.resend_count': tries.count - 1,
        'meshlock.cluster': tries.clusterName,
      },
    });
  }

  /** The exchange is over. */
  end(exchange: Exchange, durationMs: number): void {
    if (!this.#context.sampled) return;
    const { head, context } = exchange;
    const endMs = context.clock.wall();
    this.#source.emit({
      traceId: this.#context.traceId,
      spanId: this.#context.spanId,
      parentSpanId: this.#context.parentSpanId === '' ? null : this.#context.parentSpanId,
      name: `${this.#method} ${exchange.route?.name ?? 'unrouted'}`,
      kind: 'server',
      startMs: endMs - durationMs,
      endMs,
      error: exchange.status >= 500 || exchange.status === 0,
      attributes: {
        'http.request.method': this.#method,
        'http.response.status_code': exchange.status,
        'url.path': pathOf(head?.target ?? ''),
        'server.address': head?.authority ?? '',
        'client.address': exchange.connection.remoteAddress,
        'network.protocol.version': `1.${head?.minorVersion ?? 1}`,
        'meshlock.response_flag': exchange.details,
      },
    });
  }
}

/** Queries hold secrets more often than paths do: they are not recorded. */
function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

/**
 * Carries traces through this node on a data thread: takes the caller's context or begins a trace, decides whether it
 * is sampled, and writes the context for the upstream. W3C Trace Context is looked for first, then B3.
 */
import type { Random } from '../../base/index.ts';
import type { TraceFormat, TracingConfig } from '../../config/index.ts';
import { B3Reading, formatB3Single, parentOf, readB3Multi, readB3Single } from './b3.ts';
import { IdSource } from './id-source.ts';
import { type TraceContext, TraceSource } from './trace-context.ts';
import { formatTraceparent, readTraceparent } from './traceparent.ts';

/** What the caller's head is asked: the first value of the field; `name` in lower case. */
export interface TraceHeaders {
  header(name: string): string | undefined;
}

/** The head that goes to the upstream. Names are in lower case. */
export interface TraceHeaderSink {
  /** In place of all fields of this name. */
  set(name: string, value: string): void;
  remove(name: string): void;
}

interface TracerOptions {
  readonly config: Pick<TracingConfig, 'sampling' | 'propagate'>;
  readonly random: Random;
  readonly ids?: IdSource;
}

export class Tracer {
  readonly #sampling: number;
  readonly #propagate: readonly TraceFormat[];
  readonly #random: Random;
  readonly #ids: IdSource;

  constructor(options: TracerOptions) {
    this.#sampling = options.config.sampling;
    this.#propagate = options.config.propagate;
    this.#random = options.random;
    this.#ids = options.ids ?? new IdSource();
  }

  /** Fills `context`, which afterwards has a trace id, a span id of its own and a decision. */
  begin(context: TraceContext, headers: TraceHeaders): void {
    context.clear();
    const reading = readCaller(context, headers);
    if (reading === B3Reading.None || reading === B3Reading.Decision) context.traceId = this.#ids.traceId();
    if (reading === B3Reading.None || reading === B3Reading.Undecided) {
      context.sampled = this.#random.next() < this.#sampling;
    }
    context.spanId = this.#ids.spanId();
  }

  /** An id for one more span of this node: of a try towards an upstream. */
  newSpanId(): string {
    return this.#ids.spanId();
  }

  /**
   * Writes the context of a call under span `spanId` in the configured formats. `tracestate` stays as it came with a
   * valid `traceparent` and goes without one. B3 answers in the form the caller used, else in one header. Formats that
   * are not configured stay as they came.
   */
  inject(context: TraceContext, spanId: string, sink: TraceHeaderSink): void {
    for (const format of this.#propagate) {
      if (format === 'w3c') {
        sink.set('traceparent', formatTraceparent(context, spanId));
        if (context.source !== TraceSource.W3c) sink.remove('tracestate');
      } else if (context.source === TraceSource.B3Multi) injectB3Multi(context, spanId, sink);
      else {
        sink.set('b3', formatB3Single(context, spanId));
        for (const name of b3MultiNames) sink.remove(name);
      }
    }
  }
}

const b3MultiNames = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags'];

function injectB3Multi(context: TraceContext, spanId: string, sink: TraceHeaderSink): void {
  sink.set('x-b3-traceid', context.traceId);
  sink.set('x-b3-spanid', spanId);
  const parent = parentOf(context, spanId);
  if (parent === '') sink.remove('x-b3-parentspanid');
  else sink.set('x-b3-parentspanid', parent);
  if (context.debug) {
    sink.set('x-b3-flags', '1');
    sink.remove('x-b3-sampled');
  } else {
    sink.set('x-b3-sampled', context.sampled ? '1' : '0');
    sink.remove('x-b3-flags');
  }
  sink.remove('b3');
}

function readCaller(context: TraceContext, headers: TraceHeaders): B3Reading {
  const traceparent = headers.header('traceparent');
  if (traceparent !== undefined && readTraceparent(traceparent, context)) return B3Reading.Complete;
  const single = headers.header('b3');
  if (single !== undefined) {
    const reading = readB3Single(single, context);
    if (reading !== B3Reading.None) return reading;
  }
  const traceId = headers.header('x-b3-traceid');
  const sampled = headers.header('x-b3-sampled');
  const flags = headers.header('x-b3-flags');
  if (traceId === undefined && sampled === undefined && flags === undefined) return B3Reading.None;
  return readB3Multi({ traceId, spanId: headers.header('x-b3-spanid'), sampled, flags }, context);
}

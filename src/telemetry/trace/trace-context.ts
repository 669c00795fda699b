/** Where one exchange stands in a distributed trace. One object per exchange, filled by `Tracer.begin`. */

/** Which of the caller's headers the trace came from. */
export const TraceSource = {
  /** None that was valid: the trace begins here. */
  None: 0,
  W3c: 1,
  B3Single: 2,
  B3Multi: 3,
} as const;
export type TraceSource = (typeof TraceSource)[keyof typeof TraceSource];

export class TraceContext {
  /** 32 lower-case hex digits. */
  traceId = '';
  /** This node's span for the exchange, 16 lower-case hex digits; the caller sees it as the parent. */
  spanId = '';
  /** The caller's span; empty when the trace begins here. */
  parentSpanId = '';
  sampled = false;
  /** B3's debug flag: sampled, and to be kept by every sampler behind. */
  debug = false;
  /** The caller says that the trace id is random (W3C Trace Context level 2); passed on as it came. */
  randomId = false;
  source: TraceSource = TraceSource.None;

  clear(): void {
    this.traceId = '';
    this.spanId = '';
    this.parentSpanId = '';
    this.sampled = false;
    this.debug = false;
    this.randomId = false;
    this.source = TraceSource.None;
  }
}

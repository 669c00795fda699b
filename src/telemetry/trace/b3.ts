/** B3 propagation (openzipkin/b3-propagation): one `b3` header, or several `X-B3-*`. */
import { isLowerHex, isZeros } from './id-source.ts';
import { type TraceContext, TraceSource } from './trace-context.ts';

/** What a caller's B3 headers say. */
export const B3Reading = {
  /** Nothing, or nothing valid. */
  None: 0,
  /** Only the sampling decision, set in the context; the trace begins here. */
  Decision: 1,
  /** Trace and parent, but the decision is left to this node. */
  Undecided: 2,
  /** Trace, parent and decision. */
  Complete: 3,
} as const;
export type B3Reading = (typeof B3Reading)[keyof typeof B3Reading];

/** `0`, `1`, `d`, or `<trace id>-<span id>[-<0|1|d>[-<parent span id>]]`. */
export function readB3Single(value: string, context: TraceContext): B3Reading {
  if (value.length === 1) return takeDecision(value, context) ? B3Reading.Decision : B3Reading.None;
  const traceEnd = value.indexOf('-');
  if (traceEnd === -1) return B3Reading.None;
  const traceId = value.slice(0, traceEnd);
  const spanId = value.slice(traceEnd + 1, traceEnd + 17);
  const rest = value.slice(traceEnd + 17);
  if (!isTraceId(traceId) || !isSpanId(spanId)) return B3Reading.None;
  const decision = rest[1] ?? '';
  // `-` and the decision, then perhaps `-` and the caller's own parent, which is not needed.
  const wellFormed =
    rest === '' ||
    (rest[0] === '-' &&
      (rest.length === 2 || (rest.length === 19 && rest[2] === '-' && isLowerHex(rest, 3, 19))));
  if (!wellFormed) return B3Reading.None;
  if (rest !== '' && !takeDecision(decision, context)) return B3Reading.None;
  takeIds(traceId, spanId, context);
  context.source = TraceSource.B3Single;
  return rest === '' ? B3Reading.Undecided : B3Reading.Complete;
}

/** The values of the `X-B3-*` headers; `undefined` for one that is absent. */
export interface B3Fields {
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly sampled: string | undefined;
  readonly flags: string | undefined;
}

export function readB3Multi(fields: B3Fields, context: TraceContext): B3Reading {
  const { traceId, spanId, sampled, flags } = fields;
  // Debug implies "accept", whatever X-B3-Sampled says. `true` and `false` come from older tracers.
  const decision = flags === '1' ? 'd' : sampled === 'true' ? '1' : sampled === 'false' ? '0' : sampled;
  const decided = decision !== undefined && takeDecision(decision, context);
  if (traceId === undefined || spanId === undefined || !isTraceId(traceId) || !isSpanId(spanId)) {
    return decided ? B3Reading.Decision : B3Reading.None;
  }
  takeIds(traceId, spanId, context);
  context.source = TraceSource.B3Multi;
  return decided ? B3Reading.Complete : B3Reading.Undecided;
}

/** The `b3` header for a call made under span `spanId`. */
export function formatB3Single(context: TraceContext, spanId: string): string {
  const decision = context.debug ? 'd' : context.sampled ? '1' : '0';
  const parent = parentOf(context, spanId);
  return parent === ''
    ? `${context.traceId}-${spanId}-${decision}`
    : `${context.traceId}-${spanId}-${decision}-${parent}`;
}

/** The parent of span `spanId`: this node's span, or the caller's if it is this node's span; empty for a root. */
export function parentOf(context: TraceContext, spanId: string): string {
  return spanId === context.spanId ? context.parentSpanId : context.spanId;
}

function takeDecision(decision: string, context: TraceContext): boolean {
  if (decision !== '0' && decision !== '1' && decision !== 'd') return false;
  context.sampled = decision !== '0';
  context.debug = decision === 'd';
  return true;
}

/** 64-bit trace ids are padded on the left, as B3 has it. */
function takeIds(traceId: string, spanId: string, context: TraceContext): void {
  context.traceId = traceId.length === 32 ? traceId : traceId.padStart(32, '0');
  context.parentSpanId = spanId;
}

function isTraceId(id: string): boolean {
  return (id.length === 32 || id.length === 16) && isLowerHex(id, 0, id.length) && !isZeros(id);
}

function isSpanId(id: string): boolean {
  return id.length === 16 && isLowerHex(id, 0, 16) && !isZeros(id);
}

/** The `traceparent` header: W3C Trace Context, section 3.2. */
import { isLowerHex, isZeros } from './id-source.ts';
import { type TraceContext, TraceSource } from './trace-context.ts';

const flagSampled = 1;
const flagRandom = 2;

/** `00-<32 trace id>-<16 parent id>-<2 flags>`. */
const length = 55;

/** Takes trace, parent and decision from the header. False: it is not valid and nothing was taken. */
export function readTraceparent(value: string, context: TraceContext): boolean {
  if (value.length < length || !isLowerHex(value, 0, 2)) return false;
  const version = value.slice(0, 2);
  // A later version may append fields after another dash; the first four stay what they are (3.2.4).
  if (version === 'ff') return false;
  if (value.length > length && (version === '00' || value[length] !== '-')) return false;
  if (value[2] !== '-' || value[35] !== '-' || value[52] !== '-') return false;
  if (!isLowerHex(value, 3, 35) || !isLowerHex(value, 36, 52) || !isLowerHex(value, 53, 55)) return false;
  const traceId = value.slice(3, 35);
  const parentId = value.slice(36, 52);
  if (isZeros(traceId) || isZeros(parentId)) return false;
  const flags = Number.parseInt(value.slice(53, 55), 16);
  context.traceId = traceId;
  context.parentSpanId = parentId;
  context.sampled = (flags & flagSampled) !== 0;
  context.randomId = (flags & flagRandom) !== 0;
  context.source = TraceSource.W3c;
  return true;
}

/** The header for a call made under span `spanId`. */
export function formatTraceparent(context: TraceContext, spanId: string): string {
  const flags = (context.sampled ? flagSampled : 0) | (context.randomId ? flagRandom : 0);
  return `00-${context.traceId}-${spanId}-0${flags}`;
}

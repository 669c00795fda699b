/** A data thread's finished span in the form that OpenTelemetry's exporters take. */
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import type { SpanRecord } from '../span-record.ts';

export type ReadableSpan = Parameters<OTLPTraceExporter['export']>[0][number];
export type Resource = ReadableSpan['resource'];

const scope = { name: 'meshlock' };

/** `resource` must be the same object for all spans of a node: the exporter groups by identity. */
export function readableSpan(record: SpanRecord, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentSpanId, startMs, endMs } = record;
  const isServer = record.kind === 'server';
  const traceFlags = TraceFlags.SAMPLED;
  return {
    name: record.name,
    kind: isServer ? SpanKind.SERVER : SpanKind.CLIENT,
    spanContext: () => ({ traceId, spanId, traceFlags }),
    // A server span's parent is another process's; a client span's is this node's own server span.
    ...(parentSpanId === null
      ? {}
      : { parentSpanContext: { traceId, spanId: parentSpanId, traceFlags, isRemote: isServer } }),
    startTime: hrTime(startMs),
    endTime: hrTime(endMs),
    duration: hrTime(Math.max(0, endMs - startMs)),
    ended: true,
    status: { code: record.error ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: { ...record.attributes },
    links: [],
    events: [],
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Seconds and nanoseconds. */
function hrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6))];
}

/** What made the spans, as OpenTelemetry describes it. */
export function resourceOf(attributes: Readonly<Record<string, string>>): Resource {
  const resource: Resource = {
    attributes,
    merge: (other) =>
      resourceOf({ ...attributes, ...(other?.attributes as Readonly<Record<string, string>> | undefined) }),
    getRawAttributes: () => Object.entries(attributes),
  };
  return resource;
}

/**
 * The one place that loads OpenTelemetry: sends batches of spans over OTLP/gRPC, and runs OpenTelemetry's SDK, so that
 * code on the control thread that uses `@opentelemetry/api` has its spans exported together with those of the data
 * threads. The data threads' spans come finished and bypass the SDK.
 */
import { context, propagation, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { SpanRecord } from '../span-record.ts';
import { type ReadableSpan, type Resource, readableSpan, resourceOf } from './readable-span.ts';

/** What became of a batch: taken by the receiver, refused for good, or worth another try. */
export type Outcome =
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused' | 'unavailable'; readonly reason: string };

/** One that waits to be sent: of a data thread, or of the control thread's own code. */
export type QueuedSpan = SpanRecord | ReadableSpan;

interface OtlpSenderOptions {
  readonly endpoint: string;
  /** Of the resource. */
  readonly attributes: Readonly<Record<string, string>>;
  /** A span of the control thread has ended. */
  readonly onSpan: (span: ReadableSpan) => void;
}

/** gRPC status codes after which OTLP asks for another try (OTLP specification, "Failures"). */
const retryableCodes: ReadonlySet<unknown> = new Set([1, 4, 10, 11, 14, 15]);
/** `ExportResultCode.SUCCESS` of @opentelemetry/core. */
const exportSuccess = 0;
const callTimeoutMs = 10_000;

export class OtlpSender {
  readonly #exporter: OTLPTraceExporter;
  readonly #resource: Resource;
  /** `null`: the process has an SDK of its own, which keeps its global place. */
  readonly #sdk: NodeSDK | null;

  constructor({ endpoint, attributes, onSpan }: OtlpSenderOptions) {
    this.#exporter = new OTLPTraceExporter({ url: endpoint, timeoutMillis: callTimeoutMs });
    this.#resource = resourceOf({
      ...attributes,
      'telemetry.sdk.name': 'opentelemetry',
      'telemetry.sdk.language': 'nodejs',
    });
    this.#sdk = isTracedAlready() ? null : startSdk(attributes, onSpan);
  }

  send(batch: readonly QueuedSpan[]): Promise<Outcome> {
    const spans = batch.map((span) => ('traceId' in span ? readableSpan(span, this.#resource) : span));
    return new Promise((resolve) => {
      this.#exporter.export(spans, ({ code, error }) => {
        if ((code as number) === exportSuccess) {
          resolve({ kind: 'taken' });
          return;
        }
        const status = error !== undefined && 'code' in error ? error.code : undefined;
        const reason = error?.message ?? 'the export failed';
        resolve({ kind: retryableCodes.has(status) ? 'unavailable' : 'refused', reason });
      });
    });
  }

  /** Also gives the API's global places back. */
  async shutdown(): Promise<void> {
    if (this.#sdk !== null) {
      await this.#sdk.shutdown();
      trace.disable();
      context.disable();
      propagation.disable();
    }
    await this.#exporter.shutdown();
  }
}

function isTracedAlready(): boolean {
  return trace.getTracer('meshlock').startSpan('probe').isRecording();
}

function startSdk(
  attributes: Readonly<Record<string, string>>,
  onSpan: (span: ReadableSpan) => void,
): NodeSDK {
  const sdk = new NodeSDK({
    // The SDK's own detectors would report the command line, which may hold secrets.
    resourceDetectors: [{ detect: () => ({ attributes: { ...attributes } }) }],
    spanProcessors: [
      {
        onStart: () => {},
        onEnd: (span) => {
          if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) onSpan(span);
        },
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
    // Without these the SDK would start exporters of its own for metrics and logs.
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  return sdk;
}

import { trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Clock, ManualClock, seededRandom, systemClock } from '../../../src/base/index.ts';
import { SpanExporter } from '../../../src/telemetry/control.ts';
import type { SpanRecord } from '../../../src/telemetry/index.ts';
import { LogLines } from './log-lines.ts';
import { OtlpReceiver } from './otlp-receiver.ts';

let receiver: OtlpReceiver;
let output: LogLines;
let exporters: SpanExporter[];

beforeEach(async () => {
  receiver = new OtlpReceiver();
  await receiver.start();
  output = new LogLines();
  exporters = [];
});

afterEach(async () => {
  receiver.stop();
  for (const exporter of exporters) await exporter.shutdown(0);
});

function start(
  options: { clock?: Clock; maxQueuedSpans?: number; batchSpans?: number; endpoint?: string } = {},
): SpanExporter {
  const exporter = new SpanExporter({
    endpoint: receiver.url,
    node: { id: 'cart-7f9', service: 'cart', version: '1.4.2', release: '2026-11-20.3' },
    clock: systemClock,
    random: seededRandom(1),
    log: output.log,
    delayMs: 0,
    ...options,
  });
  exporters.push(exporter);
  return exporter;
}

function span(index: number, changes: Partial<SpanRecord> = {}): SpanRecord {
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: index.toString(16).padStart(16, 'a'),
    parentSpanId: null,
    name: `span ${index}`,
    kind: 'server',
    startMs: 1_763_622_785_123.25,
    endMs: 1_763_622_785_135.5,
    error: false,
    attributes: {},
    ...changes,
  };
}

async function until(condition: () => boolean, step: () => void = () => {}): Promise<void> {
  while (!condition()) {
    step();
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

describe('SpanExporter', () => {
  test('brings spans to an OTLP/gRPC receiver with ids, times, attributes and the node', async () => {
    const exporter = start();
    exporter.accept([
      span(1, {
        parentSpanId: 'b7ad6b7169203331',
        name: 'GET /cart',
        attributes: { 'http.request.method': 'GET', 'http.response.status_code': 503, ratio: 0.5 },
        error: true,
      }),
      span(2, { kind: 'client' }),
    ]);
    await receiver.received(2);
    expect(receiver.spans).toEqual([
      {
        resource: {
          'service.name': 'cart',
          'service.version': '1.4.2',
          'service.instance.id': 'cart-7f9',
          'meshlock.release': '2026-11-20.3',
          'telemetry.sdk.name': 'opentelemetry',
          'telemetry.sdk.language': 'nodejs',
        },
        scope: 'meshlock',
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: 'aaaaaaaaaaaaaaa1',
        parentSpanId: 'b7ad6b7169203331',
        name: 'GET /cart',
        kind: 2,
        startNanos: 1_763_622_785_123_250_000n,
        endNanos: 1_763_622_785_135_500_000n,
        statusCode: 2,
        attributes: { 'http.request.method': 'GET', 'http.response.status_code': 503, ratio: 0.5 },
      },
      expect.objectContaining({ spanId: 'aaaaaaaaaaaaaaa2', parentSpanId: '', kind: 3, statusCode: 0 }),
    ]);
    await until(() => exporter.exported === 2);
    expect(exporter.queuedSpans).toBe(0);
    expect(output.lines).toEqual([]);
  });

  test('sends batches of bounded size, in order', async () => {
    const exporter = start({ batchSpans: 10 });
    exporter.accept(Array.from({ length: 25 }, (_, i) => span(i)));
    await receiver.received(25);
    expect(receiver.calls).toBe(3);
    expect(receiver.spans.map((received) => received.name)).toEqual(
      Array.from({ length: 25 }, (_, i) => `span ${i}`),
    );
  });

  test('gathers spans for a moment before it sends them', async () => {
    const clock = new ManualClock();
    const exporter = new SpanExporter({
      endpoint: receiver.url,
      node: { id: '', service: '', version: '', release: '' },
      clock,
      random: seededRandom(1),
      log: output.log,
    });
    exporters.push(exporter);
    exporter.accept([span(1)]);
    await until(() => clock.pendingTimers === 1);
    exporter.accept([span(2)]);
    expect(receiver.calls).toBe(0);
    clock.advance(1000);
    await receiver.received(2);
    expect(receiver.calls).toBe(1);
    expect(receiver.spans[0]?.resource['service.name']).toBe('meshlock');
  });

  test('keeps spans while the receiver is away, reports it once, and drops beyond the bound', async () => {
    const clock = new ManualClock();
    receiver.stop();
    const exporter = start({ clock, maxQueuedSpans: 5 });
    exporter.accept([span(1), span(2), span(3)]);
    await until(
      () => output.lines.length > 0,
      () => clock.advance(1),
    );
    exporter.accept([span(4), span(5), span(6), span(7)]);
    expect(exporter.queuedSpans).toBe(5);
    expect(exporter.droppedQueueFull).toBe(2);
    await receiver.start();
    await until(
      () => receiver.spans.length === 5 && exporter.queuedSpans === 0,
      () => clock.advance(1000),
    );
    expect(exporter.exported).toBe(5);
    expect(output.entries.map(({ level, message }) => ({ level, message }))).toEqual([
      { level: 'warn', message: 'spans cannot be exported' },
      { level: 'info', message: 'spans are exported again' },
    ]);
  });

  test('drops a batch that the receiver refuses for good', async () => {
    receiver.failWith = 3;
    const exporter = start();
    exporter.accept([span(1), span(2)]);
    await until(() => exporter.droppedRejected === 2);
    expect(receiver.calls).toBe(1);
    receiver.failWith = 0;
    exporter.accept([span(3)]);
    await receiver.received(1);
    expect(receiver.spans[0]?.name).toBe('span 3');
  });

  test('tries again what the receiver could not take for the moment', async () => {
    const clock = new ManualClock();
    receiver.failWith = 14;
    const exporter = start({ clock });
    exporter.accept([span(1)]);
    await until(
      () => receiver.calls === 2,
      () => clock.advance(1000),
    );
    expect(exporter.queuedSpans).toBe(1);
    receiver.failWith = 0;
    await until(
      () => exporter.exported === 1,
      () => clock.advance(1000),
    );
    expect(exporter.droppedRejected).toBe(0);
  });

  test('sends what is left when it shuts down', async () => {
    const clock = new ManualClock();
    const exporter = start({ clock });
    exporter.accept([span(1), span(2)]);
    await exporter.shutdown(60_000);
    expect(receiver.spans).toHaveLength(2);
    expect(exporter.exported).toBe(2);
    exporter.accept([span(3)]);
    expect(exporter.droppedShutdown).toBe(1);
  });

  test('does not wait beyond the deadline for a receiver that does not answer', async () => {
    receiver.hold = true;
    const exporter = start();
    exporter.accept([span(1), span(2)]);
    await receiver.nextCall();
    await exporter.shutdown(20);
    expect(exporter.droppedShutdown).toBe(2);
    expect(exporter.queuedSpans).toBe(0);
  });

  test('survives an endpoint that is no URL', async () => {
    const exporter = start({ endpoint: 'http://[' });
    exporter.accept([span(1)]);
    await until(() => exporter.droppedRejected === 1);
    expect(output.entries[0]).toMatchObject({ level: 'warn', message: 'spans cannot be exported' });
  });

  test('loads nothing and sends nothing without a span', async () => {
    const exporter = start();
    await exporter.shutdown(1000);
    expect(receiver.calls).toBe(0);
  });

  test("exports spans that the control thread's own code makes", async () => {
    const exporter = start();
    exporter.accept([span(1)]);
    await receiver.received(1);
    trace
      .getTracer('reload')
      .startSpan('apply configuration', { attributes: { clusters: 3 } })
      .end();
    await receiver.received(2);
    expect(receiver.spans[1]).toMatchObject({
      name: 'apply configuration',
      scope: 'reload',
      kind: 1,
      attributes: { clusters: 3 },
      resource: { 'service.name': 'cart', 'service.instance.id': 'cart-7f9' },
    });
    expect(Object.keys(receiver.spans[1]!.resource)).not.toContain('process.command_args');
    await exporter.shutdown(1000);
    expect(trace.getTracer('reload').startSpan('later').isRecording()).toBe(false);
  });
});

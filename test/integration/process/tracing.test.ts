/** Spans of the whole program, taken by a real OTLP/gRPC receiver. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { OtlpReceiver } from '../../unit/telemetry/otlp-receiver.ts';
import { startHttpUpstream, within } from '../harness/index.ts';
import { call } from './call.ts';
import { becomesTrue } from './eventually.ts';
import { type Configuration, type Meshlock, startMeshlock } from './meshlock.ts';

/** OTLP's numbers of span kinds. */
const Kind = { server: 2, client: 3 } as const;

interface Scene {
  readonly mesh: Meshlock;
  readonly receiver: OtlpReceiver;
  /** Of the requests that came to the upstream. */
  readonly traceparents: string[];
}

async function startScene(tracing: Configuration = {}): Promise<Scene> {
  const receiver = new OtlpReceiver();
  await receiver.start();
  onTestFinished(() => receiver.stop());
  const traceparents: string[] = [];
  const upstream = await startHttpUpstream((request, response) => {
    traceparents.push(String(request.headers['traceparent']));
    if (request.url?.startsWith('/fails')) response.writeHead(500);
    response.end('here');
  });
  const mesh = await startMeshlock({
    node: { id: 'cart-1', service: 'cart', version: '1.2.3' },
    admin: '127.0.0.1:0',
    data_threads: 2,
    tracing: { otlp_endpoint: receiver.url, sampling: '100%', ...tracing },
    listeners: [
      { name: 'web', address: '127.0.0.1:0', routes: [{ name: 'all', match: '/', cluster: 'app' }] },
    ],
    clusters: [{ name: 'app', endpoints: [upstream.port] }],
  });
  return { mesh, receiver, traceparents };
}

function received(receiver: OtlpReceiver, count: number): Promise<void> {
  return within(receiver.received(count), () => `${count} spans, got ${receiver.spans.length}`);
}

/** A span is counted once the receiver's answer is there. */
function exportedReaches(mesh: Meshlock, count: number): Promise<void> {
  return becomesTrue(
    async () => (await mesh.metrics()).sum('meshlock_spans_exported_total') === count,
    () => `${count} spans to be counted`,
  );
}

describe('traces', () => {
  test("go on from the caller's to the upstream, and both spans of the exchange arrive", async () => {
    const { mesh, receiver, traceparents } = await startScene({ sampling: 0 });
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, host: 'cart.test' };
    expect((await call(mesh.port(), '/fails?token=secret', { headers })).status).toBe(500);
    // Not sampled, by its caller and by us: not exported.
    await call(mesh.port(), '/', { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-00` } });
    await call(mesh.port(), '/');
    await received(receiver, 2);

    const server = receiver.spans.find(({ kind }) => kind === Kind.server)!;
    const client = receiver.spans.find(({ kind }) => kind === Kind.client)!;
    expect(server).toMatchObject({
      traceId,
      parentSpanId: '00f067aa0ba902b7',
      name: 'GET all',
      statusCode: 2,
      resource: { 'service.name': 'cart', 'service.version': '1.2.3', 'service.instance.id': 'cart-1' },
      attributes: {
        'http.request.method': 'GET',
        'http.response.status_code': 500,
        'url.path': '/fails',
        'server.address': 'cart.test',
        'client.address': '127.0.0.1',
      },
    });
    expect(client).toMatchObject({
      traceId,
      parentSpanId: server.spanId,
      name: 'GET app',
      attributes: { 'http.response.status_code': 500, 'meshlock.cluster': 'app' },
    });
    expect(client.startNanos).toBeGreaterThanOrEqual(server.startNanos);
    expect(client.endNanos).toBeLessThanOrEqual(server.endNanos + 1_000_000n);
    expect(traceparents[0]).toBe(`00-${traceId}-${client.spanId}-01`);
    expect(traceparents[1]).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    expect(traceparents[2]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(
      JSON.stringify(receiver.spans, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
    ).not.toContain('secret');
    await exportedReaches(mesh, 2);
    expect(receiver.spans).toHaveLength(2);
  });

  test('arrive complete when the program ends right after the requests', async () => {
    const { mesh, receiver } = await startScene();
    await Promise.all(Array.from({ length: 50 }, () => call(mesh.port(), '/')));
    expect(await mesh.stop()).toEqual({ code: 0, signal: null });
    await received(receiver, 100);
    expect(new Set(receiver.spans.map(({ spanId }) => spanId)).size).toBe(100);
    expect(new Set(receiver.spans.map(({ traceId }) => traceId)).size).toBe(50);
  });

  test('wait for a receiver that is away, without harm to the traffic', async () => {
    const { mesh, receiver } = await startScene();
    receiver.stop();
    for (let i = 0; i < 20; i++) expect((await call(mesh.port(), '/')).status).toBe(200);
    expect((await mesh.log.line(/^spans cannot be exported$/))['endpoint']).toBe(receiver.url);
    await receiver.start();
    await received(receiver, 40);
    await exportedReaches(mesh, 40);
    await mesh.log.line(/^spans are exported again$/);
  });
});

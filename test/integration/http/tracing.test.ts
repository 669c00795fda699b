import { describe, expect, test } from 'vitest';
import type { SpanRecord } from '../../../src/telemetry/index.ts';
import {
  closedPort,
  gateway,
  header,
  headers,
  type Keys,
  type Request,
  startProxy,
  startRawUpstream,
  type TestProxy,
} from '../harness/index.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';

interface Traced {
  readonly proxy: TestProxy;
  readonly request: Request;
  readonly server: SpanRecord | undefined;
  readonly client: SpanRecord | undefined;
}

/** One exchange with these fields under this `tracing`. */
async function traced(tracing: Keys, ...lines: string[]): Promise<Traced> {
  const upstream = await startRawUpstream();
  const proxy = await startProxy(gateway(upstream.port, { file: { tracing } }));
  const client = await proxy.send(
    `GET /cart/7?token=secret HTTP/1.1\r\nHost: shop\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`,
  );
  const { peer, request } = await upstream.acceptRequest();
  await proxy.advance(40, 40);
  peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  await client.response();
  return {
    proxy,
    request,
    server: proxy.spans.find(({ kind }) => kind === 'server'),
    client: proxy.spans.find(({ kind }) => kind === 'client'),
  };
}

const traceparent = (request: Request): string[] => header(request, 'traceparent')!.split('-');

describe('a trace', () => {
  test('of a caller is continued, with a span of this node between', async () => {
    const { request, server, client } = await traced(
      { sampling: 0, otlp_endpoint: 'http://127.0.0.1:4317' },
      `traceparent: 00-${traceId}-${parentId}-01`,
      'tracestate: vendor=x',
    );
    const [version, trace, span, flags] = traceparent(request);
    expect([version, trace, flags]).toEqual(['00', traceId, '01']);
    expect(headers(request, 'traceparent')).toHaveLength(1);
    expect(header(request, 'tracestate')).toBe('vendor=x');
    expect(server).toMatchObject({ traceId, parentSpanId: parentId, name: 'GET all', error: false });
    expect(client).toMatchObject({ traceId, parentSpanId: server!.spanId, spanId: span, name: 'GET app' });
    expect(server!.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.path': '/cart/7',
      'server.address': 'shop',
      'client.address': '127.0.0.1',
      'network.protocol.version': '1.1',
    });
    expect(client!.attributes).toMatchObject({
      'http.response.status_code': 200,
      'server.address': '127.0.0.1',
      'http.request.resend_count': 0,
      'meshlock.cluster': 'app',
    });
    expect(server!.endMs - server!.startMs).toBe(40);
    expect(JSON.stringify([server, client])).not.toContain('secret');
  });

  test('that the caller does not sample is passed on and not recorded', async () => {
    const { request, proxy } = await traced(
      { sampling: 1, otlp_endpoint: 'http://127.0.0.1:4317' },
      `traceparent: 00-${traceId}-${parentId}-00`,
    );
    expect(traceparent(request)[3]).toBe('00');
    expect(traceparent(request)[2]).not.toBe(parentId);
    expect(proxy.spans).toEqual([]);
  });

  test('begins here when the caller has none, or none that is valid', async () => {
    for (const line of ['X-Nothing: 1', `traceparent: 00-${'0'.repeat(32)}-${parentId}-01`]) {
      const { request, server } = await traced(
        { sampling: 1, otlp_endpoint: 'http://127.0.0.1:4317' },
        line,
        'tracestate: orphan=1',
      );
      const [, trace, , flags] = traceparent(request);
      expect(trace).toMatch(/^[0-9a-f]{32}$/);
      expect(trace).not.toBe(traceId);
      expect(flags).toBe('01');
      expect(header(request, 'tracestate')).toBeUndefined();
      expect(server).toMatchObject({ traceId: trace, parentSpanId: null });
    }
  });

  test('is sampled by its share', async () => {
    const { proxy, request } = await traced({ sampling: 0, otlp_endpoint: 'http://127.0.0.1:4317' });
    expect(traceparent(request)[3]).toBe('00');
    expect(proxy.spans).toEqual([]);
  });

  test('without tracing is none of this node’s business', async () => {
    const { request } = await traced({}, `traceparent: 00-${traceId}-${parentId}-01`, 'b3: 0');
    expect(header(request, 'traceparent')).toBe(`00-${traceId}-${parentId}-01`);
    expect(header(request, 'b3')).toBe('0');
  });
});

describe('B3', () => {
  const tracing = { sampling: 0, propagate: 'b3', otlp_endpoint: 'http://127.0.0.1:4317' };

  test('in one header is continued in one header', async () => {
    const { request, server, client } = await traced(tracing, `b3: ${traceId}-${parentId}-1`);
    expect(header(request, 'b3')).toBe(`${traceId}-${client!.spanId}-1-${server!.spanId}`);
    expect(server).toMatchObject({ traceId, parentSpanId: parentId });
  });

  test('in several headers is continued in several', async () => {
    const { request, server, client } = await traced(
      tracing,
      `X-B3-TraceId: ${traceId}`,
      `X-B3-SpanId: ${parentId}`,
      'X-B3-Sampled: 1',
    );
    expect(headers(request, 'x-b3-traceid')).toEqual([traceId]);
    expect(headers(request, 'x-b3-spanid')).toEqual([client!.spanId]);
    expect(headers(request, 'x-b3-parentspanid')).toEqual([server!.spanId]);
    expect(headers(request, 'x-b3-sampled')).toEqual(['1']);
    expect(headers(request, 'b3')).toEqual([]);
  });

  test('from the caller becomes W3C towards the upstream where that is configured', async () => {
    const { request } = await traced({ ...tracing, propagate: 'w3c' }, `b3: ${traceId}-${parentId}-1`);
    expect(traceparent(request)[1]).toBe(traceId);
    expect(traceparent(request)[3]).toBe('01');
  });
});

describe('spans', () => {
  test('tell every try of a request that is retried', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, {
        route: { retry: { on: 'reset', attempts: 2 } },
        file: { tracing: { sampling: 1, otlp_endpoint: 'http://127.0.0.1:4317' } },
      }),
    );
    const client = await proxy.send('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
    const failing = await upstream.acceptRequest();
    failing.peer.reset();
    await proxy.reaches('meshlock_cluster_retries_total', { cluster: 'app' }, 1);
    await proxy.advance(300);
    const answering = await upstream.acceptRequest();
    answering.peer.send('HTTP/1.1 204 Done\r\n\r\n');
    await client.response();
    const [first, second] = proxy.spans.filter(({ kind }) => kind === 'client');
    const server = proxy.spans.find(({ kind }) => kind === 'server')!;
    expect(first).toMatchObject({ error: true, parentSpanId: server.spanId });
    expect(first!.attributes).toMatchObject({
      'server.port': upstream.port,
      'http.response.status_code': 0,
      'http.request.resend_count': 0,
    });
    expect(second).toMatchObject({ error: false, parentSpanId: server.spanId });
    expect(second!.attributes).toMatchObject({
      'http.response.status_code': 204,
      'http.request.resend_count': 1,
    });
    expect(first!.spanId).not.toBe(second!.spanId);
  });

  test('of an answer by the proxy itself tell its error', async () => {
    const proxy = await startProxy(
      gateway(await closedPort(), {
        file: { tracing: { sampling: 1, otlp_endpoint: 'http://127.0.0.1:4317' } },
      }),
    );
    const client = await proxy.send('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
    expect((await client.response()).status).toBe(503);
    const server = proxy.spans.find(({ kind }) => kind === 'server')!;
    expect(server.error).toBe(true);
    expect(server.attributes['http.response.status_code']).toBe(503);
  });
});

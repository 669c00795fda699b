import { describe, expect, test } from 'vitest';
import {
  gateway,
  header,
  rawRequest,
  replies,
  startProxy,
  startRawUpstream,
  type TestProxy,
} from '../harness/index.ts';

const logged = {
  access_logs: [{ path: 'access.log', format: '%RESPONSE_FLAGS% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%' }],
};
const all = [{ match: '/', direct_response: { status: 200, body: 'ok' } }];

function limited(limits: Readonly<Record<string, unknown>>): Promise<TestProxy> {
  return startProxy(replies(all, { ...logged, limits }));
}

/** Sends this to a fresh connection and answers with the status, and with what the end of the connection was like. */
async function refusal(
  proxy: TestProxy,
  bytes: string,
): Promise<{ status: number; body: string; log: string }> {
  const client = await proxy.send(bytes);
  const response = await client.response();
  expect(header(response, 'connection')).toBe('close');
  expect(header(response, 'proxy-status')).toMatch(/^meshlock; error=http_request_error; details="/);
  expect(await client.takeAll()).toBe('');
  return { status: response.status, body: response.body, log: await proxy.logLine() };
}

describe('the head of a request', () => {
  const fields = (bytes: number): string => `X-Fill: ${'x'.repeat(bytes)}\r\n`;

  test('may be as large as max_head_size and no larger: 431', async () => {
    const proxy = await limited({ max_head_size: '1KiB', max_request_line_size: '1KiB' });
    const empty = 'GET / HTTP/1.1\r\nHost: shop\r\nX-Fill: \r\n\r\n'.length;
    const fits = await proxy.send(`GET / HTTP/1.1\r\nHost: shop\r\n${fields(1024 - empty)}\r\n`);
    expect((await fits.response()).status).toBe(200);
    const large = await proxy.send(`GET / HTTP/1.1\r\nHost: shop\r\n${fields(1025 - empty)}\r\n`);
    const response = await large.response();
    expect([response.status, response.body]).toEqual([431, 'the head is too large (DPE)\n']);
    expect(proxy.counter('meshlock_listener_malformed_requests_total', { listener: 'web' })).toBe(1);
  });

  test('that goes on and on is refused before it has ended', async () => {
    const proxy = await limited({ max_head_size: '1KiB', max_request_line_size: '1KiB' });
    const { status, log } = await refusal(proxy, `GET / HTTP/1.1\r\nHost: shop\r\n${fields(500).repeat(3)}`);
    expect([status, log]).toEqual([431, 'DPE 431 the_head_is_too_large']);
  });

  test('in small pieces has the same bound', async () => {
    const proxy = await limited({ max_head_size: '1KiB', max_request_line_size: '1KiB' });
    const client = await proxy.send('GET / HTTP/1.1\r\nHost: shop\r\nX-Fill: ');
    for (let i = 0; i < 60; i++) await client.sent('x'.repeat(20));
    expect((await client.response()).status).toBe(431);
  });

  test('may have as many fields as max_header_count: 431', async () => {
    const proxy = await limited({ max_header_count: 5 });
    const fits = await proxy.send(`GET / HTTP/1.1\r\nHost: shop\r\n${fields(1).repeat(4)}\r\n`);
    expect((await fits.response()).status).toBe(200);
    const many = await proxy.send(`GET / HTTP/1.1\r\nHost: shop\r\n${fields(1).repeat(5)}\r\n`);
    expect((await many.response()).status).toBe(431);
  });

  test('may have a request line of max_request_line_size: 414', async () => {
    const proxy = await limited({ max_request_line_size: 100 });
    const path = (length: number): string => `/${'a'.repeat(length - 'GET / HTTP/1.1\r\n'.length)}`;
    const fits = await proxy.send(`GET ${path(100)} HTTP/1.1\r\nHost: shop\r\n\r\n`);
    expect((await fits.response()).status).toBe(200);
    const long = await proxy.send(`GET ${path(101)} HTTP/1.1\r\nHost: shop\r\n\r\n`);
    expect((await long.response()).status).toBe(414);
    const endless = await proxy.send(`GET /${'a'.repeat(200)}`);
    expect((await endless.response()).status).toBe(414);
  });

  test('that is malformed is refused in these words, and the connection ends', async () => {
    const proxy = await limited({});
    expect(await rawRequest(proxy.port(), 'GET / HTTP/1.1\r\nHost : shop\r\n\r\nGET / HTTP/1.1\r\n')).toBe(
      'HTTP/1.1 400 Bad Request\r\n' +
        'proxy-status: meshlock; error=http_request_error; details="DPE: there is space between a field name and its colon"\r\n' +
        'connection: close\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\ncontent-length: 56\r\n' +
        'content-type: text/plain; charset=utf-8\r\n\r\nthere is space between a field name and its colon (DPE)\n',
    );
  });

  test('of another major version is 505', async () => {
    const proxy = await limited({});
    expect((await refusal(proxy, 'GET / HTTP/2.0\r\nHost: shop\r\n\r\n')).status).toBe(505);
  });
});

describe('the body of a request', () => {
  const post = 'POST /x HTTP/1.1\r\nHost: shop\r\n';

  test('is refused by its announced length: 413', async () => {
    const proxy = await limited({ max_body_size: 10 });
    const fits = await proxy.send(`${post}Content-Length: 10\r\n\r\n0123456789`);
    expect((await fits.response()).status).toBe(200);
    const proxy2 = await limited({ max_body_size: 10 });
    const { status, body, log } = await refusal(proxy2, `${post}Content-Length: 11\r\n\r\n`);
    expect([status, body]).toEqual([413, 'the request body is larger than 10 bytes (PL)\n']);
    expect(log).toBe('PL 413 the_request_body_is_larger_than_10_bytes');
    expect(proxy2.localReplies('PL')).toBe(1);
  });

  test('is refused when its chunks grow beyond the limit: 413', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, { listener: { ...logged, limits: { max_body_size: 10 } } }),
    );
    const client = await proxy.send(`${post}Transfer-Encoding: chunked\r\n\r\n6\r\nsix456\r\n`);
    const peer = await upstream.accept();
    await peer.takeUntil('six456\r\n');
    client.send('6\r\nsix456\r\n');
    const response = await client.response();
    expect([response.status, header(response, 'connection')]).toEqual([413, 'close']);
    expect(header(response, 'proxy-status')).toContain('PL: ');
    expect(await client.takeAll()).toBe('');
    // What was over the limit did not reach the upstream, and neither did an end.
    expect(await peer.ending()).toMatch(/end|reset/);
    expect(peer.unread).toBe('');
    expect(await proxy.logLine()).toMatch(/^PL 413 /);
    expect(proxy.counter('meshlock_endpoint_failures_total')).toBe(0);
  });

  test('that grows beyond the limit behind the start of the answer cuts the answer short', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, { listener: { limits: { max_body_size: 10 } } }));
    const client = await proxy.send(`${post}Transfer-Encoding: chunked\r\n\r\n6\r\nsix456\r\n`);
    const peer = await upstream.accept();
    await peer.takeUntil('six456\r\n');
    peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await client.takeUntil('abc\r\n');
    client.send('6\r\nsix456\r\n');
    await client.ending();
    expect(client.unread).toBe('');
    await peer.ending();
  });
});

describe('a connection', () => {
  const get = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';

  test('ends after max_requests_per_connection, which the last answer says', async () => {
    const proxy = await limited({ max_requests_per_connection: 3 });
    const client = await proxy.send(get.repeat(4));
    const said: (string | undefined)[] = [];
    for (let i = 0; i < 3; i++) said.push(header(await client.response(), 'connection'));
    expect(said).toEqual([undefined, undefined, 'close']);
    expect(await client.takeAll()).toBe('');
    expect(proxy.counter('meshlock_listener_requests_total', { code_class: '2xx' })).toBe(3);
  });

  test('beyond max_connections is closed at once, and counted', async () => {
    const proxy = await startProxy(replies(all, { max_connections: 2 }));
    const first = await proxy.send(get);
    await first.response();
    const second = await proxy.send(get);
    await second.response();
    // The reset may be there before the client has looked at its connection.
    const ending = await proxy.connect().then(
      (third) => third.ending(),
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(ending).toMatch(/end|reset|ECONNRESET/);
    expect(proxy.counter('meshlock_listener_connections_rejected_total', { listener: 'web' })).toBe(1);
    expect(proxy.counter('meshlock_listener_connections_active', { listener: 'web' })).toBe(2);
    first.end();
    await first.gone();
    await proxy.reaches('meshlock_listener_connections_active', { listener: 'web' }, 1);
    const fourth = await proxy.send(get);
    expect((await fourth.response()).status).toBe(200);
  });
});

import { describe, expect, test } from 'vitest';
import { gateway, header, replies, settle, startProxy, startRawUpstream, until } from '../harness/index.ts';

const get = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';
const post = 'POST /x HTTP/1.1\r\nHost: shop\r\n';
const logs = {
  access_logs: [{ path: 'access.log', format: '%RESPONSE_FLAGS% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%' }],
};
const all = [{ match: '/', direct_response: { status: 200, body: 'ok' } }];

describe('head_timeout', () => {
  test('ends a head that does not come to its end: 408', async () => {
    const proxy = await startProxy(replies(all, { ...logs, limits: { head_timeout: '10s' } }));
    const received = { listener: 'web' };
    const client = await proxy.send('GET / HTTP/1.1\r\n');
    await proxy.reaches('meshlock_listener_received_bytes_total', received, 16);
    await proxy.advance(9000);
    // Another line does not help: the whole head has to be there.
    client.send('Host: shop\r\n');
    await proxy.reaches('meshlock_listener_received_bytes_total', received, 28);
    expect(proxy.openConnections).toBe(1);
    await proxy.advance(1200);
    const response = await client.response();
    expect([response.status, header(response, 'connection')]).toEqual([408, 'close']);
    expect(await client.takeAll()).toBe('');
    expect(await proxy.logLine()).toBe('DT 408 the_request_head_took_too_long');
  });

  test('also closes a connection on which nothing was ever said, without a word', async () => {
    const proxy = await startProxy(replies(all, { ...logs, limits: { head_timeout: '10s' } }));
    const client = await proxy.connect();
    await until(() => proxy.openConnections === 1);
    await proxy.advance(9500);
    expect(proxy.openConnections).toBe(1);
    await proxy.advance(1000);
    expect(await client.takeAll()).toBe('');
    expect(proxy.logLines()).toEqual([]);
  });

  test('does not run between requests', async () => {
    const proxy = await startProxy(replies(all, { limits: { head_timeout: '10s' } }));
    const client = await proxy.send(get);
    await client.response();
    await proxy.advance(60_000);
    client.send(get);
    expect((await client.response()).status).toBe(200);
  });
});

describe('idle_timeout', () => {
  test('closes a connection between requests, without a word', async () => {
    const proxy = await startProxy(replies(all, { limits: { idle_timeout: '30s' } }));
    const client = await proxy.send(get);
    await client.response();
    await proxy.advance(29_000);
    client.send(get);
    await client.response();
    await proxy.advance(29_000);
    expect(proxy.openConnections).toBe(1);
    await proxy.advance(2000);
    expect(await client.takeAll()).toBe('');
  });

  test('does not run while an answer is awaited', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, { route: { timeout: 0 }, listener: { limits: { idle_timeout: '5s' } } }),
    );
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    await proxy.advance(60_000);
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    expect((await client.response()).status).toBe(204);
  });
});

describe('request_timeout', () => {
  test('ends a request whose body does not come to its end: 408', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, { listener: { ...logs, limits: { request_timeout: '20s' } } }),
    );
    const client = await proxy.send(`${post}Content-Length: 100\r\n\r\nsome`);
    const peer = await upstream.accept();
    await peer.takeUntil('some');
    for (let i = 0; i < 19; i++) {
      await proxy.advance(1000);
      client.send('.');
      await peer.expect('.');
    }
    await proxy.advance(1200);
    const response = await client.response();
    expect([response.status, header(response, 'connection')]).toEqual([408, 'close']);
    expect(header(response, 'proxy-status')).toContain('DT: ');
    expect(await client.takeAll()).toBe('');
    expect(await peer.ending()).toMatch(/end|reset/);
    expect(await proxy.logLine()).toMatch(/^DT 408 /);
    expect(proxy.counter('meshlock_endpoint_failures_total')).toBe(0);
  });
});

describe('the timeout of a route', () => {
  test('ends the wait for the head of the answer: 504', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, { listener: logs, route: { timeout: '2s' } }));
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    await proxy.advance(1900, 100);
    expect(client.received).toBe(0);
    await proxy.advance(300, 100);
    const response = await client.response();
    expect([response.status, header(response, 'connection')]).toEqual([504, undefined]);
    expect(header(response, 'proxy-status')).toBe(
      'meshlock; error=http_response_timeout; details="UT: no answer within 2000 ms"',
    );
    expect(await peer.ending()).toMatch(/end|reset/);
    expect(await proxy.logLine()).toBe('UT 504 no_answer_within_2000_ms');
    expect(proxy.counter('meshlock_route_timeouts_total', { route: 'all' })).toBe(1);
    expect(proxy.counter('meshlock_cluster_request_timeouts_total', { cluster: 'app' })).toBe(1);
    expect(proxy.counter('meshlock_endpoint_failures_total')).toBe(1);
    // The connection to the client goes on.
    client.send(get);
    const next = await upstream.acceptRequest();
    next.peer.send('HTTP/1.1 204 Done\r\n\r\n');
    expect((await client.response()).status).toBe(204);
  });

  test('begins when the request has ended', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, { route: { timeout: '2s' } }));
    const client = await proxy.send(`${post}Content-Length: 6\r\n\r\n`);
    const peer = await upstream.accept();
    await peer.takeUntil('\r\n\r\n');
    for (const byte of 'abcde') {
      await proxy.advance(1900);
      client.send(byte);
      await peer.expect(byte);
    }
    client.send('f');
    await peer.expect('f');
    await proxy.advance(1900);
    expect(client.received).toBe(0);
    await proxy.advance(300);
    expect((await client.response()).status).toBe(504);
  });

  test('has done its part when the head has come', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, { route: { timeout: '2s' } }));
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n');
    await client.takeUntil('\r\n\r\n');
    for (const byte of 'slow') {
      await proxy.advance(60_000);
      peer.send(byte);
      await client.expect(byte);
    }
  });

  test('also holds for a request that waits for a connection, with and without a body', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, {
        cluster: { circuit_breakers: { max_connections: 1 } },
        listener: {
          routes: [
            { match: '/slow', cluster: 'app', timeout: 0 },
            { match: '/', cluster: 'app', timeout: '2s' },
          ],
        },
      }),
    );
    const busy = await proxy.send('GET /slow HTTP/1.1\r\nHost: shop\r\n\r\n');
    const { peer } = await upstream.acceptRequest();
    const plain = await proxy.send(get);
    const withBody = await proxy.send(`${post}Content-Length: 4\r\n\r\nbody`);
    await proxy.reaches('meshlock_cluster_requests_pending', { cluster: 'app' }, 2);
    await proxy.advance(2300);
    expect((await plain.response()).status).toBe(504);
    expect((await withBody.response()).status).toBe(504);
    expect(proxy.counter('meshlock_cluster_requests_pending', { cluster: 'app' })).toBe(0);
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    await busy.response();
  });
});

describe('per_try_timeout', () => {
  test('ends one try, and the next one may answer', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, {
        listener: logs,
        route: { retry: { on: 'reset', attempts: 1, per_try_timeout: '1s' } },
      }),
    );
    const client = await proxy.send(get);
    const first = await upstream.acceptRequest();
    await proxy.advance(1200);
    expect(await first.peer.ending()).toMatch(/end|reset/);
    await proxy.advance(300);
    const second = await upstream.acceptRequest();
    second.peer.send('HTTP/1.1 204 Done\r\n\r\n');
    expect((await client.response()).status).toBe(204);
    expect(await proxy.logLine()).toBe('- 204 via_upstream');
    expect(proxy.counter('meshlock_cluster_retries_total', { cluster: 'app' })).toBe(1);
    expect(proxy.counter('meshlock_cluster_request_timeouts_total', { cluster: 'app' })).toBe(1);
  });
});

describe('max_duration', () => {
  test('before the answer has begun: 504', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, { listener: logs, route: { timeout: 0, max_duration: '3s' } }),
    );
    const client = await proxy.send(get);
    await upstream.acceptRequest();
    await proxy.advance(3200);
    const response = await client.response();
    expect(response.status).toBe(504);
    expect(header(response, 'proxy-status')).toContain('UMSDR: ');
    expect(await proxy.logLine()).toMatch(/^UMSDR 504 /);
  });

  test('behind the start of the answer: reset, so that the client can tell', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, { listener: logs, route: { max_duration: '3s' } }));
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n');
    await client.takeUntil('a\r\n');
    await proxy.advance(3200);
    expect(await client.ending()).toBe('reset');
    await peer.ending();
    expect(await proxy.logLine()).toMatch(/^UMSDR 200 /);
  });
});

describe('stream_idle_timeout', () => {
  const limits = { stream_idle_timeout: '10s', request_timeout: 0 };

  test('before the answer has begun: 504', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, { listener: { ...logs, limits }, route: { timeout: 0 } }),
    );
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    await proxy.advance(21_000);
    expect((await client.response()).status).toBe(504);
    await peer.ending();
    expect(await proxy.logLine()).toMatch(/^SI 504 /);
  });

  test('in the middle of the answer: reset', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, { listener: { ...logs, limits } }));
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n');
    for (let i = 0; i < 5; i++) {
      await proxy.advance(8000);
      peer.send('.');
      await client.takeUntil('.');
    }
    await proxy.advance(21_000);
    expect(await client.ending()).toBe('reset');
    expect(await proxy.logLine()).toMatch(/^SI 200 /);
  });

  test('counts from what moved last, whatever the requests before on the same connection were given', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, { listener: { ...logs, limits } }));
    const client = await proxy.send(get);
    const { peer: first } = await upstream.acceptRequest();
    first.send('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n.');
    await client.takeUntil('.');
    await proxy.advance(7000);
    client.send(get);
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n');
    await client.takeUntil('\r\n\r\n');
    // Looked at 10 s after the first request and every 10 s from then on.
    for (const pauseMs of [5000, 9000, 9000, 9000]) {
      await proxy.advance(pauseMs);
      peer.send('.');
      await client.takeUntil('.');
    }
    await proxy.advance(21_000);
    expect(await client.ending()).toBe('reset');
    await until(() => proxy.logLines().length === 2);
    expect(proxy.logLines()).toEqual(['- 200 via_upstream', expect.stringMatching(/^SI 200 /)]);
  });

  test('while the client does not go on with its request: 408, and the endpoint is not blamed', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, { listener: { ...logs, limits } }));
    const client = await proxy.send(`${post}Content-Length: 100\r\n\r\nsome`);
    const peer = await upstream.accept();
    await peer.takeUntil('some');
    await proxy.advance(21_000);
    expect((await client.response()).status).toBe(408);
    expect(await proxy.logLine()).toMatch(/^SI 408 /);
    expect(proxy.counter('meshlock_endpoint_failures_total')).toBe(0);
  });
});

describe('send_timeout', () => {
  test('ends a connection whose client takes none of its answer', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, { listener: { ...logs, limits: { send_timeout: '20s' } } }),
    );
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    client.pause();
    const size = 60_000_000;
    peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    peer.send(Buffer.alloc(size));
    let sent = -1;
    await until(() => {
      const before = sent;
      sent = proxy.counter('meshlock_listener_sent_bytes_total', { listener: 'web' });
      return sent === before && sent > 1000;
    });
    await settle(50);
    await proxy.advance(41_000);
    expect(await proxy.logLine()).toMatch(/^DC 200 /);
    expect(proxy.openConnections).toBe(0);
    await peer.ending();
    expect(await client.ending()).toMatch(/end|reset/);
    expect(client.received).toBeLessThan(size);
  });
});

/** Upstreams that refuse, break off, stall, drip, lie or babble: what the client sees, and that nothing is left behind. */
import { describe, expect, test } from 'vitest';
import {
  closedPort,
  header,
  type Peer,
  settle,
  startProxy,
  startRawUpstream,
  type TestProxy,
  until,
} from '../harness/index.ts';
import { deafPort } from '../harness/deaf.ts';
import { advanceUntil, mesh, outcome, outcomes, proxyStatus, request } from '../harness/mesh.ts';
import { answer } from '../harness/scripted.ts';

const gatewayErrors = ['meshlock_cluster_request_resets_total', { origin: 'upstream' }] as const;

/** A client whose request has reached a scripted upstream. */
async function begin(keys: Parameters<typeof mesh>[1] = {}): Promise<{
  proxy: TestProxy;
  client: Peer;
  peer: Peer;
  connections: () => number;
}> {
  const upstream = await startRawUpstream();
  const proxy = await startProxy(mesh(upstream.port, keys));
  const client = await proxy.send(request());
  const { peer } = await upstream.acceptRequest();
  return { proxy, client, peer, connections: () => upstream.connections };
}

describe('an upstream that gives no answer', () => {
  test('because it refuses the connection: 503, UF', async () => {
    const proxy = await startProxy(mesh(await closedPort()));
    const client = await proxy.send(request());
    const response = await client.response();
    expect(response.status).toBe(503);
    expect(proxyStatus(response)).toEqual({ error: 'connection_refused', flag: 'UF' });
    expect(response.body).toContain('ECONNREFUSED (UF)');
    expect(await outcome(proxy)).toMatchObject({ flag: 'UF', status: 503, attempts: 1 });
    expect(proxy.counter('meshlock_cluster_connect_failures_total')).toBe(1);
    expect(proxy.counter('meshlock_cluster_requests_total', { code_class: 'none' })).toBe(1);
    // The client's connection is as good as before.
    client.send(request());
    expect((await client.response()).status).toBe(503);
  });

  test('because the connect never ends: 503, UF, after the connect timeout', async () => {
    const proxy = await startProxy(mesh(await deafPort(), { cluster: { connect_timeout: '1s' } }));
    const client = await proxy.send(request());
    await proxy.reaches('meshlock_cluster_requests_pending', { cluster: 'app' }, 1);
    const waited = await advanceUntil(proxy, () => outcomes(proxy).length > 0);
    expect(waited).toBeGreaterThanOrEqual(1000);
    expect(waited).toBeLessThan(1200);
    const response = await client.response();
    expect(response.status).toBe(503);
    expect(proxyStatus(response).flag).toBe('UF');
    expect(proxyStatus(response)).toEqual({ error: 'connection_timeout', flag: 'UF' });
    expect(response.body).toContain('connect timeout');
    expect(proxy.counter('meshlock_cluster_connect_timeouts_total')).toBe(1);
    expect(proxy.counter('meshlock_cluster_connect_failures_total')).toBe(0);
    expect(proxy.counter('meshlock_endpoint_connect_failures_total')).toBe(1);
  });

  test.each([
    { how: 'resets the connection', act: async (peer: Peer) => peer.reset() },
    { how: 'ends the connection', act: async (peer: Peer) => peer.end() },
    {
      how: 'resets in the middle of the head',
      act: (peer: Peer) => sendThen(peer, 'HTTP/1.1 200 OK\r\nx', 'reset'),
    },
    {
      how: 'ends in the middle of the head',
      act: (peer: Peer) => sendThen(peer, 'HTTP/1.1 200 OK\r\nx', 'end'),
    },
    {
      how: 'ends behind an interim answer',
      act: (peer: Peer) => sendThen(peer, 'HTTP/1.1 103 Hints\r\n\r\n', 'end'),
    },
  ])('because it $how: 503, UC', async ({ act }) => {
    const { proxy, client, peer } = await begin();
    await act(peer);
    let response = await client.response();
    if (response.status === 103) response = await client.response();
    expect(response.status).toBe(503);
    expect(proxyStatus(response)).toEqual({ error: 'connection_terminated', flag: 'UC' });
    expect(await outcome(proxy)).toMatchObject({ flag: 'UC', status: 503 });
    expect(proxy.counter(...gatewayErrors)).toBe(1);
    await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
  });

  test('because it accepts and says nothing: 504, UT, after the route timeout', async () => {
    const { proxy, client, peer } = await begin({ route: { timeout: '2s' } });
    const waited = await advanceUntil(proxy, () => outcomes(proxy).length > 0);
    expect(waited).toBeGreaterThanOrEqual(2000);
    expect(waited).toBeLessThan(2200);
    const response = await client.response();
    expect(response.status).toBe(504);
    expect(proxyStatus(response)).toEqual({ error: 'http_response_timeout', flag: 'UT' });
    expect(proxy.counter('meshlock_route_timeouts_total')).toBe(1);
    expect(proxy.counter('meshlock_cluster_request_timeouts_total')).toBe(1);
    // It is not left waiting for a reader that has gone.
    expect(await peer.ending()).toBeDefined();
  });

  test('because its head drips in byte by byte: 504, UT; moving bytes do not extend the timeout', async () => {
    const { proxy, client, peer } = await begin({ route: { timeout: '2s' } });
    const head = 'HTTP/1.1 200 OK\r\nx-long: '.padEnd(100, 'a');
    let sent = 0;
    const waited = await advanceUntil(
      proxy,
      () => {
        if (sent < head.length) peer.send(head[sent++]!);
        return outcomes(proxy).length > 0;
      },
      { stepMs: 100 },
    );
    expect(waited).toBeLessThan(2300);
    expect(sent).toBeGreaterThan(15);
    expect((await client.response()).status).toBe(504);
    expect(await outcome(proxy)).toMatchObject({ flag: 'UT' });
  });

  test('that stops in the middle of its body: the client is cut off, SI, after the idle timeout', async () => {
    const { proxy, client, peer } = await begin({ listener: { limits: { stream_idle_timeout: '5s' } } });
    peer.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345');
    await client.takeUntil('12345');
    await advanceUntil(proxy, () => outcomes(proxy).length > 0, { stepMs: 100, limitMs: 12_000 });
    expect(await client.ending()).toBe('reset');
    expect(await outcome(proxy)).toMatchObject({ flag: 'SI', status: 200, bytesSent: 5 });
  });

  test('that streams on beyond the route timeout is not cut off', async () => {
    const { proxy, client, peer } = await begin({ route: { timeout: '1s' } });
    peer.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345');
    await client.takeUntil('12345');
    await proxy.advance(5000);
    peer.send('67890');
    await client.expect('67890');
    expect(await outcome(proxy)).toMatchObject({ flag: '-', status: 200 });
  });

  test('within max_duration: what has begun is cut off, what has not gets 504, UMSDR', async () => {
    const { proxy, client, peer } = await begin({ route: { timeout: 0, max_duration: '3s' } });
    peer.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345');
    await client.takeUntil('12345');
    const other = await proxy.send(request());
    await advanceUntil(proxy, () => outcomes(proxy).length === 2, { stepMs: 100, limitMs: 4000 });
    expect(await client.ending()).toBe('reset');
    const response = await other.response();
    expect(response.status).toBe(504);
    expect(proxyStatus(response)).toEqual({ error: 'http_response_timeout', flag: 'UMSDR' });
    expect(outcomes(proxy).map(({ flag }) => flag)).toEqual(['UMSDR', 'UMSDR']);
  });
});

describe('an upstream whose answer is malformed', () => {
  test.each([
    ['garbage', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['TLS', '\x15\x03\x01\x00\x02\x02\x46'],
    ['HTTP/0.9', '<html>hello</html>\r\n\r\n'],
    ['a head that is too large', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(70_000)}`],
    ['too many fields', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(101)}\r\n`],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx'],
    [
      'length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a version of the future', 'HTTP/2.0 200 OK\r\n\r\n'],
    [
      'a switch of protocols that nobody asked for',
      'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    ],
    ['interim answers without end', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(30)],
  ])('with %s: 502, UPE, and the connection is not used again', async (_, bytes) => {
    const { proxy, client, peer, connections } = await begin();
    peer.send(bytes);
    let response = await client.response();
    while (response.status < 200) response = await client.response();
    expect(response.status).toBe(502);
    expect(proxyStatus(response)).toEqual({ error: 'http_protocol_error', flag: 'UPE' });
    expect(await outcome(proxy)).toMatchObject({ flag: 'UPE', status: 502 });
    expect(proxy.counter('meshlock_cluster_request_resets_total', { origin: 'local' })).toBe(1);
    await peer.ending();
    client.send(request());
    await until(() => connections() === 2);
  });

  test('in its chunks, when the answer has begun: the client is cut off, UPE', async () => {
    const { proxy, client, peer } = await begin();
    peer.send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await client.takeUntil('abc\r\n');
    peer.send('xyz\r\n');
    expect(await client.ending()).toBe('reset');
    expect(client.unread).not.toContain('0\r\n\r\n');
    expect(await outcome(proxy)).toMatchObject({ flag: 'UPE', status: 200 });
  });
});

describe('an upstream that breaks off its answer', () => {
  test.each([
    { framing: 'content-length: 10', body: '12345', how: 'reset' },
    { framing: 'content-length: 10', body: '12345', how: 'end' },
    { framing: 'transfer-encoding: chunked', body: '5\r\n12345\r\n', how: 'reset' },
    { framing: 'transfer-encoding: chunked', body: '5\r\n12345\r\n', how: 'end' },
    { framing: 'transfer-encoding: chunked', body: 'a\r\n12345', how: 'end' },
    { framing: 'transfer-encoding: chunked', body: '5\r\n12345\r\n0\r\n', how: 'end' },
    { framing: 'x-framing: by close', body: '12345', how: 'reset' },
  ] as const)(
    'with $framing by $how shows the client that it is incomplete',
    async ({ framing, body, how }) => {
      const { proxy, client, peer } = await begin();
      await peer.sent(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${body}`);
      await client.takeUntil('12345');
      if (how === 'end') peer.end();
      else peer.reset();
      expect(await client.ending()).toBe('reset');
      expect(client.unread).not.toContain('0\r\n\r\n');
      expect(await outcome(proxy)).toMatchObject({
        flag: 'UC',
        status: 200,
        details: 'upstream_reset_after_response_started',
      });
      expect(proxy.counter(...gatewayErrors)).toBe(1);
      expect(proxy.counter('meshlock_cluster_requests_total', { code_class: 'none' })).toBe(1);
    },
  );

  test('by FIN where the close is the end completes it', async () => {
    const { proxy, client, peer } = await begin();
    await peer.sent('HTTP/1.1 200 OK\r\nx-framing: by close\r\n\r\n12345');
    peer.end();
    const response = await client.response();
    expect(response).toMatchObject({ status: 200, body: '12345' });
    expect(header(response, 'transfer-encoding')).toBe('chunked');
    expect(await outcome(proxy)).toMatchObject({ flag: '-', status: 200, bytesSent: 5 });
  });
});

describe('an upstream that sends more than it announced', () => {
  test('has the surplus dropped, and its connection closed', async () => {
    const { proxy, client, peer, connections } = await begin();
    peer.send(
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n12345HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil',
    );
    expect(await client.response()).toMatchObject({ status: 200, body: '12345' });
    await peer.ending();
    expect(client.unread).toBe('');
    client.send(request());
    await until(() => connections() === 2);
    expect(await outcome(proxy)).toMatchObject({ flag: '-', status: 200 });
  });

  test('later, while its connection is idle, has it closed', async () => {
    const { proxy, client, peer, connections } = await begin();
    peer.send(answer(200));
    await client.response();
    peer.send('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil');
    await peer.ending();
    await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
    client.send(request());
    await until(() => connections() === 2);
  });

  test('does not have the surplus taken for the answer to a request that waits for the connection', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      mesh(upstream.port, { cluster: { circuit_breakers: { max_connections: 1 } } }),
    );
    const attacker = await proxy.send(request('/attacker'));
    const { peer } = await upstream.acceptRequest();
    const victim = await proxy.send(request('/victim'));
    await proxy.reaches('meshlock_cluster_requests_pending', { cluster: 'app' }, 1);
    peer.send(
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n12345HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil',
    );
    expect(await attacker.response()).toMatchObject({ status: 200, body: '12345' });
    const { peer: second, request: asked } = await upstream.acceptRequest();
    expect(asked.target).toBe('/victim');
    second.send(answer(200, 'true'));
    expect(await victim.response()).toMatchObject({ status: 200, body: 'true' });
  });
});

describe('an upstream that answers before it has read the request', () => {
  test('has its answer passed on at once; the rest of the body goes nowhere', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(mesh(upstream.port));
    const client = await proxy.send(
      'POST /up HTTP/1.1\r\nhost: mesh.test\r\ncontent-length: 1000000\r\n\r\nbegin',
    );
    const peer = await upstream.accept();
    await peer.takeUntil('begin');
    peer.send(answer(413, 'too much'));
    expect(await client.response()).toMatchObject({ status: 413, body: 'too much' });
    // Where the next request begins is not known: both connections end.
    expect(await client.ending()).toBe('end');
    await peer.ending();
    expect(await outcome(proxy)).toMatchObject({ flag: '-', status: 413 });
    await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
  });

  test('and goes on reading gets the whole body; the connections live on', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(mesh(upstream.port));
    const client = await proxy.send(
      'POST /up HTTP/1.1\r\nhost: mesh.test\r\ncontent-length: 10\r\n\r\nbegin',
    );
    const peer = await upstream.accept();
    await peer.takeUntil('begin');
    peer.send('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhalf');
    await client.takeUntil('half');
    client.send('later');
    await peer.expect('later');
    peer.send('half');
    await client.expect('half');
    await settle();
    client.send(request('/next'));
    expect((await peer.request()).target).toBe('/next');
    peer.send(answer(200));
    await client.response();
    expect(upstream.connections).toBe(1);
  });

  test('and closes: the answer arrives in spite of the reset that follows it', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(mesh(upstream.port));
    const client = await proxy.send(
      'POST /up HTTP/1.1\r\nhost: mesh.test\r\ncontent-length: 1000000\r\n\r\nbegin',
    );
    const peer = await upstream.accept();
    await peer.takeUntil('begin');
    await peer.sent(answer(401, 'who'));
    peer.end();
    expect(await client.response()).toMatchObject({ status: 401, body: 'who' });
    expect(await outcome(proxy)).toMatchObject({ flag: '-', status: 401 });
  });
});

async function sendThen(peer: Peer, bytes: string, how: 'reset' | 'end'): Promise<void> {
  await peer.sent(bytes);
  // A reset overtakes bytes that the proxy has not read.
  await settle();
  if (how === 'end') peer.end();
  else peer.reset();
}

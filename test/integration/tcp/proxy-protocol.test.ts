/** PROXY protocol, in and out, for TCP and HTTP: whose connection it is, told and believed. */
import { describe, expect, test } from 'vitest';
import { formatProxyHeader } from '../../../src/net/index.ts';
import {
  connectPeer,
  header,
  type Keys,
  type Peer,
  settle,
  startProxy,
  startRawUpstream,
  type TestProxy,
  until,
} from '../harness/index.ts';
import { fetchOn, mesh, outcome, outcomes, request, tcpMesh } from '../harness/mesh.ts';
import { always, answer, startScriptedUpstream } from '../harness/scripted.ts';

const v4 = {
  sourceAddress: '203.0.113.7',
  sourcePort: 4711,
  destinationAddress: '198.51.100.1',
  destinationPort: 443,
};
const v6 = {
  sourceAddress: '2001:db8::7',
  sourcePort: 4711,
  destinationAddress: '2001:db8::1',
  destinationPort: 443,
};

const text1 = 'PROXY TCP4 203.0.113.7 198.51.100.1 4711 443\r\n';
const text2 = 'PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n';
const latin1 = (bytes: Buffer): string => bytes.toString('latin1');
/** Version 2 with a PP2_TYPE_ALPN field behind the addresses. */
const withField = ((): string => {
  const bytes = formatProxyHeader('v2', v4);
  bytes.writeUInt16BE(12 + 5, 14);
  return latin1(Buffer.concat([bytes, Buffer.from([1, 0, 2, 0x68, 0x32])]));
})();
const local = latin1(Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex'));
const unspecified = latin1(Buffer.from('0d0a0d0a000d0a515549540a21000000', 'hex'));

async function startHttp(
  mode: string,
  listener: Keys = {},
): Promise<{ proxy: TestProxy; forwardedFor: () => string[] }> {
  const upstream = await startScriptedUpstream(always(200));
  const proxy = await startProxy(mesh(upstream.port, { listener: { proxy_protocol: mode, ...listener } }));
  return {
    proxy,
    forwardedFor: () => upstream.requests.map((one) => header(one, 'x-forwarded-for') ?? ''),
  };
}

describe('a PROXY header at an HTTP listener', () => {
  test.each([
    ['version 1, IPv4', text1, '203.0.113.7'],
    ['version 1, IPv6', text2, '2001:db8::7'],
    ['version 2, IPv4', latin1(formatProxyHeader('v2', v4)), '203.0.113.7'],
    ['version 2, IPv6', latin1(formatProxyHeader('v2', v6)), '2001:db8::7'],
    ['version 2 with further fields', withField, '203.0.113.7'],
    ['version 1, UNKNOWN', 'PROXY UNKNOWN\r\n', '127.0.0.1'],
    ['version 1, UNKNOWN with more', 'PROXY UNKNOWN 1.1.1.1 2.2.2.2 1 2\r\n', '127.0.0.1'],
    ['version 2, LOCAL', local, '127.0.0.1'],
    ['version 2, unspecified family', unspecified, '127.0.0.1'],
  ])('of %s names the client, in one piece and byte by byte', async (_, head, client) => {
    const { proxy, forwardedFor } = await startHttp('require');
    const whole = await proxy.send(head + request());
    expect((await whole.response()).status).toBe(200);
    const slow = await proxy.connect();
    for (const byte of head + request()) {
      await slow.sent(byte);
      await settle(1);
    }
    expect((await slow.response()).status).toBe(200);
    // It is said once, for all requests of the connection.
    expect((await fetchOn(slow)).status).toBe(200);
    expect(forwardedFor()).toEqual([client, client, client]);
  });

  test('is in the access log in place of the connection it came on', async () => {
    const { proxy } = await startHttp('require', {
      access_logs: [{ path: '/dev/null', format: '%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS%' }],
    });
    const client = await proxy.send(text2 + request());
    await client.response();
    expect(await proxy.logLine()).toBe('[2001:db8::7]:4711 [2001:db8::1]:443');
  });

  test('is appended to what the sender forwards', async () => {
    const { proxy, forwardedFor } = await startHttp('require');
    const client = await proxy.send(text1 + request('/', 'x-forwarded-for: 192.0.2.1\r\n'));
    await client.response();
    expect(forwardedFor()).toEqual(['192.0.2.1, 203.0.113.7']);
  });

  test('may be missing where it is only accepted', async () => {
    const { proxy, forwardedFor } = await startHttp('accept');
    const without = await proxy.send(request());
    expect((await without.response()).status).toBe(200);
    const withHeader = await proxy.send(text1 + request());
    expect((await withHeader.response()).status).toBe(200);
    // The first letters are those of "PROXY".
    const put = await proxy.connect();
    for (const byte of request('/', 'content-length: 0\r\n', 'PROPFIND')) {
      await put.sent(byte);
      await settle(1);
    }
    expect((await put.response()).status).toBe(200);
    expect(forwardedFor()).toEqual(['127.0.0.1', '203.0.113.7', '127.0.0.1']);
  });

  test('is no header but a bad request where it is off', async () => {
    const { proxy } = await startHttp('off');
    const client = await proxy.send(text1 + request());
    expect((await client.response()).status).toBe(400);
  });

  test.each([
    ['missing', request()],
    ['of an unknown family', 'PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n'],
    ['with an address that is none', 'PROXY TCP4 1.1.1.256 2.2.2.2 1 2\r\n'],
    ['with an address of the other family', 'PROXY TCP4 ::1 ::1 1 2\r\n'],
    ['with a port out of range', 'PROXY TCP4 1.1.1.1 2.2.2.2 1 65536\r\n'],
    ['with a port that is signed', 'PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n'],
    ['with a word too many', 'PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n'],
    ['without its end', `PROXY TCP4 ${'1'.repeat(200)}`],
    ['in lower case', 'proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n'],
    ['of version 3', latin1(Buffer.from('0d0a0d0a000d0a515549540a31110000', 'hex'))],
    ['with an unknown command', latin1(Buffer.from('0d0a0d0a000d0a515549540a22110000', 'hex'))],
    ['too short for its addresses', latin1(Buffer.from('0d0a0d0a000d0a515549540a2111000401020304', 'hex'))],
    ['too long', latin1(Buffer.from('0d0a0d0a000d0a515549540a2111ffff', 'hex'))],
  ])('that is %s is refused where it is required', async (_, bytes) => {
    const { proxy, forwardedFor } = await startHttp('require');
    const client = await proxy.send(bytes);
    expect(await client.ending()).toBe('reset');
    expect(client.unread).toBe('');
    expect(forwardedFor()).toEqual([]);
    expect(proxy.counter('meshlock_listener_malformed_requests_total')).toBe(1);
    expect(outcomes(proxy)).toHaveLength(0);
  });

  test('that is malformed is refused where it is only accepted, too', async () => {
    const { proxy } = await startHttp('accept');
    const client = await proxy.send('PROXY TCP4 nonsense\r\n');
    expect(await client.ending()).toBe('reset');
  });

  test('that does not come in time ends the connection', async () => {
    const { proxy } = await startHttp('require');
    const clients = [await proxy.connect(), await proxy.send('PROXY TCP4 203.')];
    await until(() => proxy.openConnections === 2);
    await proxy.advance(4900);
    expect(proxy.openConnections).toBe(2);
    await proxy.advance(300);
    for (const client of clients) expect(await client.ending()).toBe('reset');
    expect(proxy.counter('meshlock_listener_malformed_requests_total')).toBe(2);
  });

  test('that need not come is not waited for longer than that', async () => {
    const { proxy, forwardedFor } = await startHttp('accept');
    const client = await proxy.connect();
    await until(() => proxy.openConnections === 1);
    await proxy.advance(8000);
    expect((await fetchOn(client)).status).toBe(200);
    expect(forwardedFor()).toEqual(['127.0.0.1']);
  });

  test('of a client that ends before it is complete ends without a trace', async () => {
    const { proxy } = await startHttp('require');
    const client = await proxy.send('PROXY TCP4 ');
    client.end();
    await client.gone();
    await until(() => proxy.openConnections === 0);
    expect(outcomes(proxy)).toHaveLength(0);
  });

  test('becomes required by a reload, for new connections', async () => {
    const upstream = await startScriptedUpstream(always(200));
    const text = (mode: string): string => mesh(upstream.port, { listener: { proxy_protocol: mode } });
    const proxy = await startProxy(text('off'));
    const old = await proxy.connect();
    expect((await fetchOn(old)).status).toBe(200);
    await proxy.update(text('require'));
    expect((await fetchOn(old)).status).toBe(200);
    const refused = await proxy.send(request());
    expect(await refused.ending()).toBe('reset');
    const accepted = await proxy.send(text1 + request());
    expect((await accepted.response()).status).toBe(200);
  });
});

describe('a PROXY header at a TCP listener', () => {
  test('is taken away, and the rest passes untouched', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(tcpMesh(upstream.port, { listener: { proxy_protocol: 'require' } }));
    const client = await proxy.send(`${text1}first`);
    const peer = await upstream.accept();
    await peer.expect('first');
    client.send('PROXY again is only text\r\n');
    await peer.expect('PROXY again is only text\r\n');
    peer.send('answer');
    await client.expect('answer');
    client.end();
    expect(await peer.ending()).toBe('end');
    peer.end();
    expect(await client.ending()).toBe('end');
  });

  test('in the same piece as the end of the client loses nothing', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(tcpMesh(upstream.port, { listener: { proxy_protocol: 'require' } }));
    const client = await proxy.connect();
    client.socket.end(`${text1}all of it`);
    const peer = await upstream.accept();
    expect(await peer.takeAll()).toBe('all of it');
    peer.send('thanks');
    peer.end();
    expect(await client.takeAll()).toBe('thanks');
    expect(await outcome(proxy)).toMatchObject({ flag: '-' });
  });

  test('that is only accepted lets a server speak first to a client that waits', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(tcpMesh(upstream.port, { listener: { proxy_protocol: 'accept' } }));
    const client = await proxy.connect();
    await until(() => proxy.openConnections === 1);
    await proxy.advance(5200, 200);
    const peer = await upstream.accept();
    peer.send('220 ready\r\n');
    await client.expect('220 ready\r\n');
    client.reset();
  });
});

/** The PROXY header that a connection to an upstream begins with. */
function expectedHeader(version: 'v1' | 'v2', client: Peer, port: number, host: string): string {
  return latin1(
    formatProxyHeader(version, {
      sourceAddress: host,
      sourcePort: client.port,
      destinationAddress: host,
      destinationPort: port,
    }),
  );
}

describe.each(['v1', 'v2'] as const)('a PROXY header of %s towards an upstream', (version) => {
  test.each(['127.0.0.1', '::1'])('begins a TCP session from %s', async (host) => {
    const upstream = await startRawUpstream();
    const address = host === '::1' ? '[::1]:0' : '127.0.0.1:0';
    const proxy = await startProxy(
      tcpMesh(upstream.port, { listener: { address }, cluster: { proxy_protocol: version } }),
    );
    const client = await connectPeer(proxy.port(), host);
    // It is sent also when the client says nothing yet: the upstream may want to speak first.
    const peer = await upstream.accept();
    await peer.expect(expectedHeader(version, client, proxy.port(), host));
    peer.send('hello');
    await client.expect('hello');
    client.send('PING');
    await peer.expect('PING');
    client.end();
    await peer.ending();
    peer.end();
    await client.ending();
  });

  test.each(['127.0.0.1', '::1'])('begins an HTTP connection from %s', async (host) => {
    const upstream = await startRawUpstream();
    const address = host === '::1' ? '[::1]:0' : '127.0.0.1:0';
    const proxy = await startProxy(
      mesh(upstream.port, { listener: { address }, cluster: { proxy_protocol: version } }),
    );
    const client = await connectPeer(proxy.port(), host);
    for (let i = 0; i < 3; i++) {
      client.send(request(`/${i}`));
      const peer = await upstream.accept();
      await peer.expect(expectedHeader(version, client, proxy.port(), host));
      const got = await peer.request();
      expect(got.target).toBe(`/${i}`);
      expect(header(got, 'connection')).toBe('close');
      peer.send(answer(200));
      expect((await client.response()).status).toBe(200);
      await peer.ending();
    }
    client.destroy();
  });

  test('speaks for the client that the request is of, however many there are', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      mesh(upstream.port, {
        cluster: { proxy_protocol: version, circuit_breakers: { max_connections: 3 } },
      }),
    );
    const clients = await Promise.all(Array.from({ length: 12 }, () => proxy.connect()));
    for (const client of clients) client.send(request(`/${client.port}`));
    for (let i = 0; i < clients.length; i++) {
      const peer = await upstream.accept();
      const head = await peer.takeUntil(' HTTP/1.1\r\n');
      const port = Number(/GET \/(\d+) HTTP/.exec(head)![1]);
      const client = clients.find((one) => one.port === port)!;
      const expected = expectedHeader(version, client, proxy.port(), '127.0.0.1');
      expect(head).toBe(`${expected}GET /${port} HTTP/1.1\r\n`);
      peer.send(answer(200, `${port}`));
      expect((await client.response()).body).toBe(`${port}`);
    }
    expect(upstream.connections).toBe(12);
    await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
  });

  test('is written anew for a retry, and not at all for a client that has gone', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      mesh(upstream.port, {
        route: { retry: { on: ['reset'], backoff: { base: '1ms', max: '1ms' } } },
        cluster: { proxy_protocol: version, circuit_breakers: { max_connections: 1 } },
      }),
    );
    const client = await proxy.send(request());
    const expected = expectedHeader(version, client, proxy.port(), '127.0.0.1');
    const first = await upstream.accept();
    await first.expect(expected);
    await first.request();
    const gone = await proxy.send(request('/gone'));
    await proxy.reaches('meshlock_cluster_requests_pending', { cluster: 'app' }, 1);
    gone.reset();
    await proxy.reaches('meshlock_cluster_requests_pending', { cluster: 'app' }, 0);
    first.reset();
    await proxy.reaches('meshlock_cluster_retries_active', { cluster: 'app' }, 1);
    await proxy.advance(2);
    const second = await upstream.accept();
    await second.expect(expected);
    await second.request();
    second.send(answer(200));
    expect((await client.response()).status).toBe(200);
  });

  test('passes on what came in, through two proxies', async () => {
    const upstream = await startScriptedUpstream(always(200));
    const inner = await startProxy(mesh(upstream.port, { listener: { proxy_protocol: 'require' } }));
    const outer = await startProxy(
      tcpMesh(inner.port(), { listener: { proxy_protocol: 'accept' }, cluster: { proxy_protocol: version } }),
    );
    for (const [head, from] of [
      [text1, '203.0.113.7'],
      [text2, '2001:db8::7'],
      ['', '127.0.0.1'],
    ] as const) {
      const client = await outer.send(head + request());
      expect((await client.response()).status).toBe(200);
      expect(header(upstream.requests.at(-1)!, 'x-forwarded-for')).toBe(from);
      client.reset();
    }
    await outer.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
  });
});

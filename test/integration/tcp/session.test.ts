/** TCP sessions: bytes and ends pass both ways, and whatever ends a session says so and leaves nothing behind. */
import { createConnection } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  closedPort,
  type Peer,
  type RawUpstream,
  settle,
  startProxy,
  startRawUpstream,
  type TestProxy,
  until,
  within,
} from '../harness/index.ts';
import { deafPort } from '../harness/deaf.ts';
import { advanceUntil, outcome, outcomes, tcpMesh } from '../harness/mesh.ts';

const app = { cluster: 'app' };
const mebibyte = 1024 * 1024;

interface Session {
  readonly proxy: TestProxy;
  readonly upstream: RawUpstream;
  readonly client: Peer;
  readonly peer: Peer;
}

async function openSession(keys: Parameters<typeof tcpMesh>[1] = {}): Promise<Session> {
  const upstream = await startRawUpstream();
  const proxy = await startProxy(tcpMesh(upstream.port, keys));
  const client = await proxy.connect();
  return { proxy, upstream, client, peer: await upstream.accept() };
}

/** Bytes that differ from one another, so that a lost or doubled piece shows. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i + 4 <= length; i += 4) bytes.writeUInt32LE(i, i);
  return bytes;
}

/** Connects where the reset may be quicker than the news of the connection. */
async function resetOnConnect(proxy: TestProxy): Promise<void> {
  const socket = createConnection({ host: '127.0.0.1', port: proxy.port() });
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  socket.on('end', () => resolve('FIN'));
  socket.on('connect', () => socket.write('hello'));
  expect(await within(promise, () => 'the end of the connection')).toBe('ECONNRESET');
  socket.destroy();
}

/** Reads everything up to the end, slowly: a pause between reads. */
async function readSlowly(peer: Peer, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let received = 0;
  peer.socket.removeAllListeners('data');
  peer.socket.pause();
  while (received < length) {
    const piece = peer.socket.read() as Buffer | null;
    if (piece === null) {
      if (peer.socket.readableEnded || peer.socket.destroyed) break;
      await settle(2);
      continue;
    }
    pieces.push(piece);
    received += piece.length;
    await settle(2);
  }
  return Buffer.concat(pieces);
}

describe('a TCP session', () => {
  test('passes bytes both ways, whoever speaks first', async () => {
    const { proxy, client, peer } = await openSession();
    peer.send('220 ready\r\n');
    await client.expect('220 ready\r\n');
    client.send('EHLO\r\n');
    await peer.expect('EHLO\r\n');
    const other = await proxy.send('I speak first');
    expect(other.unread).toBe('');
    expect(proxy.counter('meshlock_listener_connections_active')).toBe(2);
    await proxy.reaches('meshlock_cluster_connections_active', app, 2);
  });

  test('keeps what the client says, and its end, until the upstream is there', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(tcpMesh(upstream.port));
    const client = await proxy.connect();
    client.send('all at once');
    client.end();
    const peer = await upstream.accept();
    expect(await peer.takeAll()).toBe('all at once');
    peer.send('and back');
    peer.end();
    expect(await client.takeAll()).toBe('and back');
    expect(await outcome(proxy)).toMatchObject({ flag: '-', attempts: 1, bytesSent: 8 });
    await proxy.reaches('meshlock_cluster_connections_active', app, 0);
  });

  test('whose client has ended its half still receives', async () => {
    const { proxy, client, peer } = await openSession();
    client.send('question');
    client.end();
    expect(await peer.takeAll()).toBe('question');
    for (const word of ['one', 'two', 'three']) {
      peer.send(word);
      await client.expect(word);
    }
    peer.end();
    expect(await client.ending()).toBe('end');
    expect(await outcome(proxy)).toMatchObject({ flag: '-' });
  });

  test('whose upstream has ended its half still sends', async () => {
    const { proxy, client, peer } = await openSession();
    peer.send('enough');
    peer.end();
    expect(await client.takeAll()).toBe('enough');
    for (const word of ['one', 'two', 'three']) {
      client.send(word);
      await peer.expect(word);
    }
    client.end();
    expect(await peer.ending()).toBe('end');
    expect(await outcome(proxy)).toMatchObject({ flag: '-' });
  });

  describe.each(['client', 'upstream'])('whose %s had ended its half and reads late', (slow) => {
    /** `late` has sent FIN and reads nothing; `writer` may write. */
    async function open(): Promise<{ proxy: TestProxy; writer: Peer; late: Peer; received: () => number }> {
      const { proxy, client, peer } = await openSession();
      const [late, writer] = slow === 'client' ? [client, peer] : [peer, client];
      const side = slow === 'client' ? 'cluster' : 'listener';
      late.pause();
      late.end();
      expect(await writer.ending()).toBe('end');
      return {
        proxy,
        writer,
        late,
        received: () => proxy.counter(`meshlock_${side}_received_bytes_total`),
      };
    }

    /** Whether the proxy has read the piece; it does not when it has more than enough queued. */
    async function push(to: { writer: Peer; received: () => number }, piece: Buffer): Promise<boolean> {
      const target = to.received() + piece.length;
      to.writer.send(piece);
      for (let turn = 0; turn < 100 && to.received() < target; turn++) await settle(1);
      return to.received() >= target;
    }

    test('loses nothing, wherever the queue towards it stands when the other side has ended, too', async () => {
      const piece = 4096;
      const first = await open();
      // As much as fits into the kernel and what the proxy may queue on top.
      let full = 0;
      while (await push(first, Buffer.alloc(piece))) full += piece;
      first.late.reset();
      for (let short = 0; short < 16; short += 2) {
        const { proxy, writer, late, received } = await open();
        const bytes = pattern(full - short * piece);
        const most = bytes.length - 24 * piece;
        writer.send(bytes.subarray(0, most));
        await until(() => received() === most);
        for (let at = most; at < bytes.length; at += piece) {
          await push({ writer, received }, bytes.subarray(at, at + piece));
        }
        writer.end();
        await settle();
        await proxy.advance(500, 100);
        const got = await readSlowly(late, bytes.length);
        expect(got.length).toBe(bytes.length);
        expect(got.equals(bytes)).toBe(true);
        expect(await outcome(proxy)).toMatchObject({ flag: '-' });
      }
    });
  });

  test('passes a reset on, either way', async () => {
    const first = await openSession();
    first.client.send('x');
    await first.peer.expect('x');
    first.peer.reset();
    expect(await first.client.ending()).toBe('reset');
    expect(await outcome(first.proxy)).toMatchObject({ flag: 'UC' });
    const second = await openSession();
    second.client.send('x');
    await second.peer.expect('x');
    second.client.reset();
    expect(await second.peer.ending()).toBe('reset');
    expect((await outcome(second.proxy)).flag).toBe('DC');
  });

  test.each([
    { how: 'answer', slow: 'client' },
    { how: 'upload', slow: 'upstream' },
  ])('of a large $how with a slow $slow takes bounded memory and loses nothing', async ({ slow }) => {
    const { proxy, client, peer } = await openSession();
    const [from, to] = slow === 'client' ? [peer, client] : [client, peer];
    const bytes = pattern(32 * mebibyte);
    to.pause();
    from.send(bytes);
    const side = slow === 'client' ? 'cluster' : 'listener';
    const received = (): number => proxy.counter(`meshlock_${side}_received_bytes_total`);
    await until(() => received() > mebibyte);
    await settle(200);
    const held = received();
    // What the kernel buffers on the way out (a few MiB at most) and one write of the proxy.
    expect(held).toBeLessThan(16 * mebibyte);
    await settle(200);
    expect(received()).toBe(held);
    from.end();
    const got = await readSlowly(to, bytes.length);
    expect(got.equals(bytes)).toBe(true);
    to.end();
  });

  test('counts its bytes for listener and cluster', async () => {
    const { proxy, client, peer } = await openSession();
    client.send('12345');
    await peer.expect('12345');
    peer.send('123');
    await client.expect('123');
    expect(proxy.counter('meshlock_listener_received_bytes_total')).toBe(5);
    expect(proxy.counter('meshlock_listener_sent_bytes_total')).toBe(3);
    expect(proxy.counter('meshlock_cluster_received_bytes_total')).toBe(3);
    expect(proxy.counter('meshlock_cluster_sent_bytes_total')).toBe(5);
    expect(proxy.counter('meshlock_listener_connections_total')).toBe(1);
    expect(proxy.counter('meshlock_cluster_connections_total')).toBe(1);
  });
});

describe('an idle TCP session', () => {
  test('is ended after the idle timeout, SI', async () => {
    const { proxy, client, peer } = await openSession({ listener: { idle_timeout: '10s' } });
    client.send('x');
    await peer.expect('x');
    await advanceUntil(proxy, () => outcomes(proxy).length === 1, { stepMs: 500, limitMs: 25_000 });
    expect(await outcome(proxy)).toMatchObject({ flag: 'SI' });
    await client.ending();
    await peer.ending();
    await proxy.reaches('meshlock_cluster_connections_active', app, 0);
  });

  test('lives as long as either side speaks', async () => {
    const { proxy, client, peer } = await openSession({ listener: { idle_timeout: '10s' } });
    for (let i = 0; i < 10; i++) {
      const [from, to] = i % 2 === 0 ? [client, peer] : [peer, client];
      await proxy.advance(8000);
      from.send('x');
      await to.expect('x');
    }
    expect(outcomes(proxy)).toHaveLength(0);
  });

  test('lives for ever with idle_timeout 0', async () => {
    const { proxy, client, peer } = await openSession({ listener: { idle_timeout: 0 } });
    await proxy.advance(100_000_000, 10_000_000);
    client.send('still here');
    await peer.expect('still here');
  });
});

describe('a TCP session that gets no upstream', () => {
  test('because all refuse: the client is reset, UF, after two tries', async () => {
    const proxy = await startProxy(tcpMesh([await closedPort(), await closedPort()]));
    await resetOnConnect(proxy);
    expect(await outcome(proxy)).toMatchObject({ flag: 'UF', attempts: 2, bytesSent: 0 });
    expect(proxy.counter('meshlock_cluster_connect_failures_total')).toBe(2);
    expect(proxy.counter('meshlock_listener_connections_reset_total')).toBe(1);
  });

  test('at first tries the second endpoint', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(tcpMesh([await closedPort(), upstream.port]));
    for (let i = 0; i < 2; i++) {
      const client = await proxy.send('hello');
      const peer = await upstream.accept();
      await peer.expect('hello');
      client.end();
      await peer.ending();
      peer.end();
      expect(await client.ending()).toBe('end');
    }
    await outcome(proxy, 1);
    expect(
      outcomes(proxy)
        .map(({ attempts }) => attempts)
        .sort((a, b) => a - b),
    ).toEqual([1, 2]);
    expect(
      outcomes(proxy).every(({ flag, host }) => flag === '-' && host.endsWith(`:${upstream.port}`)),
    ).toBe(true);
  });

  test('in time tries the second endpoint, too', async () => {
    const upstream = await startRawUpstream();
    const deaf = await deafPort();
    const proxy = await startProxy(tcpMesh([deaf, upstream.port], { cluster: { connect_timeout: '1s' } }));
    const clients = [await proxy.send('a'), await proxy.send('a')];
    await (await upstream.accept()).expect('a');
    await advanceUntil(proxy, () => upstream.connections === 2);
    await (await upstream.accept()).expect('a');
    expect(proxy.counter('meshlock_cluster_connect_timeouts_total')).toBe(1);
    for (const client of clients) client.reset();
  });

  test('because none is healthy: reset, UH', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(tcpMesh(upstream.port, { cluster: { panic_threshold: 0 } }));
    await proxy.setEndpointHealth('app', upstream.port, { health: 'unhealthy' });
    await resetOnConnect(proxy);
    expect(await outcome(proxy)).toMatchObject({ flag: 'UH', attempts: 0, host: '-' });
    expect(upstream.connections).toBe(0);
  });

  test('because of max_connections: reset, UO; the next one fits when one has gone', async () => {
    const { proxy, client, peer, upstream } = await openSession({
      cluster: { circuit_breakers: { max_connections: 1 } },
    });
    await resetOnConnect(proxy);
    expect(await outcome(proxy)).toMatchObject({ flag: 'UO' });
    expect(proxy.counter('meshlock_cluster_overflow_total', { breaker: 'connections' })).toBe(1);
    client.end();
    await peer.ending();
    peer.end();
    await proxy.reaches('meshlock_cluster_connections_active', app, 0);
    const next = await proxy.send('fits');
    await (await upstream.accept()).expect('fits');
    next.reset();
  });

  test('and whose client goes away meanwhile leaves nothing behind', async () => {
    const proxy = await startProxy(tcpMesh(await deafPort(), { cluster: { connect_timeout: '2s' } }));
    const clients = await Promise.all(Array.from({ length: 4 }, () => proxy.send('hello')));
    await proxy.reaches('meshlock_cluster_connections_active', app, 4);
    clients[0]!.reset();
    clients[1]!.destroy();
    clients[2]!.end();
    await settle();
    await proxy.advance(2200, 100);
    await proxy.reaches('meshlock_cluster_connections_active', app, 0);
    await until(() => outcomes(proxy).length === 4);
    expect(await clients[3]!.ending()).toBe('reset');
    expect(outcomes(proxy).every(({ flag }) => flag === 'UF' || flag === 'DC')).toBe(true);
    expect(proxy.counter('meshlock_cluster_requests_active')).toBe(0);
  });
});

describe('TCP sessions', () => {
  test('are spread over weighted clusters', async () => {
    const [heavy, light] = [await startRawUpstream(), await startRawUpstream()];
    const proxy = await startProxy(
      JSON.stringify({
        listeners: [
          { name: 'tcp', address: '127.0.0.1:0', protocol: 'tcp', clusters: { heavy: 4, light: 1, none: 0 } },
        ],
        clusters: [
          { name: 'heavy', endpoints: [`127.0.0.1:${heavy.port}`] },
          { name: 'light', endpoints: [`127.0.0.1:${light.port}`] },
          { name: 'none', endpoints: [`127.0.0.1:${await closedPort()}`] },
        ],
      }),
    );
    for (let i = 0; i < 100; i++) {
      const client = await proxy.connect();
      await until(() => heavy.connections + light.connections === i + 1);
      client.reset();
    }
    expect(light.connections).toBeGreaterThan(8);
    expect(light.connections).toBeLessThan(35);
  });

  test('take turns over the endpoints of a cluster', async () => {
    const upstreams = [await startRawUpstream(), await startRawUpstream(), await startRawUpstream()];
    const proxy = await startProxy(tcpMesh(upstreams.map(({ port }) => port)));
    for (let i = 0; i < 9; i++) {
      await proxy.connect();
      await until(() => upstreams.reduce((sum, { connections }) => sum + connections, 0) === i + 1);
    }
    expect(upstreams.map(({ connections }) => connections)).toEqual([3, 3, 3]);
  });

  test('live through a reload; new ones go by the new configuration', async () => {
    const { proxy, client, peer } = await openSession();
    const next = await startRawUpstream();
    await proxy.update(tcpMesh(next.port, { listener: { idle_timeout: '5s' } }));
    client.send('still');
    await peer.expect('still');
    const other = await proxy.send('new');
    await (await next.accept()).expect('new');
    other.destroy();
  });

  test('are written to the access log with what they were', async () => {
    const upstream = await startRawUpstream();
    const format = {
      flag: '%RESPONSE_FLAGS%',
      received: '%BYTES_RECEIVED%',
      sent: '%BYTES_SENT%',
      duration: '%DURATION%',
      cluster: '%UPSTREAM_CLUSTER%',
      host: '%UPSTREAM_HOST%',
      from: '%DOWNSTREAM_REMOTE_ADDRESS%',
      to: '%DOWNSTREAM_LOCAL_ADDRESS%',
      start: '%START_TIME%',
      attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
      via: '%UPSTREAM_LOCAL_ADDRESS%',
    };
    const proxy = await startProxy(
      tcpMesh(upstream.port, { listener: { access_logs: [{ path: '/dev/null', format }] } }),
    );
    const client = await proxy.send('12345');
    const from = `127.0.0.1:${client.port}`;
    const peer = await upstream.accept();
    const via = `127.0.0.1:${peer.socket.remotePort}`;
    await peer.expect('12345');
    await proxy.advance(1500, 500);
    peer.send('123');
    await client.expect('123');
    client.end();
    await peer.ending();
    peer.end();
    expect(JSON.parse(await proxy.logLine())).toEqual({
      flag: '-',
      received: 5,
      sent: 3,
      duration: 1500,
      cluster: 'app',
      host: `127.0.0.1:${upstream.port}`,
      from,
      to: `127.0.0.1:${proxy.port()}`,
      start: '2026-01-01T00:00:00.000Z',
      attempts: 1,
      via,
    });
  });

  test('are given up by a drain only at its end', async () => {
    const { proxy, client, peer } = await openSession();
    proxy.drain();
    client.send('not yet');
    await peer.expect('not yet');
    await expect(proxy.connect()).rejects.toThrow('ECONNREFUSED');
    client.end();
    await peer.ending();
    peer.end();
    await until(() => proxy.openConnections === 0);
  });
});

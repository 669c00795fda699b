import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { closedPort, gateway, settle, startProxy, startRawUpstream, until } from '../harness/index.ts';

const get = 'GET /x HTTP/1.1\r\nHost: shop\r\n\r\n';
const logged = {
  listener: {
    access_logs: [
      {
        path: 'access.log',
        format: '%RESPONSE_FLAGS% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %BYTES_RECEIVED% %BYTES_SENT%',
      },
    ],
  },
};

describe('a client that goes away', () => {
  test.each(['end', 'reset'] as const)(
    'while its answer is awaited (%s) ends the upstream’s work',
    async (how) => {
      const upstream = await startRawUpstream();
      const proxy = await startProxy(gateway(upstream.port, logged));
      const client = await proxy.send(get);
      const { peer } = await upstream.acceptRequest();
      client[how]();
      expect(await peer.ending()).toMatch(/end|reset/);
      expect(await proxy.logLine()).toBe('DC 0 downstream_remote_disconnect 0 0');
      await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
      expect(proxy.counter('meshlock_listener_requests_total', { code_class: 'none' })).toBe(1);
      expect(proxy.counter('meshlock_cluster_requests_total', { code_class: 'none' })).toBe(1);
      expect(proxy.counter('meshlock_endpoint_failures_total')).toBe(0);
    },
  );

  test('in the middle of its request ends the upstream’s', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, logged));
    const client = await proxy.send('POST /x HTTP/1.1\r\nHost: shop\r\nContent-Length: 100\r\n\r\nhalf');
    const peer = await upstream.accept();
    await peer.takeUntil('half');
    client.destroy();
    await peer.ending();
    expect(await proxy.logLine()).toBe('DC 0 downstream_remote_disconnect 4 0');
  });

  test('in the middle of its answer ends the upstream’s', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, logged));
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    await client.takeUntil('half');
    client.reset();
    await peer.ending();
    expect(await proxy.logLine()).toBe('DC 200 downstream_remote_disconnect 0 4');
    expect(proxy.counter('meshlock_listener_requests_total', { code_class: '2xx' })).toBe(1);
    await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
  });

  test('after a request whose body came in one piece is noticed', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, logged));
    const client = await proxy.send('POST /x HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\n\r\nbody');
    const { peer } = await upstream.acceptRequest();
    client.reset();
    await peer.ending();
    expect(await proxy.logLine()).toBe('DC 0 downstream_remote_disconnect 4 0');
  });

  test('after a large upload to a slow upstream is noticed', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, logged));
    const size = 10_000_000;
    const client = await proxy.send(`POST /x HTTP/1.1\r\nHost: shop\r\nContent-Length: ${size}\r\n\r\n`);
    const peer = await upstream.accept();
    await peer.takeUntil('\r\n\r\n');
    peer.pause();
    client.send(Buffer.alloc(size));
    await peer.take(size);
    client.reset();
    await peer.ending();
    expect(await proxy.logLine()).toBe(`DC 0 downstream_remote_disconnect ${size} 0`);
  });

  test('while it waits for a connection leaves that to the next', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, { ...logged, cluster: { circuit_breakers: { max_connections: 1 } } }),
    );
    const first = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    const second = await proxy.send(get);
    await proxy.reaches('meshlock_cluster_requests_pending', { cluster: 'app' }, 1);
    second.reset();
    await proxy.reaches('meshlock_cluster_requests_pending', { cluster: 'app' }, 0);
    expect(await proxy.logLine()).toBe('DC 0 downstream_remote_disconnect 0 0');
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    await first.response();
    const third = await proxy.send(get);
    await peer.request();
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    await third.response();
    expect(upstream.connections).toBe(1);
  });

  test('while a retry waits is not tried for again', async () => {
    const port = await closedPort();
    const proxy = await startProxy(
      gateway(port, { ...logged, route: { retry: { on: ['connect-failure'], attempts: 3 } } }),
    );
    const client = await proxy.send(get);
    await proxy.reaches('meshlock_cluster_retries_total', { cluster: 'app' }, 1);
    client.reset();
    expect(await proxy.logLine()).toMatch(/^DC 0 downstream_remote_disconnect/);
    await proxy.advance(10_000);
    expect(proxy.counter('meshlock_cluster_connect_failures_total', { cluster: 'app' })).toBe(1);
    expect(proxy.counter('meshlock_cluster_retries_active', { cluster: 'app' })).toBe(0);
  });

  test('with requests in the pipe is noticed when the first is answered', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, logged));
    const client = await proxy.send(get + get + get);
    const { peer } = await upstream.acceptRequest();
    client.reset();
    await settle();
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    await until(() => proxy.openConnections === 0);
  });

  test('only half, behind an answer that is still on its way, gets all of it', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, logged));
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    const size = 30_000_000;
    client.pause();
    peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    peer.send(Buffer.alloc(size, 'x'));
    await client.takeUntil('\r\n\r\n');
    let taken = 0;
    // Slowly, until the proxy has taken over all of it: the rest waits there and in the kernel.
    while (proxy.counter('meshlock_listener_requests_total', { code_class: '2xx' }) === 0) {
      taken += (await client.take(100_000)).length;
      client.pause();
      await settle(3);
    }
    client.end();
    await settle(50);
    await until(() => {
      client.resume();
      return taken + client.unread.length === size;
    });
    expect(await client.ending()).toBe('end');
  });
});

describe('a tunnel whose ends have both said their last word', () => {
  test('delivers what the slow one has not taken yet', async () => {
    const dialled: Socket[] = [];
    const note = (message: unknown): number => dialled.push((message as { socket: Socket }).socket);
    subscribe('net.client.socket', note);
    onTestFinished(() => {
      unsubscribe('net.client.socket', note);
    });
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, { route: { match: { connect: true } } }));
    const client = await proxy.send('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
    await client.takeUntil('\r\n\r\n');
    const peer = await upstream.accept();
    const ours = dialled.find((socket) => socket.remotePort === upstream.port)!;
    peer.end();
    await client.ending();
    peer.pause();
    const piece = Buffer.alloc(32_000, 'x');
    let sent = 0;
    // Until some of it waits in the proxy itself, which is what may be forgotten.
    while (ours.writableLength === 0) {
      client.send(piece);
      sent += piece.length;
      await until(() => proxy.counter('meshlock_cluster_sent_bytes_total', { cluster: 'app' }) === sent);
    }
    client.end();
    await proxy.reaches('meshlock_listener_connections_active', { listener: 'web' }, 0);
    expect(await peer.ending()).toBe('end');
    expect(peer.unread.length).toBe(sent);
    await proxy.reaches('meshlock_listener_requests_active', { listener: 'web' }, 0);
  });
});

import { describe, expect, test } from 'vitest';
import {
  connectPeer,
  gateway,
  header,
  settle,
  startProxy,
  startRawUpstream,
  until,
} from '../harness/index.ts';

const get = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';
const done = 'HTTP/1.1 204 Done\r\n\r\n';

describe('a drain', () => {
  test('closes idle connections now and busy ones behind their answer, and accepts no others', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const port = proxy.port();
    const idle = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    peer.send(done);
    await idle.response();
    const busy = await proxy.send(get);
    await peer.request();
    await until(() => proxy.openConnections === 2);
    proxy.drain();
    expect(await idle.takeAll()).toBe('');
    await expect(connectPeer(port)).rejects.toThrow('ECONNREFUSED');
    peer.send(done);
    expect(header(await busy.response(), 'connection')).toBe('close');
    expect(await busy.takeAll()).toBe('');
    // The clients may take their time to close their side, but not too long.
    expect(proxy.openConnections).toBe(2);
    await proxy.advance(1200);
    await until(() => proxy.openConnections === 0);
  });

  test('gives a connection that has just been opened a second for its first request', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const silent = await proxy.connect();
    const quick = await proxy.connect();
    await until(() => proxy.openConnections === 2);
    proxy.drain();
    await proxy.advance(500);
    quick.send(get);
    const { peer } = await upstream.acceptRequest();
    peer.send(done);
    expect(header(await quick.response(), 'connection')).toBe('close');
    await proxy.advance(700);
    expect(await silent.takeAll()).toBe('');
  });

  test('lets a request that is just arriving be made and answered', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send('POST / HTTP/1.1\r\nHost: ');
    await proxy.reaches('meshlock_listener_received_bytes_total', { listener: 'web' }, 23);
    proxy.drain();
    client.send('shop\r\nContent-Length: 4\r\n\r\n');
    const peer = await upstream.accept();
    await peer.takeUntil('\r\n\r\n');
    client.send('body');
    await peer.expect('body');
    peer.send(done);
    const response = await client.response();
    expect([response.status, header(response, 'connection')]).toEqual([204, 'close']);
    expect(await client.takeAll()).toBe('');
  });

  test('answers the first of several pipelined requests and says that it was the last', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get + get);
    const { peer } = await upstream.acceptRequest();
    proxy.drain();
    peer.send(done);
    expect(header(await client.response(), 'connection')).toBe('close');
    expect(await client.takeAll()).toBe('');
    expect(upstream.connections).toBe(1);
  });

  test('leaves a tunnel alone', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, { route: { match: { connect: true } } }));
    const client = await proxy.send('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
    await client.takeUntil('\r\n\r\n');
    const peer = await upstream.accept();
    proxy.drain();
    await settle();
    client.send('still');
    await peer.expect('still');
    peer.send('here');
    await client.expect('here');
  });
});

describe('discouraging', () => {
  test('asks clients to go elsewhere with their next answer, and goes on accepting', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    peer.send(done);
    expect(header(await client.response(), 'connection')).toBeUndefined();
    proxy.discourage(true);
    for (const one of [client, await proxy.connect()]) {
      one.send(get);
      await peer.request();
      peer.send(done);
      expect(header(await one.response(), 'connection')).toBe('close');
      expect(await one.takeAll()).toBe('');
    }
    proxy.discourage(false);
    const last = await proxy.send(get);
    await peer.request();
    peer.send(done);
    expect(header(await last.response(), 'connection')).toBeUndefined();
  });
});

import { describe, expect, test } from 'vitest';
import {
  closedPort,
  header,
  type Peer,
  replies,
  startHttpUpstream,
  startProxy,
  startRawUpstream,
  type TestProxy,
  until,
} from '../harness/index.ts';

function tunnelTo(port: number): string {
  return JSON.stringify({
    listeners: [
      {
        name: 'web',
        address: '127.0.0.1:0',
        virtual_hosts: [
          {
            domains: 'inner.example:443',
            routes: [{ name: 'tunnel', match: { connect: true }, cluster: 'app' }],
          },
          { domains: '*', routes: [{ match: '/', direct_response: { status: 200, body: 'plain' } }] },
        ],
      },
    ],
    clusters: [{ name: 'app', endpoints: [port] }],
  });
}

const asking = 'CONNECT inner.example:443 HTTP/1.1\r\nHost: inner.example:443\r\n\r\n';
const agreeing = 'HTTP/1.1 200 Connection established\r\n\r\n';

async function openTunnel(proxy: TestProxy): Promise<Peer> {
  const client = await proxy.send(asking);
  await client.expect(agreeing);
  return client;
}

describe('CONNECT to a route that allows it', () => {
  test('carries bytes both ways, and each half-close by itself', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(tunnelTo(upstream.port));
    const client = await openTunnel(proxy);
    const peer = await upstream.accept();
    // The tunnel is made here: the upstream sees nothing of the request.
    client.send('\x16\x03\x01 hello');
    await peer.expect('\x16\x03\x01 hello');
    peer.send('HTTP/1.1 looks like an answer\r\n\r\n');
    await client.expect('HTTP/1.1 looks like an answer\r\n\r\n');
    client.end();
    expect(await peer.ending()).toBe('end');
    peer.send('late');
    await client.expect('late');
    peer.end();
    expect(await client.ending()).toBe('end');
    await proxy.reaches('meshlock_route_requests_total', { route: 'tunnel', code_class: '2xx' }, 1);
    await proxy.reaches('meshlock_listener_connections_active', { listener: 'web' }, 0);
  });

  test('passes on what the client sent before the tunnel stood', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(tunnelTo(upstream.port));
    const client = await proxy.send(`${asking}eager`);
    await client.expect(agreeing);
    const peer = await upstream.accept();
    await peer.expect('eager');
    client.send(' and more');
    await peer.expect(' and more');
  });

  test('passes on a large answer and its end to a client that has half-closed and reads slowly', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(tunnelTo(upstream.port));
    const client = await openTunnel(proxy);
    const peer = await upstream.accept();
    client.send('all of it, please');
    client.end();
    await peer.ending();
    client.pause();
    const size = 20_000_000;
    peer.send(Buffer.alloc(size, 'x'));
    peer.end();
    // Until nothing moves any more: everything between the two is full.
    let before = -1;
    await until(() => {
      const now = proxy.counter('meshlock_listener_sent_bytes_total', { listener: 'web' });
      const isStill = now === before && now > 100_000;
      before = now;
      return isStill;
    });
    await client.ending();
    expect(client.unread.length).toBe(size);
  });

  test('passes on a large request and its end to an upstream that has half-closed and reads slowly', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(tunnelTo(upstream.port));
    const client = await openTunnel(proxy);
    const peer = await upstream.accept();
    peer.end();
    expect(await client.ending()).toBe('end');
    peer.pause();
    const size = 20_000_000;
    client.send(Buffer.alloc(size, 'x'));
    client.end();
    let before = -1;
    await until(() => {
      const now = proxy.counter('meshlock_cluster_sent_bytes_total', { cluster: 'app' });
      const isStill = now === before && now > 100_000;
      before = now;
      return isStill;
    });
    await peer.ending();
    expect(peer.unread.length).toBe(size);
  });

  test('answers 503 when the upstream cannot be reached, and the connection goes on', async () => {
    const proxy = await startProxy(tunnelTo(await closedPort()));
    const client = await proxy.send(asking);
    const response = await client.response();
    expect(response.status).toBe(503);
    expect(header(response, 'proxy-status')).toContain('UF');
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await client.response()).body).toBe('plain');
  });

  test('is cut after the stream idle timeout, and the endpoint is not blamed', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(tunnelTo(upstream.port));
    const client = await openTunnel(proxy);
    const peer = await upstream.accept();
    for (let minute = 0; minute < 8; minute++) {
      client.send('tick');
      await peer.expect('tick');
      await proxy.advance(60_000, 10_000);
    }
    await proxy.advance(11 * 60_000, 10_000);
    await client.ending();
    await peer.ending();
    expect(proxy.counter('meshlock_endpoint_failures_total')).toBe(0);
  });
});

describe('CONNECT elsewhere', () => {
  test('is 404, whatever its Host says', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(tunnelTo(upstream.port));
    const client = await proxy.send('CONNECT other.example:443 HTTP/1.1\r\nHost: inner.example:443\r\n\r\n');
    expect((await client.response()).status).toBe(404);
    expect(upstream.connections).toBe(0);
    expect(proxy.localReplies('NR')).toBe(1);
  });

  test('is 404 on a listener without such a route, however wide its prefix', async () => {
    const upstream = await startHttpUpstream((_request, response) => response.end('never'));
    const proxy = await startProxy(replies([{ match: '/', direct_response: 200 }]));
    const client = await proxy.send(`CONNECT 127.0.0.1:${upstream.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect((await client.response()).status).toBe(404);
    expect(upstream.connections()).toBe(0);
  });

  test('without a port, or with a path, is malformed', async () => {
    const proxy = await startProxy(replies([{ match: '/', direct_response: 200 }]));
    for (const target of ['inner.example', '/inner', 'http://inner.example/', 'inner.example:', ':443']) {
      const client = await proxy.send(`CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect([target, (await client.response()).status]).toEqual([target, 400]);
    }
  });
});

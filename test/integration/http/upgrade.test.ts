import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import {
  gateway,
  header,
  startHttpUpstream,
  startProxy,
  startRawUpstream,
  type TestProxy,
} from '../harness/index.ts';

const webSocketRoute = { route: { upgrades: ['websocket'] } };
const asking =
  'GET /chat HTTP/1.1\r\nHost: shop\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const agreeing =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

/** An echoing server of the package ws, and a client of the same package through the proxy. */
async function webSocketMesh(): Promise<{ proxy: TestProxy; server: WebSocketServer; client: WebSocket }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  await once(server, 'listening');
  server.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  const proxy = await startProxy(gateway((server.address() as AddressInfo).port, webSocketRoute));
  const client = new WebSocket(`ws://127.0.0.1:${proxy.port()}/chat`);
  onTestFinished(() => client.terminate());
  await once(client, 'open');
  return { proxy, server, client };
}

async function echo(client: WebSocket, data: string | Buffer): Promise<Buffer> {
  client.send(data);
  const [message] = (await once(client, 'message')) as [Buffer];
  return message;
}

describe('a WebSocket', () => {
  test('carries messages in both directions, small and large', async () => {
    const { proxy, client, server } = await webSocketMesh();
    expect((await echo(client, 'hello')).toString()).toBe('hello');
    const large = Buffer.alloc(3_000_000, 'abcdefg');
    expect((await echo(client, large)).equals(large)).toBe(true);
    const unasked = once(client, 'message');
    for (const socket of server.clients) socket.send('from the server');
    expect(String((await unasked)[0])).toBe('from the server');
    expect(proxy.counter('meshlock_listener_requests_active', { listener: 'web' })).toBe(1);
  });

  test('closed by the client ends with the close handshake', async () => {
    const { proxy, client, server } = await webSocketMesh();
    const seen = once([...server.clients][0]!, 'close');
    const answered = once(client, 'close');
    client.close(4001, 'enough');
    expect((await seen).map(String)).toEqual(['4001', 'enough']);
    expect((await answered)[0]).toBe(4001);
    await proxy.reaches('meshlock_listener_requests_total', { code_class: '1xx' }, 1);
    expect(proxy.counter('meshlock_cluster_requests_total', { code_class: '1xx' })).toBe(1);
    await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
  });

  test('closed by the server ends with the close handshake', async () => {
    const { proxy, client, server } = await webSocketMesh();
    for (const socket of server.clients) socket.close(1001, 'going');
    const [code, reason] = (await once(client, 'close')) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1001, 'going']);
    await proxy.reaches('meshlock_listener_connections_active', { listener: 'web' }, 0);
  });
});

describe('an upgrade', () => {
  test('is asked for and agreed to with fields of this hop, and everything behind it is bytes', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, webSocketRoute));
    const client = await proxy.send(asking);
    const { peer, request } = await upstream.acceptRequest();
    expect(header(request, 'connection')).toBe('upgrade');
    expect(header(request, 'upgrade')).toBe('WebSocket');
    expect(header(request, 'sec-websocket-key')).toBe('dGhlIHNhbXBsZSBub25jZQ==');
    // The first bytes of the new protocol may come with the answer.
    peer.send(`${agreeing}first`);
    const head = await client.takeUntil('\r\n\r\n');
    expect(head).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n' +
        'connection: upgrade\r\nupgrade: websocket\r\n\r\n',
    );
    await client.expect('first');
    client.send('GET / HTTP/1.1\r\n\0\xff');
    await peer.expect('GET / HTTP/1.1\r\n\0\xff');
  });

  test('passes on what the client sent before it was agreed to', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, webSocketRoute));
    const client = await proxy.send(`${asking}eager`);
    const { peer } = await upstream.acceptRequest();
    expect(peer.unread).toBe('');
    peer.send(agreeing);
    await client.takeUntil('\r\n\r\n');
    await peer.expect('eager');
    client.send('more');
    await peer.expect('more');
  });

  test('passes on each side’s half-close by itself: the client’s first', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, webSocketRoute));
    const client = await proxy.send(asking);
    const { peer } = await upstream.acceptRequest();
    peer.send(agreeing);
    await client.takeUntil('\r\n\r\n');
    client.send('last words');
    client.end();
    expect(await peer.ending()).toBe('end');
    expect(peer.unread).toBe('last words');
    peer.send('answer to the last words');
    await client.expect('answer to the last words');
    peer.end();
    expect(await client.ending()).toBe('end');
    await proxy.reaches('meshlock_listener_connections_active', { listener: 'web' }, 0);
  });

  test('passes on each side’s half-close by itself: the upstream’s first', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, webSocketRoute));
    const client = await proxy.send(asking);
    const { peer } = await upstream.acceptRequest();
    peer.send(`${agreeing}bye`);
    peer.end();
    await client.takeUntil('\r\n\r\n');
    expect(await client.takeAll()).toBe('bye');
    client.send('still here');
    await peer.expect('still here');
    client.end();
    expect(await peer.ending()).toBe('end');
  });

  test('that the route does not allow is no upgrade: the request is an ordinary one', async () => {
    const upstream = await startHttpUpstream((request, response) =>
      response.end(`${request.headers.upgrade} ${request.headers.connection}`),
    );
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(asking);
    const response = await client.response();
    expect([response.status, response.body]).toEqual([200, 'undefined undefined']);
  });

  test('to another protocol than the route allows is no upgrade', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, webSocketRoute));
    const client = await proxy.send(
      'GET / HTTP/1.1\r\nHost: shop\r\nConnection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
    );
    const { peer, request } = await upstream.acceptRequest();
    expect(header(request, 'upgrade')).toBeUndefined();
    expect(header(request, 'http2-settings')).toBeUndefined();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    expect((await client.response()).status).toBe(200);
  });

  test('that the upstream declines leaves an ordinary connection', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, webSocketRoute));
    const client = await proxy.send(asking);
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno');
    expect((await client.response()).status).toBe(426);
    client.send('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
    await peer.request();
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    expect((await client.response()).status).toBe(204);
  });

  test('that nobody asked for is a malformed answer', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, webSocketRoute));
    const client = await proxy.send('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
    const { peer } = await upstream.acceptRequest();
    peer.send(`${agreeing}GET /secret HTTP/1.1\r\n`);
    const response = await client.response();
    expect(response.status).toBe(502);
    expect(header(response, 'proxy-status')).toContain('UPE');
    expect(await peer.ending()).toMatch(/end|reset/);
    expect(client.unread).toBe('');
  });

  test('ends on the other side when one side is reset', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, webSocketRoute));
    const client = await proxy.send(asking);
    const { peer } = await upstream.acceptRequest();
    peer.send(agreeing);
    await client.takeUntil('\r\n\r\n');
    client.reset();
    expect(await peer.ending()).toMatch(/end|reset/);
    await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
    const other = await proxy.send(asking);
    const second = await upstream.acceptRequest();
    second.peer.send(agreeing);
    await other.takeUntil('\r\n\r\n');
    second.peer.reset();
    expect(await other.ending()).toMatch(/end|reset/);
    await proxy.reaches('meshlock_listener_requests_total', { code_class: '1xx' }, 2);
  });
});

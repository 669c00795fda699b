import { describe, expect, test } from 'vitest';
import {
  gateway,
  header,
  replies,
  startHttpUpstream,
  startProxy,
  startRawUpstream,
} from '../harness/index.ts';

const post = 'POST /up HTTP/1.1\r\nHost: shop\r\n';
const get = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';

describe('a chunked request', () => {
  test('reaches the upstream piece by piece, with its trailers', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(`${post}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n`);
    const peer = await upstream.accept();
    const head = await peer.takeUntil('\r\n\r\n');
    expect(head).toMatch(/^POST \/up HTTP\/1\.1\r\n/);
    expect(head).toContain('\r\nTrailer: X-Sum\r\n');
    expect(head.match(/transfer-encoding: chunked\r\n/gi)).toHaveLength(1);
    client.send('5\r\nhello\r\n');
    await peer.expect('5\r\nhello\r\n');
    client.send('6;a=b;c="d"\r\n world\r\n');
    await peer.expect('6\r\n world\r\n');
    client.send('0\r\nX-Sum: 11\r\nX-Late: yes\r\n\r\n');
    await peer.expect('0\r\nX-Sum: 11\r\nX-Late: yes\r\n\r\n');
    peer.send('HTTP/1.1 204 No Content\r\n\r\n');
    expect((await client.response()).status).toBe(204);
    expect(proxy.counter('meshlock_cluster_connections_active', { cluster: 'app' })).toBe(1);
  });

  test('loses trailers that would frame, route or authorize the message', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    await proxy.send(
      `${post}Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\nX-Sum: 1\r\nHost: evil\r\nauthorization: x\r\n\r\n`,
    );
    const { peer, request } = await upstream.acceptRequest();
    expect(request.trailers).toEqual([['X-Sum', '1']]);
    peer.send('HTTP/1.1 204 No Content\r\n\r\n');
  });

  test('with a malformed chunk ends in 400 and a close, and the upstream never sees an end of it', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(`${post}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`);
    const peer = await upstream.accept();
    await peer.takeUntil('5\r\nhello\r\n');
    client.send('5 \nx\r\n');
    const response = await client.response();
    expect([response.status, header(response, 'connection')]).toEqual([400, 'close']);
    expect(await client.takeAll()).toBe('');
    await peer.ending();
    expect(peer.unread).toBe('');
    expect(proxy.localReplies('DPE')).toBe(1);
  });
});

describe('an answer', () => {
  test('without a date gets one, in the final answer only', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n');
    await client.expect('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
    await client.expect('HTTP/1.1 204 No Content\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n');
  });

  test('keeps the framing it came with', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get + get);
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 200 Fine\r\nServer: x\r\nDate: now\r\ncontent-length: 5\r\n\r\nhello');
    await client.expect('HTTP/1.1 200 Fine\r\nServer: x\r\nDate: now\r\ncontent-length: 5\r\n\r\nhello');
    await peer.request();
    peer.send('HTTP/1.1 200 Fine\r\nServer: x\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n');
    await client.expect('HTTP/1.1 200 Fine\r\nServer: x\r\nDate: now\r\ntransfer-encoding: chunked\r\n\r\n');
    peer.send('3\r\nabc\r\n');
    await client.expect('3\r\nabc\r\n');
    peer.send('0\r\nX-Sum: 6\r\n\r\n');
    await client.expect('0\r\nX-Sum: 6\r\n\r\n');
    expect(proxy.counter('meshlock_listener_requests_total', { code_class: '2xx' })).toBe(2);
  });

  test('may come in any pieces', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    const all =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n';
    for (const byte of all) await peer.sent(byte);
    const response = await client.response();
    expect([response.body, response.trailers]).toEqual(['abcde', [['X-Sum', '5']]]);
  });

  test('to HEAD has the fields and no body, whatever the fields say', async () => {
    const upstream = await startHttpUpstream((_request, response) => {
      response.setHeader('content-length', 12);
      response.end('twelve bytes');
    });
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.connect();
    for (let i = 0; i < 2; i++) {
      client.send('HEAD / HTTP/1.1\r\nHost: shop\r\n\r\n');
      const response = await client.response({ toHead: true });
      expect([response.status, header(response, 'content-length')]).toEqual([200, '12']);
    }
    expect(client.unread).toBe('');
    expect(upstream.connections()).toBe(1);
  });

  test('to HEAD by the proxy itself has the fields and no body', async () => {
    const proxy = await startProxy(
      replies([{ match: '/', direct_response: { status: 200, body: 'hello' } }]),
    );
    const client = await proxy.send('HEAD / HTTP/1.1\r\nHost: shop\r\n\r\n');
    const response = await client.response({ toHead: true });
    expect([response.status, header(response, 'content-length')]).toEqual([200, '5']);
    client.send(get);
    expect((await client.response()).body).toBe('hello');
  });

  test('to HEAD that has a body nevertheless costs its connection', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send('HEAD / HTTP/1.1\r\nHost: shop\r\n\r\n');
    const first = await upstream.acceptRequest();
    first.peer.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
    await client.response({ toHead: true });
    client.send(get);
    const second = await upstream.acceptRequest();
    second.peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect((await client.response()).body).toBe('ok');
    await first.peer.ending();
  });

  test.each([204, 304])('%i ends with its head', async (status) => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get + get);
    const { peer } = await upstream.acceptRequest();
    peer.send(`HTTP/1.1 ${status} Nothing\r\nETag: "1"\r\nDate: now\r\n\r\n`);
    await client.expect(`HTTP/1.1 ${status} Nothing\r\nETag: "1"\r\nDate: now\r\n\r\n`);
    await peer.request();
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nDate: now\r\n\r\n');
    await client.expect('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nDate: now\r\n\r\n');
  });

  test('304 may tell the length of what it does not send', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 304 Not Modified\r\nContent-Length: 5000\r\nDate: now\r\n\r\n');
    await client.expect('HTTP/1.1 304 Not Modified\r\nContent-Length: 5000\r\nDate: now\r\n\r\n');
    client.send(get);
    await peer.request();
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    expect((await client.response()).status).toBe(204);
  });
});

describe('an early answer', () => {
  test('without a body announces the close that follows, while the request is still being sent', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(`${post}Content-Length: 1000\r\n\r\nfirst`);
    const peer = await upstream.accept();
    await peer.takeUntil('first');
    peer.send('HTTP/1.1 401 Who are you\r\nContent-Length: 0\r\n\r\n');
    const response = await client.response();
    expect([response.status, header(response, 'connection')]).toEqual([401, 'close']);
    client.send('x'.repeat(400));
    expect(await client.ending()).toBe('end');
    expect(await peer.ending()).toMatch(/end|reset/);
    expect(proxy.counter('meshlock_cluster_requests_total', { code_class: '4xx' })).toBe(1);
  });

  test('with a body arrives whole, and the client that goes on sending is not reset', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(`${post}Content-Length: 1000000\r\n\r\nfirst`);
    const peer = await upstream.accept();
    await peer.takeUntil('first');
    peer.send(`HTTP/1.1 413 Too much\r\nContent-Length: 50000\r\n\r\n${'n'.repeat(50_000)}`);
    await client.takeUntil('\r\n\r\n');
    client.send('x'.repeat(200_000));
    expect((await client.takeAll()).length).toBe(50_000);
  });

  test('does not cut a request that goes on while the answer streams', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(`${post}Transfer-Encoding: chunked\r\n\r\n`);
    const peer = await upstream.accept();
    await peer.takeUntil('\r\n\r\n');
    peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    await client.takeUntil('\r\n\r\n');
    for (const word of ['ping', 'pong', 'done']) {
      client.send(`4\r\n${word}\r\n`);
      await peer.expect(`4\r\n${word}\r\n`);
      peer.send(`4\r\n${word}\r\n`);
      await client.expect(`4\r\n${word}\r\n`);
    }
    client.send('0\r\n\r\n');
    await peer.expect('0\r\n\r\n');
    peer.send('0\r\n\r\n');
    await client.expect('0\r\n\r\n');
    client.send(get);
    await peer.request();
    peer.send('HTTP/1.1 204 Again\r\n\r\n');
    expect((await client.response()).status).toBe(204);
  });

  test('of the proxy itself to a request with a body closes, because what follows cannot be told apart', async () => {
    const proxy = await startProxy(replies([{ match: '/x', direct_response: 200 }]));
    const client = await proxy.send(`${post}Content-Length: 100\r\n\r\npart`);
    const response = await client.response();
    expect([response.status, header(response, 'connection')]).toEqual([404, 'close']);
    expect(await client.takeAll()).toBe('');
  });
});

describe('interim answers', () => {
  test('100, 102 and 103 are passed on as they come', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    for (const line of [
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 102 Processing\r\n\r\n',
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n',
    ]) {
      peer.send(line);
      await client.expect(line);
    }
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect((await client.response()).body).toBe('ok');
    expect(proxy.counter('meshlock_cluster_requests_total', { code_class: '1xx' })).toBe(0);
  });

  test('lose the fields of their own hop', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 103 Early Hints\r\nConnection: X-Hop\r\nX-Hop: 1\r\nLink: </a>\r\n\r\n');
    await client.expect('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    await client.response();
  });

  test('without end are cut off', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 102 Processing\r\n\r\n'.repeat(100));
    for (let i = 0; i < 16; i++) await client.expect('HTTP/1.1 102 Processing\r\n\r\n');
    expect((await client.response()).status).toBe(502);
    expect(proxy.localReplies('UPE')).toBe(1);
  });
});

describe('Expect: 100-continue', () => {
  const asking = `${post}Content-Length: 4\r\nExpect: 100-continue\r\n\r\n`;

  test('is passed on, and so is the answer that accepts', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(asking);
    const peer = await upstream.accept();
    expect(await peer.takeUntil('\r\n\r\n')).toContain('\r\nExpect: 100-continue\r\n');
    peer.send('HTTP/1.1 100 Continue\r\n\r\n');
    await client.expect('HTTP/1.1 100 Continue\r\n\r\n');
    client.send('body');
    await peer.expect('body');
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    expect((await client.response()).status).toBe(200);
    expect(proxy.openConnections).toBe(1);
  });

  test('refused by the upstream closes the connection, as nobody knows whether the body comes', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(asking);
    const peer = await upstream.accept();
    await peer.takeUntil('\r\n\r\n');
    peer.send('HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n');
    const response = await client.response();
    expect([response.status, header(response, 'connection')]).toEqual([417, 'close']);
    expect(await client.takeAll()).toBe('');
    await peer.ending();
  });

  test('refused by the proxy closes the connection', async () => {
    const proxy = await startProxy(replies([{ match: '/x', direct_response: 200 }]));
    const client = await proxy.send(asking);
    const response = await client.response();
    expect([response.status, header(response, 'connection')]).toEqual([404, 'close']);
    expect(await client.takeAll()).toBe('');
  });

  test('met by silence: the client sends its body after a while, and it arrives', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(asking);
    const peer = await upstream.accept();
    await peer.takeUntil('\r\n\r\n');
    await proxy.advance(2000);
    client.send('body');
    await peer.expect('body');
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    expect((await client.response()).status).toBe(200);
  });

  test('of Node’s own server and client works through the proxy', async () => {
    const upstream = await startHttpUpstream((request, response) => {
      let body = '';
      request.on('data', (piece: Buffer) => (body += piece.toString('latin1')));
      request.on('end', () => response.end(body));
    });
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(asking);
    await client.expect('HTTP/1.1 100 Continue\r\n\r\n');
    client.send('body');
    expect((await client.response()).body).toBe('body');
  });

  test('for anything else than 100-continue is 417', async () => {
    const proxy = await startProxy(replies([{ match: '/', direct_response: 200 }]));
    const client = await proxy.send(`${post}Expect: miracles\r\n\r\n`);
    expect((await client.response()).status).toBe(417);
    expect(await client.takeAll()).toBe('');
  });
});

import { describe, expect, test } from 'vitest';
import {
  gateway,
  header,
  replies,
  startHttpUpstream,
  startProxy,
  startRawUpstream,
} from '../harness/index.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: shop\r\n\r\n`;
const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('a downstream connection', () => {
  test('carries one request after another, and so does the upstream connection behind it', async () => {
    const upstream = await startHttpUpstream((request, response) => response.end(`you asked ${request.url}`));
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.connect();
    for (const path of ['/1', '/2', '/3']) {
      client.send(get(path));
      const response = await client.response();
      expect([response.status, response.body]).toEqual([200, `you asked ${path}`]);
      expect(header(response, 'connection')).toBeUndefined();
    }
    expect(upstream.connections()).toBe(1);
    expect(proxy.counter('meshlock_listener_connections_total', { listener: 'web' })).toBe(1);
    expect(proxy.counter('meshlock_cluster_connections_total', { cluster: 'app' })).toBe(1);
    expect(proxy.counter('meshlock_listener_requests_total', { code_class: '2xx' })).toBe(3);
    expect(proxy.counter('meshlock_endpoint_requests_total', { code_class: '2xx' })).toBe(3);
    expect(proxy.counter('meshlock_cluster_connections_active')).toBe(1);
  });

  test('shares upstream connections with others, one request at a time', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const first = await proxy.send(get('/first'));
    const one = await upstream.acceptRequest();
    const second = await proxy.send(get('/second'));
    const two = await upstream.acceptRequest();
    expect([one.request.target, two.request.target]).toEqual(['/first', '/second']);
    two.peer.send(ok('2'));
    expect((await second.response()).body).toBe('2');
    second.send(get('/third'));
    expect((await two.peer.request()).target).toBe('/third');
    two.peer.send(ok('3'));
    one.peer.send(ok('1'));
    expect((await second.response()).body).toBe('3');
    expect((await first.response()).body).toBe('1');
    expect(upstream.connections).toBe(2);
  });

  test('is closed after an answer to Connection: close, with everything delivered', async () => {
    const upstream = await startHttpUpstream((_request, response) => response.end('x'.repeat(300_000)));
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send('GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n');
    const response = await client.response();
    expect(response.body.length).toBe(300_000);
    expect(header(response, 'connection')).toBe('close');
    expect(await client.ending()).toBe('end');
    expect(client.unread).toBe('');
    // The caller's wish is for its own hop: the connection behind it stays.
    expect(proxy.counter('meshlock_cluster_connections_active', { cluster: 'app' })).toBe(1);
  });

  test('lives on when the upstream closes its own', async () => {
    const upstream = await startHttpUpstream((_request, response) => {
      response.setHeader('connection', 'close');
      response.end('bye');
    });
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.connect();
    for (let i = 1; i <= 2; i++) {
      client.send(get('/'));
      const response = await client.response();
      expect(response.body).toBe('bye');
      expect(header(response, 'connection')).toBeUndefined();
      expect(upstream.connections()).toBe(i);
    }
  });

  test('that is closed while idle is forgotten, and the idle upstream connection behind it is kept', async () => {
    const upstream = await startHttpUpstream((_request, response) => response.end('ok'));
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get('/'));
    await client.response();
    client.end();
    expect(await client.ending()).toBe('end');
    await proxy.reaches('meshlock_listener_connections_active', { listener: 'web' }, 0);
    expect(proxy.counter('meshlock_cluster_connections_active', { cluster: 'app' })).toBe(1);
    await (await proxy.send(get('/'))).response();
    expect(upstream.connections()).toBe(1);
  });
});

describe('an idle upstream connection', () => {
  test('is closed after the idle timeout of its pool', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, { cluster: { pool: { idle_timeout: '4s' } } }));
    const client = await proxy.send(get('/'));
    const { peer } = await upstream.acceptRequest();
    peer.send(ok('a'));
    await client.response();
    await proxy.advance(3000);
    expect(proxy.counter('meshlock_cluster_connections_active', { cluster: 'app' })).toBe(1);
    await proxy.advance(2000);
    expect(await peer.ending()).toBe('end');
    await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
  });

  test('that the upstream closes is not used again', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get('/1'));
    const first = await upstream.acceptRequest();
    first.peer.send(ok('a'));
    await client.response();
    first.peer.end();
    await first.peer.gone();
    client.send(get('/2'));
    const second = await upstream.acceptRequest();
    second.peer.send(ok('b'));
    expect((await client.response()).body).toBe('b');
    expect(proxy.counter('meshlock_cluster_request_resets_total')).toBe(0);
  });

  test('that closes as the request arrives leads to one more try on another, for an idempotent request', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get('/1'));
    const first = await upstream.acceptRequest();
    first.peer.send(ok('a'));
    await client.response();
    client.send(get('/2'));
    await first.peer.request();
    first.peer.end();
    const second = await upstream.acceptRequest();
    expect(second.request.target).toBe('/2');
    second.peer.send(ok('b'));
    expect((await client.response()).body).toBe('b');
    expect(proxy.counter('meshlock_cluster_request_resets_total', { origin: 'upstream' })).toBe(1);
    expect(proxy.counter('meshlock_cluster_retries_total', { cluster: 'app' })).toBe(0);
  });

  test('that closes as a POST arrives leads to 503, because the POST may have been acted upon', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get('/1'));
    const first = await upstream.acceptRequest();
    first.peer.send(ok('a'));
    await client.response();
    client.send('POST /2 HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\nhi');
    await first.peer.request();
    first.peer.end();
    expect((await client.response()).status).toBe(503);
    expect(upstream.connections).toBe(1);
    expect(proxy.localReplies('UC')).toBe(1);
  });

  test('is not kept beyond max_requests_per_connection, and the last request says so', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, { cluster: { pool: { max_requests_per_connection: 2 } } }),
    );
    const client = await proxy.send(get('/1'));
    const { peer, request } = await upstream.acceptRequest();
    expect(header(request, 'connection')).toBeUndefined();
    peer.send(ok('1'));
    await client.response();
    client.send(get('/2'));
    expect(header(await peer.request(), 'connection')).toBe('close');
    peer.send(ok('2'));
    expect(header(await client.response(), 'connection')).toBeUndefined();
    expect(await peer.ending()).toBe('end');
  });

  test('that says something unasked is closed, and its words are nobody else’s answer', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get('/1'));
    const first = await upstream.acceptRequest();
    first.peer.send(ok('1'));
    await client.response();
    first.peer.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    await first.peer.ending();
    client.send(get('/2'));
    const second = await upstream.acceptRequest();
    second.peer.send(ok('good'));
    expect((await client.response()).body).toBe('good');
  });

  test('that sends more than its answer is not used for the request that waits behind it', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get('/1') + get('/2'));
    const first = await upstream.acceptRequest();
    first.peer.send(`${ok('1')}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
    expect((await client.response()).body).toBe('1');
    const second = await upstream.acceptRequest();
    expect(second.request.target).toBe('/2');
    second.peer.send(ok('good'));
    expect((await client.response()).body).toBe('good');
    await first.peer.ending();
    expect(first.peer.unread).toBe('');
  });
});

describe('pipelined requests', () => {
  test('are answered in order, those of the proxy itself among them', async () => {
    const upstream = await startHttpUpstream((request, response) => {
      // Later ones are ready sooner.
      const waitTurns = 20 - Number(request.url!.slice(1)) * 2;
      const answer = (left: number): void => {
        if (left === 0) response.end(request.url);
        else setImmediate(answer, left - 1);
      };
      answer(waitTurns);
    });
    const proxy = await startProxy(
      gateway(upstream.port, {
        listener: {
          routes: [
            { match: { path: '/3' }, direct_response: { status: 403, body: 'three' } },
            { match: { path: '/7' }, redirect: { path: '/seven' } },
            { match: { path: '/9' }, cluster: 'app', prefix_rewrite: '/10' },
            { match: '/', cluster: 'app' },
          ],
        },
      }),
    );
    const paths = Array.from({ length: 10 }, (_, i) => `/${i}`);
    const client = await proxy.send(paths.map(get).join(''));
    const got: [number, string][] = [];
    for (let i = 0; i < 10; i++) {
      const response = await client.response();
      got.push([response.status, response.body]);
    }
    expect(got).toEqual(
      paths.map((path) => {
        if (path === '/3') return [403, 'three'];
        if (path === '/7') return [301, ''];
        return [200, path === '/9' ? '/10' : path];
      }),
    );
    expect(client.unread).toBe('');
    expect(proxy.counter('meshlock_listener_requests_total', { code_class: '2xx' })).toBe(8);
    expect(proxy.counter('meshlock_listener_connections_total', { listener: 'web' })).toBe(1);
  });

  test('may have bodies, and may arrive byte by byte', async () => {
    const upstream = await startHttpUpstream((request, response) => {
      let body = '';
      request.setEncoding('latin1');
      request.on('data', (piece: string) => (body += piece));
      request.on('end', () => response.end(`${request.url}=${body}`));
    });
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.connect();
    const all =
      'POST /a HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\none' +
      'POST /b HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n' +
      get('/c');
    for (const byte of all) await client.sent(byte);
    expect((await client.response()).body).toBe('/a=one');
    expect((await client.response()).body).toBe('/b=two');
    expect((await client.response()).body).toBe('/c=');
  });

  test('behind one with Connection: close are not looked at', async () => {
    const proxy = await startProxy(replies([{ match: '/', direct_response: { status: 200, body: 'x' } }]));
    const client = await proxy.send(`GET /1 HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n${get('/2')}`);
    expect(header(await client.response(), 'connection')).toBe('close');
    expect(await client.takeAll()).toBe('');
    expect(proxy.counter('meshlock_listener_requests_total', { code_class: '2xx' })).toBe(1);
  });

  test('behind a malformed one are not looked at', async () => {
    const proxy = await startProxy(replies([{ match: '/', direct_response: { status: 200, body: 'x' } }]));
    const client = await proxy.send(`${get('/1')}GET /2 HTTP/1.1\r\nHost : shop\r\n\r\n${get('/3')}`);
    expect((await client.response()).status).toBe(200);
    expect((await client.response()).status).toBe(400);
    expect(await client.takeAll()).toBe('');
    expect(proxy.counter('meshlock_listener_requests_total', { code_class: '2xx' })).toBe(1);
    expect(proxy.counter('meshlock_listener_malformed_requests_total', { listener: 'web' })).toBe(1);
  });
});

describe('an HTTP/1.0 client', () => {
  test('gets one answer and a close', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send('GET /old HTTP/1.0\r\n\r\n');
    const { peer, request } = await upstream.acceptRequest();
    expect(request.startLine).toBe('GET /old HTTP/1.1');
    expect(header(request, 'host')).toBe(`127.0.0.1:${upstream.port}`);
    expect(header(request, 'via')).toBe('1.0 meshlock');
    peer.send(ok('fine'));
    expect(await client.takeAll()).toBe(
      'HTTP/1.1 200 OK\r\nContent-Length: 4\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\nconnection: close\r\n\r\nfine',
    );
  });

  test('that asks for keep-alive keeps its connection', async () => {
    const upstream = await startHttpUpstream((_request, response) => response.end('fine'));
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.connect();
    for (let i = 0; i < 2; i++) {
      client.send('GET /old HTTP/1.0\r\nHost: shop\r\nConnection: keep-alive\r\n\r\n');
      const response = await client.response();
      expect(response.body).toBe('fine');
      expect(header(response, 'connection')).toBe('keep-alive');
    }
  });

  test('gets a chunked answer without chunks, ended by the close, even if it asked for keep-alive', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send('GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n');
    peer.send('3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n');
    expect(await client.takeAll()).toBe(
      'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\nconnection: close\r\n\r\nabcdefg',
    );
  });

  test('can tell by a reset when a close-delimited answer was cut short', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send('GET /old HTTP/1.0\r\n\r\n');
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await client.takeUntil('abc');
    peer.end();
    expect(await client.ending()).toBe('reset');
  });

  test('is not sent interim answers', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send('GET /old HTTP/1.0\r\n\r\n');
    const { peer } = await upstream.acceptRequest();
    peer.send(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok('fine')}`);
    expect(await client.takeAll()).toBe(
      'HTTP/1.1 200 OK\r\nContent-Length: 4\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\nconnection: close\r\n\r\nfine',
    );
  });
});

describe('an HTTP/1.0 upstream', () => {
  test('ends its answer by closing, which the client sees as chunks on a connection that lives on', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get('/'));
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.0 200 OK\r\nServer: old\r\n\r\nhello');
    peer.end();
    const response = await client.response();
    expect(response.startLine).toBe('HTTP/1.1 200 OK');
    expect(header(response, 'transfer-encoding')).toBe('chunked');
    expect(response.body).toBe('hello');
    client.send(get('/again'));
    const again = await upstream.acceptRequest();
    again.peer.send('HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect((await client.response()).body).toBe('ok');
    expect(await again.peer.ending()).toBe('end');
  });

  test('that says keep-alive is used again', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port));
    const client = await proxy.send(get('/1'));
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n1');
    const response = await client.response();
    expect(header(response, 'connection')).toBeUndefined();
    client.send(get('/2'));
    expect((await peer.request()).target).toBe('/2');
    peer.send('HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n2');
    expect((await client.response()).body).toBe('2');
  });
});

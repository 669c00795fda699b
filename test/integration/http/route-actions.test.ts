import { describe, expect, test } from 'vitest';
import {
  gateway,
  header,
  headers,
  type Keys,
  type Message,
  replies,
  startHttpUpstream,
  startProxy,
  startRawUpstream,
} from '../harness/index.ts';

const get = (target: string, ...lines: string[]): string =>
  `GET ${target} HTTP/1.1\r\nHost: shop.example:8080\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

describe('a direct response', () => {
  test('has status, body and type of the route, and nothing else but a date', async () => {
    const proxy = await startProxy(
      replies([
        {
          match: '/json',
          direct_response: { status: 201, body: '{"ü":1}', content_type: 'application/json' },
        },
        { match: '/', direct_response: 204 },
      ]),
    );
    const client = await proxy.send(get('/json') + get('/none'));
    await client.expect(
      'HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\n' +
        'content-length: 8\r\n\r\n{"\xc3\xbc":1}',
    );
    await client.expect('HTTP/1.1 204 No Content\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n');
    expect(proxy.localReplies('RR')).toBe(2);
  });

  test('gets the header changes of its route, each name once', async () => {
    const proxy = await startProxy(
      replies([
        {
          match: '/',
          direct_response: { status: 200, body: 'hi' },
          response_headers: { set: { 'Content-Type': 'text/x-own', 'X-A': '1' }, add: { 'X-B': ['2', '3'] } },
        },
      ]),
    );
    const response = await (await proxy.send(get('/'))).response();
    expect(headers(response, 'content-type')).toEqual(['text/x-own']);
    expect(headers(response, 'x-a')).toEqual(['1']);
    expect(headers(response, 'x-b')).toEqual(['2', '3']);
  });
});

describe('a redirect', () => {
  test.each([
    [{ scheme: 'https' }, '/a?b=c', 301, 'https://shop.example:8080/a?b=c'],
    [{ host: 'new.example', status: 308 }, '/a', 308, 'http://new.example/a'],
    [{ path: '/z', strip_query: true, status: 302 }, '/a?b', 302, 'http://shop.example:8080/z'],
    [{ prefix_rewrite: '/new/' }, '/old/x', 301, 'http://shop.example:8080/new/x'],
    [{ port: 9 }, '/a"<>\\', 301, 'http://shop.example:9/a%22%3C%3E%5C'],
  ])('%j', async (redirect, target, status, location) => {
    const match = 'prefix_rewrite' in redirect ? '/old/' : '/';
    const proxy = await startProxy(replies([{ match, redirect }]));
    const client = await proxy.send(get(target));
    const response = await client.response();
    expect([response.status, header(response, 'location'), response.body]).toEqual([status, location, '']);
    client.send(get(target));
    expect((await client.response()).status).toBe(status);
    expect(proxy.localReplies('RR')).toBe(2);
  });

  test('of a request without a host is 400', async () => {
    const proxy = await startProxy(replies([{ match: '/', redirect: { scheme: 'https' } }]));
    const client = await proxy.send('GET / HTTP/1.0\r\n\r\n');
    expect((await client.response()).status).toBe(400);
  });
});

/** What the upstream sees of a request on this route. */
async function forwarded(route: Keys, bytes: string, file: Keys = {}): Promise<Message> {
  const upstream = await startRawUpstream();
  const proxy = await startProxy(gateway(upstream.port, { route, listener: file }));
  const client = await proxy.send(bytes);
  const { peer, request } = await upstream.acceptRequest();
  peer.send('HTTP/1.1 204 Done\r\n\r\n');
  await client.response();
  return request;
}

describe('a rewrite', () => {
  test('of the prefix keeps the rest of the path and the query', async () => {
    const request = await forwarded({ match: '/api/', prefix_rewrite: '/' }, get('/api/users?id=7'));
    expect(request.startLine).toBe('GET /users?id=7 HTTP/1.1');
  });

  test('of a whole path keeps the query', async () => {
    const request = await forwarded({ match: { path: '/a' }, prefix_rewrite: '/b' }, get('/a?x'));
    expect(request.startLine).toBe('GET /b?x HTTP/1.1');
  });

  test('of the host replaces Host, also that of an absolute target', async () => {
    const route = { host_rewrite: 'inner:99' };
    const request = await forwarded(route, get('/'));
    expect(headers(request, 'host')).toEqual(['inner:99']);
    expect(header(request, 'x-forwarded-host')).toBe('shop.example:8080');
    const absolute = await forwarded(route, 'GET http://outer/ HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(headers(absolute, 'host')).toEqual(['inner:99']);
    expect(header(absolute, 'x-forwarded-host')).toBe('outer');
  });
});

describe('header changes of a request', () => {
  test('are applied in the order remove, set, add, whatever the case of the names', async () => {
    const request = await forwarded(
      {
        request_headers: {
          remove: ['X-Secret', 'cookie'],
          set: { 'x-tenant': 'a', 'X-New': 'n' },
          add: { 'X-List': ['2', '3'] },
        },
      },
      get('/', 'x-secret: 1', 'Cookie: a=b', 'COOKIE: c=d', 'X-TENANT: evil', 'X-List: 1', 'x-kept: yes'),
    );
    expect(headers(request, 'x-secret')).toEqual([]);
    expect(headers(request, 'cookie')).toEqual([]);
    expect(headers(request, 'x-tenant')).toEqual(['a']);
    expect(headers(request, 'x-new')).toEqual(['n']);
    expect(headers(request, 'x-list')).toEqual(['1', '2', '3']);
    expect(headers(request, 'x-kept')).toEqual(['yes']);
  });

  test('have the last word over what this hop tells', async () => {
    const request = await forwarded(
      {
        request_headers: {
          remove: ['x-forwarded-host', 'Via'],
          set: { 'X-Forwarded-Proto': 'https', 'x-request-id': 'fixed' },
        },
      },
      get('/', 'X-Forwarded-For: 1.2.3.4'),
    );
    expect(headers(request, 'x-forwarded-proto')).toEqual(['https']);
    expect(headers(request, 'x-request-id')).toEqual(['fixed']);
    expect(headers(request, 'x-forwarded-host')).toEqual([]);
    expect(headers(request, 'via')).toEqual([]);
    expect(headers(request, 'x-forwarded-for')).toEqual(['1.2.3.4, 127.0.0.1']);
  });

  test('of the virtual host come first, those of the route after them', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      JSON.stringify({
        listeners: [
          {
            name: 'web',
            address: '127.0.0.1:0',
            virtual_hosts: [
              {
                domains: '*',
                request_headers: { set: { 'X-A': 'host', 'X-B': 'host' }, add: { 'X-C': 'host' } },
                routes: [
                  {
                    match: '/',
                    cluster: 'app',
                    request_headers: { set: { 'X-A': 'route' }, remove: ['X-B'], add: { 'X-C': 'route' } },
                  },
                ],
              },
            ],
          },
        ],
        clusters: [{ name: 'app', endpoints: [upstream.port] }],
      }),
    );
    const client = await proxy.send(get('/', 'X-A: client'));
    const { peer, request } = await upstream.acceptRequest();
    expect(headers(request, 'x-a')).toEqual(['route']);
    expect(headers(request, 'x-b')).toEqual([]);
    expect(headers(request, 'x-c')).toEqual(['host', 'route']);
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    await client.response();
  });
});

describe('header changes of an answer', () => {
  test('are applied in the order remove, set, add', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, {
        route: {
          response_headers: { remove: ['server'], set: { 'X-Frame': 'DENY' }, add: { 'X-Tag': 'b' } },
        },
      }),
    );
    const client = await proxy.send(get('/'));
    const { peer } = await upstream.acceptRequest();
    peer.send(
      'HTTP/1.1 200 OK\r\nServer: secret\r\nX-Frame: ALLOW\r\nX-Tag: a\r\nContent-Length: 2\r\n\r\nok',
    );
    const response = await client.response();
    expect(response.fields).toEqual([
      ['X-Tag', 'a'],
      ['Content-Length', '2'],
      ['X-Frame', 'DENY'],
      ['X-Tag', 'b'],
      ['date', 'Thu, 01 Jan 2026 00:00:00 GMT'],
    ]);
  });

  test('also reach what the proxy answers in place of the upstream', async () => {
    const proxy = await startProxy(
      gateway(1, {
        route: { response_headers: { set: { 'X-Frame': 'DENY' } } },
        cluster: { circuit_breakers: { max_pending_requests: 0 } },
      }),
    );
    const response = await (await proxy.send(get('/'))).response();
    expect([response.status, header(response, 'x-frame')]).toEqual([503, 'DENY']);
  });
});

describe('weighted clusters', () => {
  test('share the requests by their weights, and 0 gets none', async () => {
    const answers = await Promise.all(
      ['a', 'b', 'c'].map((name) => startHttpUpstream((_request, response) => response.end(name))),
    );
    const proxy = await startProxy(
      JSON.stringify({
        listeners: [
          { name: 'web', address: '127.0.0.1:0', routes: [{ match: '/', clusters: { a: 75, b: 25, c: 0 } }] },
        ],
        clusters: ['a', 'b', 'c'].map((name, i) => ({ name, endpoints: [answers[i]!.port] })),
      }),
      { seed: 7 },
    );
    const client = await proxy.connect();
    const counts: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 200; i++) {
      client.send(get('/'));
      counts[(await client.response()).body]!++;
    }
    expect(counts['c']).toBe(0);
    // Four standard deviations of 200 draws with 1 in 4.
    expect(Math.abs(counts['b']! - 50)).toBeLessThan(25);
    expect(proxy.counter('meshlock_cluster_requests_total', { cluster: 'a', code_class: '2xx' })).toBe(
      counts['a'],
    );
  });
});

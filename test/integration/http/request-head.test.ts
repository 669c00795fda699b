import { describe, expect, test } from 'vitest';
import {
  gateway,
  type GatewayKeys,
  header,
  headers,
  type Message,
  replies,
  startProxy,
  startRawUpstream,
  type TestProxy,
  type RawUpstream,
} from '../harness/index.ts';

const noContent = 'HTTP/1.1 204 Done\r\n\r\n';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

async function mesh(keys: GatewayKeys = {}): Promise<{ upstream: RawUpstream; proxy: TestProxy }> {
  const upstream = await startRawUpstream();
  return { upstream, proxy: await startProxy(gateway(upstream.port, keys)) };
}

/** What the upstream sees of a request. */
async function forwarded(bytes: string, keys: GatewayKeys = {}): Promise<Message> {
  const { upstream, proxy } = await mesh(keys);
  const client = await proxy.send(bytes);
  const { peer, request } = await upstream.acceptRequest();
  peer.send(noContent);
  await client.response();
  return request;
}

/** What the client sees of an answer. */
async function returned(answer: string, keys: GatewayKeys = {}): Promise<Message> {
  const { upstream, proxy } = await mesh(keys);
  const client = await proxy.send('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
  const { peer } = await upstream.acceptRequest();
  peer.send(answer);
  return client.response();
}

/** The request with these lines, as the client sends it. */
const get = (...lines: string[]): string =>
  `GET /a?b=c HTTP/1.1\r\nHost: shop\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

describe('an unchanged request', () => {
  test('keeps its bytes: the case of names, their order, space, obs-text', async () => {
    const request = await forwarded(
      get('X-a:1', 'x-B:   2  ', 'Accept: */*', 'X-a: 3', 'X-Text: h\xe9llo', 'Cookie: a=b', 'Empty:'),
    );
    expect(request.raw).toMatch(
      /^GET \/a\?b=c HTTP\/1\.1\r\nHost: shop\r\nX-a:1\r\nx-B: {3}2 {2}\r\nAccept: \*\/\*\r\nX-a: 3\r\nX-Text: h\xe9llo\r\nCookie: a=b\r\nEmpty:\r\n/,
    );
  });

  test('gets what this hop has to tell, in this order', async () => {
    const request = await forwarded(get());
    expect(request.raw.replace(/[0-9a-f-]{36}/, 'ID')).toBe(
      'GET /a?b=c HTTP/1.1\r\nHost: shop\r\nvia: 1.1 meshlock\r\nx-forwarded-for: 127.0.0.1\r\n' +
        'x-forwarded-proto: http\r\nx-forwarded-host: shop\r\nx-request-id: ID\r\n\r\n',
    );
  });
});

describe('fields of one hop', () => {
  test('are not passed on with a request', async () => {
    const request = await forwarded(
      get(
        'Connection: keep-alive, x-Secret',
        'Keep-Alive: timeout=5',
        'Proxy-Connection: keep-alive',
        'TE: trailers',
        'Upgrade: h2c',
        'X-Secret: 1',
        'X-Kept: 2',
      ),
    );
    for (const name of ['connection', 'keep-alive', 'proxy-connection', 'te', 'upgrade', 'x-secret']) {
      expect([name, header(request, name)]).toEqual([name, undefined]);
    }
    expect(header(request, 'x-kept')).toBe('2');
  });

  test('are not passed on with an answer', async () => {
    const response = await returned(
      'HTTP/1.1 200 OK\r\nConnection: X-Inner, keep-alive\r\nKeep-Alive: timeout=5\r\nX-Inner: 1\r\n' +
        'Proxy-Connection: x\r\nUpgrade: h2c\r\nX-Outer: 2\r\nContent-Length: 0\r\nDate: now\r\n\r\n',
    );
    expect(response.fields).toEqual([
      ['X-Outer', '2'],
      ['Content-Length', '0'],
      ['Date', 'now'],
    ]);
  });

  test('named by several Connection fields are all dropped', async () => {
    const request = await forwarded(
      get('Connection: a, ,b', 'A: 1', 'B: 2', 'connection: C ,\tclose', 'C: 3', 'D: 4'),
    );
    expect(request.fields.map(([name]) => name).slice(0, 2)).toEqual(['Host', 'D']);
  });

  test('cannot be used to take away what frames or routes the message', async () => {
    const request = await forwarded(
      'POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\nConnection: host, content-length\r\n\r\nhi',
    );
    expect(header(request, 'host')).toBe('shop');
    expect(request.body).toBe('hi');
  });

  test('cannot be used to take away what this hop tells', async () => {
    const request = await forwarded(
      get('Connection: x-forwarded-for, via, x-request-id', 'X-Forwarded-For: 1.2.3.4', 'Via: 1.1 other'),
    );
    expect(header(request, 'x-forwarded-for')).toBe('1.2.3.4, 127.0.0.1');
    expect(headers(request, 'via')).toEqual(['1.1 meshlock']);
    expect(header(request, 'x-request-id')).toMatch(uuid);
  });
});

describe('X-Forwarded-*', () => {
  const told = [
    'X-Forwarded-For: 1.2.3.4',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: example.com',
    'X-Forwarded-For: 5.6.7.8',
  ];
  const tellsOf = (request: Message): (string | undefined)[] =>
    ['for', 'proto', 'host'].map((name) => headers(request, `x-forwarded-${name}`).join(' | '));

  test('in mode append: the caller is added to the list, what the first hop said stays', async () => {
    expect(tellsOf(await forwarded(get(...told)))).toEqual([
      '1.2.3.4, 5.6.7.8, 127.0.0.1',
      'https',
      'example.com',
    ]);
  });

  test('in mode append: what is missing is added', async () => {
    expect(tellsOf(await forwarded(get('X-Forwarded-Proto: https')))).toEqual(['127.0.0.1', 'https', 'shop']);
  });

  test('in mode replace: nothing of the caller is believed', async () => {
    const request = await forwarded(get(...told), { listener: { forwarded: 'replace' } });
    expect(tellsOf(request)).toEqual(['127.0.0.1', 'http', 'shop']);
  });

  test('in mode off: everything is left alone', async () => {
    const request = await forwarded(get(...told), { listener: { forwarded: 'off' } });
    expect(tellsOf(request)).toEqual(['1.2.3.4 | 5.6.7.8', 'https', 'example.com']);
    const plain = await forwarded(get(), { listener: { forwarded: 'off' } });
    expect(tellsOf(plain)).toEqual(['', '', '']);
    expect(header(plain, 'x-request-id')).toMatch(uuid);
  });

  test('follow the authority from request to request of one connection', async () => {
    const { upstream, proxy } = await mesh();
    const client = await proxy.connect();
    const peer = upstream.accept();
    for (const host of ['one', 'two', 'two', 'one:8080']) {
      client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      const request = await (await peer).request();
      expect(header(request, 'x-forwarded-host')).toBe(host);
      (await peer).send(noContent);
      await client.response();
    }
  });
});

describe('X-Request-Id', () => {
  test('is kept when the caller has one', async () => {
    expect(headers(await forwarded(get('X-Request-Id: abc')), 'x-request-id')).toEqual(['abc']);
  });

  test('is made anew when the caller is not to choose it', async () => {
    const request = await forwarded(get('X-Request-Id: abc'), {
      listener: { forwarded: { keep_request_id: false } },
    });
    expect(headers(request, 'x-request-id')).toHaveLength(1);
    expect(header(request, 'x-request-id')).toMatch(uuid);
  });

  test('is another one for each request', async () => {
    const { upstream, proxy } = await mesh();
    const client = await proxy.send(get() + get());
    const peer = await upstream.accept();
    const ids = new Set<string>();
    for (let i = 0; i < 2; i++) {
      ids.add(header(await peer.request(), 'x-request-id')!);
      peer.send(noContent);
      await client.response();
    }
    expect(ids.size).toBe(2);
  });
});

describe('Via', () => {
  test('tells the version in which the request came, and stays behind those of earlier hops', async () => {
    const request = await forwarded('GET / HTTP/1.0\r\nVia: 1.1 edge\r\n\r\n');
    expect(headers(request, 'via')).toEqual(['1.1 edge', '1.0 meshlock']);
  });

  test('has the configured name, or is left out', async () => {
    expect(headers(await forwarded(get(), { listener: { via: 'edge-7' } }), 'via')).toEqual(['1.1 edge-7']);
    expect(headers(await forwarded(get(), { listener: { via: '' } }), 'via')).toEqual([]);
  });
});

describe('the request target', () => {
  test('in absolute form becomes origin form, and its authority replaces Host', async () => {
    const request = await forwarded('GET http://inner.example:81/x?y HTTP/1.1\r\nHost: outer\r\n\r\n');
    expect(request.startLine).toBe('GET /x?y HTTP/1.1');
    expect(headers(request, 'host')).toEqual(['inner.example:81']);
    expect(header(request, 'x-forwarded-host')).toBe('inner.example:81');
  });

  test('in absolute form without a path becomes /', async () => {
    const request = await forwarded('GET http://inner?q HTTP/1.1\r\nHost: outer\r\n\r\n');
    expect(request.startLine).toBe('GET /?q HTTP/1.1');
  });

  test('in absolute form chooses the virtual host', async () => {
    const direct = (body: string) => [{ match: '/', direct_response: { status: 200, body } }];
    const proxy = await startProxy(
      JSON.stringify({
        listeners: [
          {
            name: 'web',
            address: '127.0.0.1:0',
            virtual_hosts: [
              { domains: 'inner', routes: direct('inner') },
              { domains: '*', routes: direct('other') },
            ],
          },
        ],
      }),
    );
    const client = await proxy.send('GET http://inner/ HTTP/1.1\r\nHost: outer\r\n\r\n');
    expect((await client.response()).body).toBe('inner');
  });

  test('* of OPTIONS reaches an upstream whose route takes it', async () => {
    const request = await forwarded('OPTIONS * HTTP/1.1\r\nHost: shop\r\n\r\n', {
      route: { match: { regex: '[*]', methods: 'OPTIONS' } },
    });
    expect(request.startLine).toBe('OPTIONS * HTTP/1.1');
  });

  test('* of OPTIONS is no path, so that a prefix does not take it', async () => {
    const proxy = await startProxy(replies([{ match: '/', direct_response: 200 }]));
    const client = await proxy.send('OPTIONS * HTTP/1.1\r\nHost: shop\r\n\r\n');
    expect((await client.response()).status).toBe(404);
  });

  test('* of any other method is malformed', async () => {
    const proxy = await startProxy(replies([{ match: '/', direct_response: 200 }]));
    const client = await proxy.send('GET * HTTP/1.1\r\nHost: shop\r\n\r\n');
    expect((await client.response()).status).toBe(400);
  });

  test('keeps bytes above ASCII and percent escapes as they are', async () => {
    const request = await forwarded('GET /caf\xe9/%2e%2e/a//b HTTP/1.1\r\nHost: shop\r\n\r\n');
    expect(request.startLine).toBe('GET /caf\xe9/%2e%2e/a//b HTTP/1.1');
  });
});

describe('a method that the proxy does not know', () => {
  test('is passed on', async () => {
    expect((await forwarded('PURGE /a HTTP/1.1\r\nHost: shop\r\n\r\n')).startLine).toBe('PURGE /a HTTP/1.1');
  });
});

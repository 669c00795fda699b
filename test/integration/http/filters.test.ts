import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { FilterExchange } from '../../../src/filter/index.ts';
import {
  gateway,
  header,
  headers,
  type Keys,
  settle,
  startProxy,
  startRawUpstream,
  type TestProxy,
  type RawUpstream,
  until,
} from '../harness/index.ts';

/** What fixtures/gate-filter.ts shares with its test. */
interface Gate {
  readonly held: FilterExchange[];
  readonly completed: number[];
  bodyBytes: number;
}

function gate(): Gate {
  const shared = globalThis as { gateFilter?: Gate };
  return (shared.gateFilter ??= { held: [], completed: [], bodyBytes: 0 });
}

beforeEach(() => {
  Object.assign(gate(), { bodyBytes: 0 });
  gate().held.length = 0;
  gate().completed.length = 0;
});

const get = (path: string, ...lines: string[]): string =>
  `GET ${path} HTTP/1.1\r\nHost: shop\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

function withFilters(port: number, filters: readonly unknown[], route: Keys = {}): string {
  return gateway(port, {
    route,
    listener: {
      filters,
      access_logs: [
        { path: 'access.log', format: '%RESPONSE_FLAGS% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%' },
      ],
    },
  });
}

const gateFilter = (mark = 'one'): Keys => ({
  name: 'gate',
  module: 'fixtures/gate-filter.ts',
  options: { mark },
});
const options = { baseDirectory: import.meta.dirname };

async function mesh(
  filters: readonly unknown[] = [gateFilter()],
  route: Keys = {},
): Promise<{ upstream: RawUpstream; proxy: TestProxy }> {
  const upstream = await startRawUpstream();
  return { upstream, proxy: await startProxy(withFilters(upstream.port, filters, route), options) };
}

describe('a filter of one’s own', () => {
  test('changes requests and answers, and hears of the end', async () => {
    const { upstream, proxy } = await mesh();
    const client = await proxy.send(get('/a', 'Cookie: secret', 'X-Mark: forged', 'x-mark: twice'));
    const { peer, request } = await upstream.acceptRequest();
    expect(headers(request, 'x-mark')).toEqual(['one 127.0.0.1']);
    expect(headers(request, 'x-request-id')).toEqual(['from-the-filter']);
    expect(headers(request, 'cookie')).toEqual([]);
    peer.send('HTTP/1.1 200 OK\r\nServer: x\r\nX-Seen: forged\r\nContent-Length: 2\r\n\r\nok');
    const response = await client.response();
    expect(headers(response, 'x-seen')).toEqual(['/a 200']);
    expect(headers(response, 'x-passed')).toEqual(['one']);
    expect(headers(response, 'server')).toEqual([]);
    expect(gate().completed).toEqual([200]);
  });

  test('wins over the header changes of the route', async () => {
    const { upstream, proxy } = await mesh([gateFilter()], {
      request_headers: { set: { 'X-Mark': 'route' } },
      response_headers: { set: { 'X-Passed': 'route', 'X-Route': 'route' } },
    });
    const client = await proxy.send(get('/a'));
    const { peer, request } = await upstream.acceptRequest();
    expect(headers(request, 'x-mark')).toEqual(['one 127.0.0.1']);
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    const response = await client.response();
    expect(headers(response, 'x-passed')).toEqual(['one']);
    expect(headers(response, 'x-route')).toEqual(['route']);
  });

  test('answers instead of the upstream, and the connection goes on', async () => {
    const { upstream, proxy } = await mesh();
    const client = await proxy.send(get('/a', 'X-Refuse: yes') + get('/b'));
    const response = await client.response();
    expect([response.status, response.body]).toEqual([403, 'not you\n']);
    expect(header(response, 'x-reason')).toBe('refused');
    expect(headers(response, 'content-type')).toEqual(['text/x-refusal']);
    expect(header(response, 'x-passed')).toBe('one');
    expect(await proxy.logLine()).toBe('FI 403 filter_reply');
    expect(proxy.localReplies('FI')).toBe(1);
    const { peer, request } = await upstream.acceptRequest();
    expect(request.target).toBe('/b');
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    await client.response();
    expect(gate().completed).toEqual([403, 204]);
  });

  test('stops an exchange and resumes it later', async () => {
    const { upstream, proxy } = await mesh([gateFilter('first'), gateFilter('second')]);
    const client = await proxy.send('POST /slow HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\n\r\nbody');
    await until(() => gate().held.length === 1);
    await settle();
    expect(upstream.connections).toBe(0);
    // Another client is not held up.
    const other = await proxy.send(get('/fast'));
    const fast = await upstream.acceptRequest();
    fast.peer.send('HTTP/1.1 204 Done\r\n\r\n');
    await other.response();
    gate().held[0]!.resume();
    await until(() => gate().held.length === 2);
    gate().held[1]!.resume();
    // Resumed twice is resumed once.
    gate().held[1]!.resume();
    const request = await fast.peer.request();
    expect([request.target, request.body]).toEqual(['/slow', 'body']);
    expect(headers(request, 'x-mark')).toEqual(['second 127.0.0.1']);
    fast.peer.send('HTTP/1.1 204 Done\r\n\r\n');
    expect((await client.response()).status).toBe(204);
  });

  test('stops an exchange and answers it later', async () => {
    const { upstream, proxy } = await mesh();
    const client = await proxy.send(get('/slow'));
    await until(() => gate().held.length === 1);
    gate().held[0]!.reply(429, 'later\n');
    const response = await client.response();
    expect([response.status, response.body]).toEqual([429, 'later\n']);
    gate().held[0]!.resume();
    await settle();
    expect(upstream.connections).toBe(0);
  });

  test('that holds an exchange whose client goes away hears of it, and may resume in vain', async () => {
    const { upstream, proxy } = await mesh();
    const client = await proxy.send(get('/slow'));
    await until(() => gate().held.length === 1);
    client.reset();
    await until(() => gate().completed.length === 1);
    expect(gate().completed).toEqual([0]);
    gate().held[0]!.resume();
    gate().held[0]!.reply(200, 'nobody');
    await settle();
    expect(upstream.connections).toBe(0);
    expect(proxy.logLines()).toEqual(['DC 0 downstream_remote_disconnect']);
  });

  test('that never lets go of an exchange does not hold it for ever, whatever its route would do', async () => {
    const upstream = await startRawUpstream();
    const limits = { stream_idle_timeout: '10s' };
    const proxy = await startProxy(
      gateway(upstream.port, {
        listener: {
          filters: [gateFilter()],
          limits,
          routes: [
            { match: '/slow/short', cluster: 'app', max_duration: '2s' },
            { match: '/slow/reply', direct_response: 200 },
          ],
        },
      }),
      options,
    );
    const clients = await Promise.all(
      ['/slow/short', '/slow/reply', '/slow/none'].map((path) => proxy.send(get(path))),
    );
    await until(() => gate().held.length === 3);
    await proxy.advance(2200);
    expect((await clients[0]!.response()).body).toMatch(/\(UMSDR\)$/m);
    await proxy.advance(19_000);
    expect((await clients[1]!.response()).body).toMatch(/\(SI\)$/m);
    expect((await clients[2]!.response()).body).toMatch(/\(SI\)$/m);
    for (const exchange of gate().held) exchange.resume();
    await settle();
    expect(upstream.connections).toBe(0);
  });

  test('sees the body, and may answer in the middle of it', async () => {
    const { upstream, proxy } = await mesh();
    const client = await proxy.send(
      'POST /a HTTP/1.1\r\nHost: shop\r\nContent-Length: 100\r\n\r\nfine so far ',
    );
    const peer = await upstream.accept();
    await peer.takeUntil('fine so far ');
    expect(gate().bodyBytes).toBe(12);
    client.send('forbidden');
    const response = await client.response();
    expect([response.status, response.body, header(response, 'connection')]).toEqual([
      422,
      'no such words\n',
      'close',
    ]);
    await peer.ending();
    expect(peer.unread).toBe('');
    // What the client goes on sending is read and dropped, so that the answer reaches it.
    client.send('and more');
    expect(await client.ending()).toBe('end');
    expect(proxy.counter('meshlock_endpoint_failures_total')).toBe(0);
  });

  test('marks what the proxy answers by itself, too', async () => {
    const { proxy } = await mesh([gateFilter()], { match: '/only' });
    const response = await (await proxy.send(get('/other'))).response();
    expect([response.status, header(response, 'x-passed')]).toEqual([404, 'one']);
    expect(gate().completed).toEqual([404]);
  });

  test('that sets a field which would break the message gets the error itself', async () => {
    const { proxy, upstream } = await mesh();
    const client = await proxy.send(get('/slow'));
    await until(() => gate().held.length === 1);
    const exchange = gate().held[0]!;
    expect(() => exchange.setRequestHeader('x-a', 'a\r\nx-b: c')).toThrow('x-a');
    expect(() => exchange.setRequestHeader('x a', 'b')).toThrow('"x a"');
    expect(() => exchange.setResponseHeader('x-a', '\0')).toThrow('x-a');
    expect(() => exchange.setRequestHeader('Content-Length', '0')).toThrow('Content-Length');
    expect(() => exchange.removeRequestHeader('transfer-encoding')).toThrow('transfer-encoding');
    expect(() => exchange.setResponseHeader('connection', 'close')).toThrow('connection');
    expect(() => exchange.reply(42, '')).toThrow('42');
    expect(() => exchange.reply(200, '', { 'content-length': '5' })).toThrow('content-length');
    exchange.resume();
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    expect((await client.response()).status).toBe(204);
  });
});

describe('a filter that cannot be used', () => {
  test.each([
    [
      'a module that is not a filter',
      { name: 'x', module: 'fixtures/no-filter.ts' },
      /does not export a filter/,
    ],
    [
      'options that it refuses',
      { name: 'x', module: 'fixtures/gate-filter.ts', options: { mark: 5 } },
      /mark must be text, not number/,
    ],
    ['a built-in one that does not exist', 'nonsense', /there is no built-in filter "nonsense"/],
  ])('(%s) fails the whole configuration, and the one before stays', async (_name, filter, message) => {
    const { upstream, proxy } = await mesh();
    const { failures } = await proxy.update(withFilters(upstream.port, [filter]));
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ listener: 'web', code: 'MODULE_INVALID' });
    expect(failures[0]!.message).toMatch(message);
    const client = await proxy.send(get('/a', 'X-Refuse: yes'));
    expect((await client.response()).status).toBe(403);
  });

  test('keeps a first configuration from starting', async () => {
    await expect(startProxy(withFilters(1, ['nonsense']), options)).rejects.toThrow('no built-in filter');
  });
});

/** What the data thread has to say about filters that failed. */
function faultsOf(proxy: TestProxy): unknown[] {
  return proxy.messages.flatMap((message) => (message.kind === 'log' ? [message.fields['error']] : []));
}

describe('a filter that throws', () => {
  const throwing: Keys = { name: 'throwing', module: 'fixtures/throwing-filter.ts' };
  const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\nhi`;

  test.each(['request-head', 'request-body', 'response-head'])(
    'in its %s step has its request refused with 500, and the next one served',
    async (step) => {
      const { upstream, proxy } = await mesh([throwing]);
      const client = await proxy.send(post(`/${step}`));
      if (step === 'response-head') {
        const { peer } = await upstream.acceptRequest();
        peer.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret');
      }
      const refused = await client.response();
      expect(refused.status).toBe(500);
      expect(refused.body).toBe('a filter failed\n');
      expect(await proxy.logLine()).toBe('FI 500 filter_reply');
      expect(faultsOf(proxy)).toEqual([expect.stringContaining(`thrown in ${step}`)]);

      const other = await proxy.send(get('/fine'));
      const { peer } = await upstream.acceptRequest();
      peer.send('HTTP/1.1 204 No Content\r\n\r\n');
      expect((await other.response()).status).toBe(204);
    },
  );

  test('when all is over has done no harm, and is told of once', async () => {
    const { upstream, proxy } = await mesh([throwing]);
    const client = await proxy.send(get('/complete') + get('/complete'));
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 204 No Content\r\n\r\n');
    expect((await client.response()).status).toBe(204);
    await peer.request();
    peer.send('HTTP/1.1 204 No Content\r\n\r\n');
    expect((await client.response()).status).toBe(204);
    expect(faultsOf(proxy)).toHaveLength(1);
  });
});

describe('the example', () => {
  test('refuses requests without the key, and keeps the key to itself', async () => {
    const upstream = await startRawUpstream();
    const folder = join(import.meta.dirname, '../../../examples/filter');
    const text = readFileSync(join(folder, 'meshlock.yaml'), 'utf8')
      .replace('127.0.0.1:8080', '127.0.0.1:0')
      .replace('127.0.0.1:3000', `127.0.0.1:${upstream.port}`);
    const proxy = await startProxy(text, { baseDirectory: folder });
    const refused = await (await proxy.send(get('/'))).response();
    expect(refused.status).toBe(401);
    expect(header(refused, 'www-authenticate')).toBe('Key realm="demo"');

    await proxy.send(get('/', 'X-Api-Key: sesame'));
    const { request } = await upstream.acceptRequest();
    expect(header(request, 'x-api-key')).toBeUndefined();
  });
});

import { describe, expect, test } from 'vitest';
import {
  gateway,
  header,
  headers,
  startHttpUpstream,
  startProxy,
  startRawUpstream,
} from '../harness/index.ts';
import { counted, epochs, introduction, line, nextEpoch, nodeText, startNode } from './nodes.ts';

const get = 'GET / HTTP/1.1\r\nhost: shop\r\n\r\n';
const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

function request(lines = ''): string {
  return `GET / HTTP/1.1\r\nhost: shop\r\n${lines}\r\n`;
}

describe('two nodes in a row', () => {
  test('see each other, and their applications see nothing of it', async () => {
    const app = await startRawUpstream();
    const callee = await startNode('inbound', 'b', app.port);
    const caller = await startNode('outbound', 'a', callee.port());
    const client = await caller.send(request(line('forged')));
    const { peer, request: arrived } = await app.acceptRequest();
    expect(headers(arrived, 'x-meshlock-peer')).toEqual([]);
    peer.send(`HTTP/1.1 200 OK\r\n${line('forged')}content-length: 2\r\n\r\nok`);
    const answer = await client.response();
    expect([answer.status, answer.body, headers(answer, 'x-meshlock-peer')]).toEqual([200, 'ok', []]);
    expect(await nextEpoch(callee)).toEqual(['inbound a 1/1 0/0']);
    expect(await nextEpoch(caller)).toEqual(['outbound b 1/1 0/0']);
    expect(epochs(caller)[0]!.rows[0]!.peer).toEqual({
      node: 'b',
      service: 'svc-b',
      version: '1',
      release: 'r 1',
    });
  });

  test('say nothing and take nothing out while there is no mesh', async () => {
    const app = await startRawUpstream();
    const node = await startNode('outbound', 'a', app.port, { mesh: false });
    const client = await node.send(request(line('x')));
    const { peer, request: arrived } = await app.acceptRequest();
    expect(headers(arrived, 'x-meshlock-peer')).toEqual([introduction('x')]);
    peer.send(`HTTP/1.1 200 OK\r\n${line('y')}content-length: 0\r\n\r\n`);
    expect(headers(await client.response(), 'x-meshlock-peer')).toEqual([introduction('y')]);
    await node.advance(20_000);
    expect(epochs(node)).toEqual([]);
  });
});

describe('an outbound listener', () => {
  test('replaces what the application says of itself, however often it does', async () => {
    const app = await startRawUpstream();
    const node = await startNode('outbound', 'a', app.port);
    await node.send(request(`X-Meshlock-Peer: node=evil\r\n${line('evil')}connection: x-meshlock-peer\r\n`));
    const { request: arrived } = await app.acceptRequest();
    expect(headers(arrived, 'x-meshlock-peer')).toEqual([introduction('a')]);
  });

  test('lets the route leave the introduction out', async () => {
    const app = await startRawUpstream();
    const node = await startNode('outbound', 'a', app.port, {
      route: { request_headers: { remove: ['x-meshlock-peer'] } },
    });
    await node.send(request(line('evil')));
    const { request: arrived } = await app.acceptRequest();
    expect(headers(arrived, 'x-meshlock-peer')).toEqual([]);
    expect(header(arrived, 'x-request-id')).toBeDefined();
  });

  test('does not believe an upstream outside of the trusted ranges, and takes its header out all the same', async () => {
    const app = await startHttpUpstream((_, response) => {
      response.setHeader('x-meshlock-peer', introduction('b')).end('ok');
    });
    const node = await startNode('outbound', 'a', app.port, { mesh: { trust: ['10.0.0.0/8'] } });
    const client = await node.send(get);
    expect(headers(await client.response(), 'x-meshlock-peer')).toEqual([]);
    expect(await nextEpoch(node)).toEqual(['outbound ? 1/1 0/0']);
  });

  test('takes the header out of interim answers and of trailers, too', async () => {
    const app = await startRawUpstream();
    const node = await startNode('outbound', 'a', app.port);
    const client = await node.send(get);
    const { peer } = await app.acceptRequest();
    peer.send(`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n${line('b')}\r\n`);
    expect(await client.takeUntil('\r\n\r\n')).toBe('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n');
    peer.send(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-sum: 1\r\n${line('b')}\r\n`);
    expect((await client.response()).trailers).toEqual([['x-sum', '1']]);
  });
});

describe('an inbound listener', () => {
  test('introduces itself only to callers that did', async () => {
    const app = await startHttpUpstream((_, response) => response.end('ok'));
    const node = await startNode('inbound', 'b', app.port);
    const client = await node.send(get);
    expect(headers(await client.response(), 'x-meshlock-peer')).toEqual([]);
    client.send(request(line('a')));
    expect(headers(await client.response(), 'x-meshlock-peer')).toEqual([introduction('b')]);
    expect(await nextEpoch(node)).toEqual(['inbound ? 1/1 0/0', 'inbound a 1/1 0/0']);
  });

  test('introduces itself once where the route writes answer headers, too', async () => {
    const app = await startHttpUpstream((_, response) => {
      response.setHeader('x-meshlock-peer', 'node=app').end('ok');
    });
    const node = await startNode('inbound', 'b', app.port, {
      route: { response_headers: { set: { 'x-meshlock-peer': 'node=route', 'x-by': 'route' } } },
    });
    const client = await node.send(request(line('a')));
    const answer = await client.response();
    expect([headers(answer, 'x-meshlock-peer'), header(answer, 'x-by')]).toEqual([
      [introduction('b')],
      'route',
    ]);
  });

  test('does not believe strangers, and does not tell them who it is', async () => {
    const app = await startRawUpstream();
    const node = await startNode('inbound', 'b', app.port, { mesh: { trust: ['10.0.0.0/8', 'fd00::/8'] } });
    const client = await node.send(request(line('a')));
    const { peer, request: arrived } = await app.acceptRequest();
    expect(headers(arrived, 'x-meshlock-peer')).toEqual([]);
    peer.send(ok);
    expect(headers(await client.response(), 'x-meshlock-peer')).toEqual([]);
    expect(await nextEpoch(node)).toEqual(['inbound ? 1/1 0/0']);
  });

  test('does not believe what a trusted balancer passes on from a stranger', async () => {
    const app = await startHttpUpstream((_, response) => response.end('ok'));
    const node = await startNode('inbound', 'b', app.port, { listener: { proxy_protocol: 'require' } });
    const client = await node.send(`PROXY TCP4 203.0.113.7 127.0.0.1 4000 80\r\n${request(line('a'))}`);
    expect(headers(await client.response(), 'x-meshlock-peer')).toEqual([]);
    expect(await nextEpoch(node)).toEqual(['inbound ? 1/1 0/0']);
  });

  test.each([
    ['is no introduction', 'x-meshlock-peer: hello\r\n'],
    ['is doubled', line('a') + line('a')],
    ['is endless', `x-meshlock-peer: node=${'a'.repeat(5000)}\r\n`],
    ['is empty', 'x-meshlock-peer: \r\n'],
  ])('knows nobody by a header that %s', async (_, lines) => {
    const app = await startHttpUpstream((_request, response) => response.end('ok'));
    const node = await startNode('inbound', 'b', app.port);
    const client = await node.send(request(lines));
    expect(headers(await client.response(), 'x-meshlock-peer')).toEqual([]);
    expect(await nextEpoch(node)).toEqual(['inbound ? 1/1 0/0']);
  });

  test('tells apart the callers that share one connection, also pipelined', async () => {
    const app = await startHttpUpstream((_, response) => response.end('ok'));
    const node = await startNode('inbound', 'b', app.port);
    const client = await node.send(
      [line('a'), line('c'), line('a'), '', line('a')].map((lines) => request(lines)).join(''),
    );
    const introduced: number[] = [];
    for (let i = 0; i < 5; i++) introduced.push(headers(await client.response(), 'x-meshlock-peer').length);
    expect(introduced).toEqual([1, 1, 1, 0, 1]);
    expect(await nextEpoch(node)).toEqual(['inbound ? 1/1 0/0', 'inbound a 3/3 0/0', 'inbound c 1/1 0/0']);
  });
});

describe('a gateway', () => {
  test('strips what comes from outside, both ways, and introduces itself to the upstream', async () => {
    const app = await startRawUpstream();
    const node = await startNode('gateway', 'gate', app.port);
    const client = await node.send(request(line('a')));
    const { peer, request: arrived } = await app.acceptRequest();
    expect(headers(arrived, 'x-meshlock-peer')).toEqual([introduction('gate')]);
    peer.send(`HTTP/1.1 200 OK\r\n${line('b')}content-length: 0\r\n\r\n`);
    expect(headers(await client.response(), 'x-meshlock-peer')).toEqual([]);
    expect(await nextEpoch(node)).toEqual(['outbound b 1/1 0/0']);
  });
});

describe('a reload', () => {
  test('switches the mesh off and on again, and nothing that was counted is lost', async () => {
    const app = await startHttpUpstream((_, response) => {
      response.setHeader('x-meshlock-peer', introduction('b')).end('ok');
    });
    const node = await startNode('outbound', 'a', app.port);
    const client = await node.send(get);
    await client.response();
    await node.update(nodeText('outbound', 'a', app.port, { mesh: false }));
    expect(counted(node)).toEqual(['outbound b 1/1 0/0']);
    client.send(get);
    expect(headers(await client.response(), 'x-meshlock-peer')).toEqual([introduction('b')]);
    await node.update(nodeText('outbound', 'a', app.port));
    client.send(get);
    await client.response();
    expect(await nextEpoch(node)).toEqual(['outbound b 1/1 0/0', 'outbound b 1/1 0/0']);
  });
});

describe('a node without `mesh`', () => {
  test('is in none', async () => {
    const app = await startRawUpstream();
    const node = await startProxy(gateway(app.port, { listener: { role: 'outbound' } }));
    await node.send(get);
    const { request: arrived } = await app.acceptRequest();
    expect(headers(arrived, 'x-meshlock-peer')).toEqual([]);
  });
});

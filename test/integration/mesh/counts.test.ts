import { describe, expect, test } from 'vitest';
import {
  closedPort,
  headers,
  startHttpUpstream,
  startRawUpstream,
  type TestProxy,
  until,
} from '../harness/index.ts';
import { counted, epochs, introduction, line, nextEpoch, startNode } from './nodes.ts';

const get = 'GET / HTTP/1.1\r\nhost: shop\r\n\r\n';
const introduced = `GET / HTTP/1.1\r\nhost: shop\r\n${line('a')}\r\n`;

/** A try has failed, and the next one waits for its time. */
function retried(node: TestProxy): Promise<void> {
  return node.reaches('meshlock_cluster_retries_total', { cluster: 'app' }, 1);
}

describe('what two nodes count', () => {
  test('when the application answers 500: the failure is told by all four viewpoints', async () => {
    const app = await startHttpUpstream((_, response) => response.writeHead(500).end());
    const callee = await startNode('inbound', 'b', app.port);
    const caller = await startNode('outbound', 'a', callee.port());
    const client = await caller.send(get);
    expect((await client.response()).status).toBe(500);
    expect(await nextEpoch(callee)).toEqual(['inbound a 1/1 1/1 upstream 5xx']);
    expect(await nextEpoch(caller)).toEqual(['outbound b 1/1 1/1 upstream 5xx']);
  });

  test('when the application resets: the callee says who it is in its own answer', async () => {
    const app = await startRawUpstream();
    const callee = await startNode('inbound', 'b', app.port);
    const caller = await startNode('outbound', 'a', callee.port());
    const client = await caller.send('POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 0\r\n\r\n');
    const { peer } = await app.acceptRequest();
    peer.reset();
    expect((await client.response()).status).toBe(503);
    expect(await nextEpoch(callee)).toEqual(['inbound a 1/1 1/1 upstream UC']);
    expect(await nextEpoch(caller)).toEqual(['outbound b 1/1 1/1 upstream 5xx']);
  });

  test('when nobody listens behind the callee', async () => {
    const callee = await startNode('inbound', 'b', await closedPort());
    const caller = await startNode('outbound', 'a', callee.port());
    const client = await caller.send(get);
    expect((await client.response()).status).toBe(503);
    expect(await nextEpoch(callee)).toEqual(['inbound a 1/1 1/1 upstream UF']);
    expect(await nextEpoch(caller)).toEqual(['outbound b 1/1 1/1 upstream 5xx']);
  });

  test('when the application does not answer in time', async () => {
    const app = await startRawUpstream();
    const callee = await startNode('inbound', 'b', app.port, { route: { timeout: '2s' } });
    const caller = await startNode('outbound', 'a', callee.port());
    const client = await caller.send(get);
    await app.acceptRequest();
    await callee.advance(2500, 500);
    expect((await client.response()).status).toBe(504);
    expect(await nextEpoch(callee)).toEqual(['inbound a 1/1 1/1 upstream UT']);
    expect(await nextEpoch(caller)).toEqual(['outbound b 1/1 1/1 upstream 5xx']);
  });

  test('when the client goes away: nobody has failed', async () => {
    const app = await startRawUpstream();
    const callee = await startNode('inbound', 'b', app.port);
    const caller = await startNode('outbound', 'a', callee.port());
    const client = await caller.send(get);
    await app.acceptRequest();
    client.reset();
    await until(() => caller.openConnections === 0 && callee.openConnections === 0);
    expect(await nextEpoch(callee)).toEqual(['inbound a 1/1 0/0 client DC']);
    expect(await nextEpoch(caller)).toEqual(['outbound ? 1/1 0/0 client DC']);
  });
});

describe('what one node counts', () => {
  test('an answer that breaks off in the middle has failed on both sides, with its good status', async () => {
    const app = await startRawUpstream();
    const node = await startNode('inbound', 'b', app.port);
    const client = await node.send(introduced);
    const { peer } = await app.acceptRequest();
    peer.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    await client.takeUntil('half');
    peer.reset();
    expect(await client.ending()).toBe('reset');
    expect(await nextEpoch(node)).toEqual(['inbound a 1/1 1/1 upstream UC']);
  });

  test('an endpoint that stops answering is known by the name it gave before', async () => {
    const app = await startRawUpstream();
    const node = await startNode('outbound', 'a', app.port);
    const client = await node.send(get);
    const { peer } = await app.acceptRequest();
    peer.send(`HTTP/1.1 200 OK\r\n${line('b')}content-length: 0\r\n\r\n`);
    await client.response();
    client.send('POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 0\r\n\r\n');
    await peer.request();
    // Known also under a snapshot that came meanwhile.
    await node.refresh();
    peer.reset();
    expect((await client.response()).status).toBe(503);
    expect(await nextEpoch(node)).toEqual(['outbound b 1/1 0/0', 'outbound b 1/1 1/1 upstream UC']);
  });

  test('a call that a retry saved has failed once towards the upstream, and not towards downstream', async () => {
    let calls = 0;
    const app = await startHttpUpstream((_, response) => {
      response.setHeader('x-meshlock-peer', introduction('b'));
      response.writeHead(calls++ === 0 ? 503 : 200).end();
    });
    const node = await startNode('outbound', 'a', app.port, {
      route: { retry: { on: ['5xx'], attempts: 1 } },
    });
    const client = await node.send(get);
    await retried(node);
    await node.advance(300, 50);
    expect((await client.response()).status).toBe(200);
    expect(await nextEpoch(node)).toEqual(['outbound b 0/1 0/1 upstream 5xx', 'outbound b 1/1 0/0']);
  });

  test('a try that was cut off and followed by another is told with its reason, by both roles', async () => {
    const app = await startRawUpstream();
    const retry = { on: ['reset'], attempts: 1 };
    const callee = await startNode('inbound', 'b', app.port, { route: { retry } });
    const caller = await startNode('outbound', 'a', callee.port());
    const client = await caller.send(get);
    const first = await app.acceptRequest();
    first.peer.reset();
    await retried(callee);
    await callee.advance(300, 50);
    const second = await app.acceptRequest();
    second.peer.send('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    expect((await client.response()).status).toBe(200);
    expect(await nextEpoch(callee)).toEqual(['inbound a 0/1 0/1 upstream UC', 'inbound a 1/1 0/0']);
    expect(await nextEpoch(caller)).toEqual(['outbound b 1/1 0/0']);
  });

  test('a try counts once also when the client leaves before the next one', async () => {
    const app = await startHttpUpstream((_, response) => {
      response.setHeader('x-meshlock-peer', introduction('b'));
      response.writeHead(503).end();
    });
    const node = await startNode('outbound', 'a', app.port, {
      route: { retry: { on: ['5xx'], attempts: 1 } },
    });
    const client = await node.send(get);
    await retried(node);
    client.reset();
    await until(() => node.openConnections === 0);
    expect(await nextEpoch(node)).toEqual([
      'outbound b 0/1 0/1 upstream 5xx',
      'outbound b 1/0 0/0 client DC',
    ]);
  });

  test('a try counts once also when nobody is left for the next one', async () => {
    const app = await startHttpUpstream((_, response) => {
      response.setHeader('x-meshlock-peer', introduction('b'));
      response.writeHead(503).end();
    });
    const node = await startNode('outbound', 'a', app.port, {
      route: { retry: { on: ['5xx'], attempts: 1 } },
      cluster: { panic_threshold: '0%' },
    });
    const client = await node.send(get);
    await retried(node);
    await node.setEndpointHealth('app', app.port, { health: 'unhealthy' });
    await node.advance(300, 50);
    expect((await client.response()).status).toBe(503);
    expect(await nextEpoch(node)).toEqual([
      'outbound b 0/1 0/1 upstream 5xx',
      'outbound b 1/0 1/0 upstream UH',
    ]);
  });

  test('what it answers by itself went to no upstream', async () => {
    const node = await startNode('inbound', 'b', await closedPort(), {
      listener: {
        routes: [
          { match: '/down', direct_response: { status: 503 } },
          { match: '/here', direct_response: { status: 200 } },
        ],
      },
    });
    const client = await node.connect();
    const statuses: number[] = [];
    for (const path of ['/down', '/here', '/nowhere']) {
      client.send(`GET ${path} HTTP/1.1\r\nhost: shop\r\n${line('a')}\r\n`);
      const answer = await client.response();
      statuses.push(answer.status);
      expect(headers(answer, 'x-meshlock-peer')).toEqual([introduction('b')]);
    }
    expect(statuses).toEqual([503, 200, 404]);
    expect(await nextEpoch(node)).toEqual([
      'inbound a 1/0 0/0 local NR',
      'inbound a 1/0 0/0 local RR',
      'inbound a 1/0 1/0 local RR',
    ]);
  });

  test('a cluster without a healthy endpoint is a failure of the upstream', async () => {
    const app = await startRawUpstream();
    const node = await startNode('inbound', 'b', app.port, { cluster: { panic_threshold: '0%' } });
    await node.setEndpointHealth('app', app.port, { health: 'unhealthy' });
    const client = await node.send(introduced);
    expect((await client.response()).status).toBe(503);
    expect(await nextEpoch(node)).toEqual(['inbound a 1/1 1/1 upstream UH']);
  });

  test('an open circuit breaker is its own doing', async () => {
    const app = await startRawUpstream();
    const node = await startNode('inbound', 'b', app.port, {
      cluster: { circuit_breakers: { max_requests: 1 } },
    });
    await node.send(introduced);
    const { peer } = await app.acceptRequest();
    const second = await node.send(introduced);
    expect((await second.response()).status).toBe(503);
    peer.send('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    await node.reaches('meshlock_listener_requests_total', { listener: 'web', code_class: '2xx' }, 1);
    expect(await nextEpoch(node)).toEqual(['inbound a 1/0 1/0 local UO', 'inbound a 1/1 0/0']);
  });

  test('an exchange counts in the epoch in which it ends; an empty epoch is told, too', async () => {
    const app = await startRawUpstream();
    const node = await startNode('inbound', 'b', app.port);
    const client = await node.send(introduced);
    const { peer } = await app.acceptRequest();
    expect(await nextEpoch(node)).toEqual([]);
    peer.send('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    await client.response();
    expect(await nextEpoch(node)).toEqual(['inbound a 1/1 0/0']);
    const [first, second] = epochs(node);
    expect(second!.epoch - first!.epoch).toBe(1);
    expect(first!.epoch).toBe(Math.floor(Date.UTC(2026, 0, 1) / 10_000));
  });

  test('the running epoch is handed over when the thread ends', async () => {
    const app = await startHttpUpstream((_, response) => response.end('ok'));
    const node = await startNode('inbound', 'b', app.port);
    const client = await node.send(introduced);
    await client.response();
    client.destroy();
    expect(counted(node)).toEqual([]);
    await node.close();
    expect(counted(node)).toEqual(['inbound a 1/1 0/0']);
  });

  test('callers beyond the bound are counted together, and how many calls that were', async () => {
    const app = await startHttpUpstream((_, response) => response.end('ok'));
    const node = await startNode('inbound', 'b', app.port, { mesh: { max_peers: 2 } });
    const client = await node.connect();
    for (const id of ['a', 'c', 'd', 'e', 'a']) {
      client.send(`GET / HTTP/1.1\r\nhost: shop\r\n${line(id)}\r\n`);
      await client.response();
    }
    expect(await nextEpoch(node)).toEqual([
      'inbound _other 2/2 0/0',
      'inbound a 2/2 0/0',
      'inbound c 1/1 0/0',
    ]);
    expect(epochs(node)[0]!.overflowed).toBe(2);
  });

  test('a tunnel counts as a call that went well, however it ends', async () => {
    const app = await startRawUpstream();
    const node = await startNode('inbound', 'b', app.port, { route: { upgrades: ['websocket'] } });
    const client = await node.send(
      `GET / HTTP/1.1\r\nhost: shop\r\n${line('a')}connection: upgrade\r\nupgrade: websocket\r\n\r\n`,
    );
    const { peer } = await app.acceptRequest();
    peer.send('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    expect(await client.takeUntil('\r\n\r\n')).toContain(line('b'));
    peer.reset();
    await client.ending();
    expect(await nextEpoch(node)).toEqual(['inbound a 1/1 0/0']);
  });
});

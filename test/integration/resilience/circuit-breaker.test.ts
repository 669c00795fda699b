/** Circuit breakers: exact with parallel requests, and every place given back however an exchange ends. */
import { describe, expect, test } from 'vitest';
import {
  closedPort,
  type Peer,
  settle,
  startProxy,
  startRawUpstream,
  type TestProxy,
  until,
} from '../harness/index.ts';
import { deafPort } from '../harness/deaf.ts';
import { fetchOn, mesh, outcomes, post, proxyStatus, request } from '../harness/mesh.ts';
import { always, answer, startScriptedUpstream } from '../harness/scripted.ts';

const app = { cluster: 'app' };

/** An upstream that answers nothing until it is told to. */
async function startHolder(): Promise<{ port: number; held: (() => void)[] }> {
  const held: (() => void)[] = [];
  const upstream = await startScriptedUpstream(({ peer }) => {
    held.push(() => peer.send(answer(200)));
  });
  return { port: upstream.port, held };
}

function sendMany(proxy: TestProxy, count: number, bytes: string = request()): Promise<Peer[]> {
  return Promise.all(Array.from({ length: count }, () => proxy.send(bytes)));
}

async function expectOverflow(client: Peer): Promise<void> {
  const response = await client.response();
  expect(response.status).toBe(503);
  expect(proxyStatus(response)).toEqual({ error: 'connection_limit_reached', flag: 'UO' });
}

/** Clients whose answer has come, and those that wait; once there are so many of the former. */
async function divide(
  clients: readonly Peer[],
  answered: number,
): Promise<{ refused: Peer[]; waiting: Peer[] }> {
  await until(() => clients.filter(({ unread }) => unread !== '').length === answered);
  return {
    refused: clients.filter(({ unread }) => unread !== ''),
    waiting: clients.filter(({ unread }) => unread === ''),
  };
}

describe('max_requests', () => {
  test('lets exactly so many through at once; others get 503, UO, at once', async () => {
    const { port, held } = await startHolder();
    const proxy = await startProxy(mesh(port, { cluster: { circuit_breakers: { max_requests: 3 } } }));
    const clients = await sendMany(proxy, 10);
    await until(() => outcomes(proxy).length === 7);
    await until(() => held.length === 3);
    expect(proxy.counter('meshlock_cluster_requests_active')).toBe(3);
    expect(proxy.counter('meshlock_cluster_overflow_total', { breaker: 'requests' })).toBe(7);
    const { refused, waiting } = await divide(clients, 7);
    for (const client of refused) await expectOverflow(client);
    for (const release of held) release();
    for (const client of waiting) expect((await client.response()).status).toBe(200);
    expect(proxy.localReplies('UO')).toBe(7);
    // What was refused says nothing about the endpoint.
    expect(proxy.counter('meshlock_endpoint_failures_total')).toBe(0);
  });

  test('gives each place to the next one', async () => {
    const { port, held } = await startHolder();
    const proxy = await startProxy(mesh(port, { cluster: { circuit_breakers: { max_requests: 1 } } }));
    for (let round = 1; round <= 5; round++) {
      const [holder] = await sendMany(proxy, 1);
      await until(() => held.length === round);
      const [other] = await sendMany(proxy, 1);
      await expectOverflow(other!);
      held[round - 1]!();
      expect((await holder!.response()).status).toBe(200);
    }
    expect(proxy.counter('meshlock_cluster_overflow_total', { breaker: 'requests' })).toBe(5);
  });

  test('is raised and lowered by a reload, without forgetting who is inside', async () => {
    const { port, held } = await startHolder();
    const text = (limit: number): string =>
      mesh(port, { cluster: { circuit_breakers: { max_requests: limit } } });
    const proxy = await startProxy(text(1));
    const inside = await sendMany(proxy, 1);
    await until(() => held.length === 1);
    await proxy.update(text(2));
    inside.push(...(await sendMany(proxy, 1)));
    await until(() => held.length === 2);
    await proxy.update(text(1));
    await expectOverflow((await sendMany(proxy, 1))[0]!);
    held[0]!();
    expect((await inside[0]!.response()).status).toBe(200);
    await expectOverflow((await sendMany(proxy, 1))[0]!);
    held[1]!();
    expect((await inside[1]!.response()).status).toBe(200);
    const last = await sendMany(proxy, 1);
    await until(() => held.length === 3);
    held[2]!();
    expect((await last[0]!.response()).status).toBe(200);
  });
});

describe('max_connections', () => {
  test('bounds connections exactly; requests beyond wait for one to come back', async () => {
    const { port, held } = await startHolder();
    const proxy = await startProxy(mesh(port, { cluster: { circuit_breakers: { max_connections: 2 } } }));
    const clients = await sendMany(proxy, 6);
    await until(() => held.length === 2);
    await proxy.reaches('meshlock_cluster_requests_pending', app, 4);
    expect(proxy.counter('meshlock_cluster_connections_active')).toBe(2);
    expect(outcomes(proxy)).toHaveLength(0);
    for (let answered = 0; answered < 6; answered++) {
      await until(() => held.length > answered);
      held[answered]!();
    }
    for (const client of clients) expect((await client.response()).status).toBe(200);
    expect(proxy.counter('meshlock_cluster_connections_total')).toBe(2);
    expect(proxy.counter('meshlock_cluster_requests_pending')).toBe(0);
  });

  test('replaces a connection that breaks for those who wait', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      mesh(upstream.port, { cluster: { circuit_breakers: { max_connections: 1 } } }),
    );
    const clients = await sendMany(proxy, 3);
    await proxy.reaches('meshlock_cluster_requests_pending', app, 2);
    const first = await upstream.acceptRequest();
    first.peer.reset();
    const second = await upstream.acceptRequest();
    second.peer.end();
    const third = await upstream.acceptRequest();
    third.peer.send(answer(200));
    const statuses = await Promise.all(clients.map(async (client) => (await client.response()).status));
    expect(statuses.sort((a, b) => a - b)).toEqual([200, 503, 503]);
    expect(proxy.counter('meshlock_cluster_connections_total')).toBe(3);
  });

  test('is not used up by connections that idle to another endpoint', async () => {
    const upstreams = await Promise.all([1, 2, 3].map(() => startScriptedUpstream(always(200))));
    const proxy = await startProxy(
      mesh(
        upstreams.map(({ port }) => port),
        { cluster: { circuit_breakers: { max_connections: 2 } } },
      ),
    );
    const client = await proxy.connect();
    for (let i = 0; i < 12; i++) expect((await fetchOn(client)).status).toBe(200);
    expect(upstreams.map(({ requests }) => requests.length)).toEqual([4, 4, 4]);
    expect(proxy.counter('meshlock_cluster_connections_active')).toBeLessThanOrEqual(2);
  });

  test('counts connections that are being opened, and the busy ones of other endpoints', async () => {
    const { port, held } = await startHolder();
    const deaf = await deafPort();
    const proxy = await startProxy(
      mesh([port, deaf], { cluster: { connect_timeout: '1s', circuit_breakers: { max_connections: 1 } } }),
    );
    const clients = await sendMany(proxy, 2);
    await until(() => outcomes(proxy).length === 1);
    expect(proxy.counter('meshlock_cluster_overflow_total', { breaker: 'connections' })).toBeGreaterThan(0);
    const { refused } = await divide(clients, 1);
    await expectOverflow(refused[0]!);
    for (const release of held) release();
    // What is still being opened is given up in its own time.
    await proxy.advance(1200, 50);
  });
});

describe('max_pending_requests', () => {
  test('bounds the queue exactly; others get 503, UO', async () => {
    const { port, held } = await startHolder();
    const proxy = await startProxy(
      mesh(port, { cluster: { circuit_breakers: { max_connections: 1, max_pending_requests: 2 } } }),
    );
    const holder = await sendMany(proxy, 1);
    await until(() => held.length === 1);
    const clients = await sendMany(proxy, 7);
    await until(() => outcomes(proxy).length === 5);
    expect(proxy.counter('meshlock_cluster_requests_pending')).toBe(2);
    expect(proxy.counter('meshlock_cluster_overflow_total', { breaker: 'pending' })).toBe(5);
    const { refused, waiting } = await divide(clients, 5);
    for (const client of refused) await expectOverflow(client);
    for (let answered = 0; answered < 3; answered++) {
      await until(() => held.length > answered);
      held[answered]!();
    }
    for (const client of [...holder, ...waiting]) expect((await client.response()).status).toBe(200);
  });

  test('gives the place of a client that has gone to the next one, and does not send for it', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      mesh(upstream.port, { cluster: { circuit_breakers: { max_connections: 1, max_pending_requests: 1 } } }),
    );
    const holder = await proxy.send(request('/holder'));
    const { peer } = await upstream.acceptRequest();
    for (let i = 0; i < 5; i++) {
      const waiting = await proxy.send(request('/gone'));
      await proxy.reaches('meshlock_cluster_requests_pending', app, 1);
      waiting.reset();
      await proxy.reaches('meshlock_cluster_requests_pending', app, 0);
    }
    const last = await proxy.send(request('/last'));
    await proxy.reaches('meshlock_cluster_requests_pending', app, 1);
    peer.send(answer(200));
    await holder.response();
    expect((await peer.request()).target).toBe('/last');
    peer.send(answer(200));
    expect((await last.response()).status).toBe(200);
    expect(outcomes(proxy).filter(({ flag }) => flag === 'DC')).toHaveLength(5);
  });

  test('0 is kept, too: only an idle connection will do', async () => {
    const { port } = await startHolder();
    const proxy = await startProxy(
      mesh(port, { cluster: { circuit_breakers: { max_pending_requests: 0 } } }),
    );
    const [client] = await sendMany(proxy, 1);
    await expectOverflow(client!);
  });
});

/** Where an exchange can be when its client goes away. The proxy's `close` then finds what was not given back. */
describe('a client that goes away', () => {
  const leave = { reset: (peer: Peer) => peer.reset(), end: (peer: Peer) => peer.destroy() };

  for (const [how, go] of Object.entries(leave)) {
    test(`by ${how} while the connection is opened gives everything back`, async () => {
      const proxy = await startProxy(
        mesh(await deafPort(), { cluster: { connect_timeout: '1s', circuit_breakers: { max_requests: 1 } } }),
      );
      const client = await proxy.send(request());
      await proxy.reaches('meshlock_cluster_requests_pending', app, 1);
      go(client);
      await until(() => outcomes(proxy).length === 1);
      expect(outcomes(proxy)[0]).toMatchObject({ flag: 'DC' });
      expect(proxy.counter('meshlock_cluster_requests_active')).toBe(0);
      // The connect goes on until it succeeds or its time is up.
      await proxy.advance(1200, 50);
      await proxy.reaches('meshlock_cluster_connections_active', app, 0);
    });

    test(`by ${how} while its request is sent gives everything back`, async () => {
      const upstream = await startRawUpstream();
      const proxy = await startProxy(mesh(upstream.port));
      const client = await proxy.send(post('half', '/', '', 'PUT').slice(0, -2));
      const peer = await upstream.accept();
      await peer.takeUntil('\r\n\r\nha');
      go(client);
      await until(() => outcomes(proxy).length === 1);
      expect(outcomes(proxy)[0]).toMatchObject({ flag: 'DC' });
      // The upstream must not take the half for the whole.
      await peer.ending();
      await proxy.reaches('meshlock_cluster_connections_active', app, 0);
    });

    test(`by ${how} while the answer is awaited gives everything back`, async () => {
      const { port, held } = await startHolder();
      const proxy = await startProxy(mesh(port));
      const client = await proxy.send(request());
      await until(() => held.length === 1);
      go(client);
      await until(() => outcomes(proxy).length === 1);
      expect(outcomes(proxy)[0]).toMatchObject({ flag: 'DC' });
      await proxy.reaches('meshlock_cluster_connections_active', app, 0);
      expect(proxy.counter('meshlock_endpoint_failures_total')).toBe(0);
    });

    test(`by ${how} in the middle of the answer gives everything back`, async () => {
      const upstream = await startRawUpstream();
      const proxy = await startProxy(mesh(upstream.port));
      const client = await proxy.send(request());
      const { peer } = await upstream.acceptRequest();
      peer.send('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome');
      await client.takeUntil('some');
      go(client);
      await until(() => outcomes(proxy).length === 1);
      expect(outcomes(proxy)[0]).toMatchObject({ flag: 'DC', status: 200 });
      await peer.ending();
      await proxy.reaches('meshlock_cluster_connections_active', app, 0);
    });

    test(`by ${how} that had stopped reading a large answer gives everything back`, async () => {
      const upstream = await startRawUpstream();
      const proxy = await startProxy(mesh(upstream.port));
      const client = await proxy.send(request());
      client.pause();
      const { peer } = await upstream.acceptRequest();
      peer.send(`HTTP/1.1 200 OK\r\ncontent-length: ${32 * 1024 * 1024}\r\n\r\n`);
      for (let i = 0; i < 32; i++) peer.send(Buffer.alloc(1024 * 1024));
      await until(() => proxy.counter('meshlock_cluster_received_bytes_total') > 1024 * 1024);
      await settle(50);
      expect(proxy.counter('meshlock_cluster_received_bytes_total')).toBeLessThan(24 * 1024 * 1024);
      go(client);
      await until(() => outcomes(proxy).length === 1);
      expect(outcomes(proxy)[0]).toMatchObject({ flag: 'DC', status: 200 });
      await proxy.reaches('meshlock_cluster_connections_active', app, 0);
    });
  }
});

describe('failures', () => {
  test('of every kind give every place back', async () => {
    const upstream = await startScriptedUpstream(async ({ peer, number }) => {
      const kinds: (() => void)[] = [
        () => peer.reset(),
        () => peer.end(),
        () => peer.send('nonsense\r\n\r\n'),
        () => peer.send(answer(500)),
        () => peer.send('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort'),
      ];
      kinds[number % kinds.length]!();
      if (number % kinds.length === 4) {
        await settle(3);
        peer.reset();
      }
    });
    const proxy = await startProxy(
      mesh([upstream.port, await closedPort()], {
        route: { retry: { on: ['5xx', 'reset'], attempts: 2, backoff: { base: '1ms', max: '1ms' } } },
        cluster: {
          circuit_breakers: { max_requests: 4, max_connections: 4, max_pending_requests: 4, max_retries: 2 },
        },
      }),
    );
    for (let round = 0; round < 10; round++) {
      const clients = await sendMany(proxy, 8);
      const done = 8 * (round + 1);
      for (let step = 0; outcomes(proxy).length < done && step < 2000; step++) await proxy.advance(1);
      expect(outcomes(proxy)).toHaveLength(done);
      for (const client of clients) client.destroy();
    }
    for (const metric of ['requests', 'retries'])
      expect(proxy.counter(`meshlock_cluster_${metric}_active`)).toBe(0);
    // What idles is closed in its time.
    await proxy.advance(5000);
    await proxy.reaches('meshlock_cluster_connections_active', app, 0);
    expect(proxy.counter('meshlock_cluster_overflow_total')).toBeGreaterThan(0);
  });
});

/** Kept connections that the upstream closes just as they are used: no harmless request is lost, no other is repeated. */
import { describe, expect, test } from 'vitest';
import { type Peer, settle, startProxy, startRawUpstream, until } from '../harness/index.ts';
import { fetchOn, fetchOnce, mesh, outcome, outcomes, post, request } from '../harness/mesh.ts';
import { answer, startScriptedUpstream } from '../harness/scripted.ts';

describe('a reused connection that the upstream closed', () => {
  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])(
    'costs a %s nothing: it is sent once more without any policy',
    async (method) => {
      const upstream = await startRawUpstream();
      const proxy = await startProxy(mesh(upstream.port));
      const client = await proxy.send(request());
      const { peer } = await upstream.acceptRequest();
      peer.send(answer(200));
      await client.response();
      client.send(request('/2', '', method));
      await peer.request();
      peer.end();
      const { peer: fresh, request: repeated } = await upstream.acceptRequest();
      expect([repeated.method, repeated.target]).toEqual([method, '/2']);
      fresh.send(method === 'HEAD' ? 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n' : answer(200, 'again'));
      expect((await client.response({ toHead: method === 'HEAD' })).status).toBe(200);
      expect(await outcome(proxy, 1)).toMatchObject({ flag: '-', status: 200, attempts: 2 });
      // It is no retry: nothing of a policy is used up.
      expect(proxy.counter('meshlock_cluster_retries_total')).toBe(0);
      peer.destroy();
    },
  );

  test.each(['POST', 'PATCH'])('ends a %s with 503 and UC; it is not silently repeated', async (method) => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(mesh(upstream.port));
    const client = await proxy.send(request());
    const { peer } = await upstream.acceptRequest();
    peer.send(answer(200));
    await client.response();
    client.send(post('order', '/buy', '', method));
    await peer.request();
    peer.reset();
    expect((await client.response()).status).toBe(503);
    expect(await outcome(proxy, 1)).toMatchObject({ flag: 'UC', attempts: 1 });
    await settle();
    expect(upstream.connections).toBe(1);
    expect(proxy.counter('meshlock_cluster_request_resets_total', { origin: 'upstream' })).toBe(1);
  });

  test('is replaced by a fresh one even when others that are kept are just as stale', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(mesh(upstream.port));
    const clients = await Promise.all([1, 2, 3].map(() => proxy.send(request())));
    const kept: Peer[] = [];
    for (const _ of clients) kept.push((await upstream.acceptRequest()).peer);
    for (const peer of kept) peer.send(answer(200));
    for (const client of clients) await client.response();
    expect(upstream.connections).toBe(3);
    // The request is on its way on one of them when the upstream, as in a restart, drops them all.
    clients[0]!.send(request('/2'));
    await until(() => kept.some((peer) => peer.unread !== ''));
    for (const peer of kept) if (peer.unread !== '') peer.reset();
    // The other two are dropped only once they are used.
    for (const peer of kept) {
      void peer.takeUntil('\r\n\r\n').then(
        () => peer.reset(),
        () => {},
      );
    }
    const { peer: fresh } = await upstream.acceptRequest();
    fresh.send(answer(200, 'fresh'));
    expect(await clients[0]!.response()).toMatchObject({ status: 200, body: 'fresh' });
    expect(await outcome(proxy, 3)).toMatchObject({ flag: '-', attempts: 2 });
  });

  test('is replaced even when it was the only one that there may be', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      mesh(upstream.port, { cluster: { circuit_breakers: { max_connections: 1 } } }),
    );
    const client = await proxy.connect();
    for (let i = 0; i < 4; i++) {
      client.send(request(`/${i}`));
      const { peer } = await upstream.acceptRequest();
      peer.send(answer(200));
      expect((await client.response()).status).toBe(200);
      client.send(request('/stale'));
      await peer.request();
      peer.reset();
      const { peer: fresh } = await upstream.acceptRequest();
      fresh.send(answer(200, 'fresh'));
      expect((await client.response()).body).toBe('fresh');
      fresh.end();
      await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
    }
    expect(outcomes(proxy).every(({ flag }) => flag === '-')).toBe(true);
  });

  test('makes room for a fresh one when others are kept and there may be no more', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      mesh(upstream.port, { cluster: { circuit_breakers: { max_connections: 3 } } }),
    );
    const clients = await Promise.all([1, 2, 3].map(() => proxy.send(request())));
    const peers: Peer[] = [];
    for (const _ of clients) peers.push((await upstream.acceptRequest()).peer);
    for (const peer of peers) peer.send(answer(200));
    for (const client of clients) await client.response();
    // Two are used at once, and both turn out to be closed.
    for (const client of clients.slice(0, 2)) client.send(request('/2'));
    await until(() => peers.filter((peer) => peer.unread !== '').length === 2);
    for (const peer of peers) if (peer.unread !== '') peer.reset();
    for (let i = 0; i < 2; i++) (await upstream.acceptRequest()).peer.send(answer(200, 'fresh'));
    for (const client of clients.slice(0, 2)) expect((await client.response()).body).toBe('fresh');
  });

  test('is replaced only once: a second close is an error', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(mesh(upstream.port));
    const client = await proxy.send(request());
    const { peer } = await upstream.acceptRequest();
    peer.send(answer(200));
    await client.response();
    client.send(request('/2'));
    await peer.request();
    peer.reset();
    const { peer: second } = await upstream.acceptRequest();
    second.reset();
    expect((await client.response()).status).toBe(503);
    expect(await outcome(proxy, 1)).toMatchObject({ flag: 'UC', attempts: 2 });
    await settle();
    expect(upstream.connections).toBe(2);
  });

  test('after the first byte of an answer is not repeated', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(mesh(upstream.port));
    const client = await proxy.send(request());
    const { peer } = await upstream.acceptRequest();
    peer.send(answer(200));
    await client.response();
    client.send(request('/2'));
    await peer.request();
    await peer.sent('HTTP/1.1 2');
    await settle();
    peer.reset();
    expect((await client.response()).status).toBe(503);
    expect(await outcome(proxy, 1)).toMatchObject({ flag: 'UC', attempts: 1 });
    expect(upstream.connections).toBe(1);
  });

  test('while it was idle is noticed and not used at all', async () => {
    const upstream = await startScriptedUpstream(({ peer }) => peer.send(answer(200)));
    const proxy = await startProxy(mesh(upstream.port));
    const client = await proxy.connect();
    for (let i = 0; i < 5; i++) {
      expect((await fetchOn(client)).status).toBe(200);
      upstream.peers[i]!.end();
      await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
    }
    expect(outcomes(proxy).every(({ attempts, flag }) => attempts === 1 && flag === '-')).toBe(true);
    expect(upstream.peers).toHaveLength(5);
  });
});

describe('an upstream that closes connections at the very moment of use', () => {
  test.each([
    { how: 'FIN behind its answer', close: 'end' },
    { how: 'RST behind its answer', close: 'reset' },
  ] as const)('with $how loses none of 200 GETs', async ({ close }) => {
    const upstream = await startScriptedUpstream(({ peer, number, request: { target } }) => {
      peer.send(answer(200, target));
      // Sooner or later, so that requests meet it before, in and after it.
      const turns = number % 5;
      const drop = (left: number): void => {
        if (left > 0) setImmediate(() => drop(left - 1));
        else if (close === 'end') peer.end();
        else peer.reset();
      };
      if (close === 'reset' && turns === 0) setImmediate(() => drop(1));
      else drop(turns);
    });
    const proxy = await startProxy(mesh(upstream.port));
    const one = async (worker: number): Promise<void> => {
      const client = await proxy.connect();
      for (let i = 0; i < 50; i++) {
        const response = await fetchOn(client, request(`/${worker}/${i}`));
        expect(response).toMatchObject({ status: 200, body: `/${worker}/${i}` });
      }
    };
    await Promise.all([one(1), one(2), one(3), one(4)]);
    expect(outcomes(proxy)).toHaveLength(200);
    expect(outcomes(proxy).every(({ flag }) => flag === '-')).toBe(true);
  });

  test('that answers only the first request of each connection loses none of 200 GETs either', async () => {
    let dropped = 0;
    const upstream = await startScriptedUpstream(({ peer, onConnection, request: { target } }) => {
      if (onConnection === 1) {
        peer.send(answer(200, target));
        return;
      }
      dropped++;
      peer.destroy();
    });
    const proxy = await startProxy(mesh(upstream.port));
    const one = async (worker: number): Promise<void> => {
      const client = await proxy.connect();
      for (let i = 0; i < 50; i++) {
        const response = await fetchOn(client, request(`/${worker}/${i}`));
        expect(response).toMatchObject({ status: 200, body: `/${worker}/${i}` });
      }
    };
    await Promise.all([one(1), one(2), one(3), one(4)]);
    expect(dropped).toBeGreaterThan(50);
    const ends = outcomes(proxy);
    expect(ends).toHaveLength(200);
    expect(ends.filter(({ attempts }) => attempts === 2)).toHaveLength(dropped);
  });
});

describe('the pool', () => {
  test('closes a connection that was idle for too long, and keeps a younger one', async () => {
    const upstream = await startScriptedUpstream(({ peer }) => peer.send(answer(200)));
    const proxy = await startProxy(mesh(upstream.port, { cluster: { pool: { idle_timeout: '3s' } } }));
    await fetchOnce(proxy);
    await proxy.advance(2000);
    expect(proxy.counter('meshlock_cluster_connections_active')).toBe(1);
    await proxy.advance(2000);
    await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
    expect(await upstream.peers[0]!.ending()).toBeDefined();
    expect((await fetchOnce(proxy)).status).toBe(200);
    expect(upstream.peers).toHaveLength(2);
  });

  test('closes a connection after max_requests_per_connection, and says so in the last request', async () => {
    const upstream = await startScriptedUpstream(({ peer }) => peer.send(answer(200)));
    const proxy = await startProxy(
      mesh(upstream.port, { cluster: { pool: { max_requests_per_connection: 3 } } }),
    );
    const client = await proxy.connect();
    for (let i = 0; i < 7; i++) expect((await fetchOn(client)).status).toBe(200);
    await settle();
    expect(upstream.peers).toHaveLength(3);
    expect(upstream.requests.map((one) => /connection: close/i.test(one.raw))).toEqual([
      false,
      false,
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  test('keeps no more idle connections than it may', async () => {
    const held: (() => void)[] = [];
    const upstream = await startScriptedUpstream(({ peer }) => {
      held.push(() => peer.send(answer(200)));
    });
    const proxy = await startProxy(mesh(upstream.port, { cluster: { pool: { max_idle_per_endpoint: 2 } } }));
    const clients = await Promise.all(Array.from({ length: 6 }, () => proxy.send(request())));
    await until(() => held.length === 6);
    for (const release of held) release();
    for (const client of clients) expect((await client.response()).status).toBe(200);
    await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 2);
  });
});

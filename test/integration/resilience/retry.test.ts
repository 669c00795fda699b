/** Another try, or not: conditions, limits, waits and books, as a client and the counters see them. */
import { describe, expect, test } from 'vitest';
import { closedPort, header, settle, startProxy, startRawUpstream, until } from '../harness/index.ts';
import {
  advanceUntil,
  fetchOn,
  fetchOnce,
  mesh,
  outcome,
  outcomes,
  post,
  proxyStatus,
  request,
} from '../harness/mesh.ts';
import { always, answer, startScriptedUpstream } from '../harness/scripted.ts';

/** Waits of at most a millisecond, so that one small step of the clock brings the next try. */
const quick = { base: '1ms', max: '1ms' };

describe('a retry', () => {
  test('takes the second endpoint when the first refuses the connection', async () => {
    const upstream = await startScriptedUpstream(always(200, 'second'));
    const dead = await closedPort();
    const proxy = await startProxy(
      mesh([dead, upstream.port], {
        route: { retry: { on: ['connect-failure'], attempts: 1, backoff: quick } },
      }),
    );
    // Round robin begins anywhere: of two requests one meets the dead endpoint first.
    for (let i = 0; i < 2; i++) {
      const client = await proxy.send(request());
      await advanceUntil(proxy, () => outcomes(proxy).length > i);
      expect(await client.response()).toMatchObject({ status: 200, body: 'second' });
    }
    const ends = outcomes(proxy);
    expect(ends.map(({ attempts }) => attempts).sort((a, b) => a - b)).toEqual([1, 2]);
    expect(ends.every(({ flag, host }) => flag === '-' && host === upstream.key)).toBe(true);
    expect(proxy.counter('meshlock_route_retries_total')).toBe(1);
    expect(proxy.counter('meshlock_cluster_retries_total')).toBe(1);
    expect(proxy.counter('meshlock_cluster_retries_succeeded_total')).toBe(1);
    expect(proxy.counter('meshlock_cluster_connect_failures_total')).toBe(1);
    expect(proxy.counter('meshlock_endpoint_connect_failures_total', { endpoint: `127.0.0.1:${dead}` })).toBe(
      1,
    );
  });

  test('follows 503 with `5xx` and gives the client the 200', async () => {
    const upstream = await startScriptedUpstream(({ peer, number }) =>
      peer.send(number === 1 ? answer(503, 'not yet') : answer(200, 'now')),
    );
    const proxy = await startProxy(
      mesh(upstream.port, { route: { retry: { on: ['5xx'], backoff: quick } } }),
    );
    const client = await proxy.send(request('/again', 'x-mark: 7\r\n'));
    await advanceUntil(proxy, () => upstream.requests.length === 2);
    expect(await client.response()).toMatchObject({ status: 200, body: 'now' });
    expect(await outcome(proxy)).toMatchObject({
      flag: '-',
      status: 200,
      attempts: 2,
      details: 'via_upstream',
    });
    const [first, second] = upstream.requests;
    expect(second!.raw).toBe(first!.raw);
    expect(header(second!, 'x-mark')).toBe('7');
    expect(proxy.counter('meshlock_cluster_requests_total', { code_class: '5xx' })).toBe(1);
    expect(proxy.counter('meshlock_cluster_requests_total', { code_class: '2xx' })).toBe(1);
    expect(proxy.counter('meshlock_route_requests_total', { code_class: '2xx' })).toBe(1);
    expect(proxy.counter('meshlock_listener_requests_total')).toBe(1);
  });

  test.each([
    { on: ['retriable-status-codes'], status_codes: [418], status: 418, tries: 2 },
    { on: ['retriable-status-codes'], status_codes: [418], status: 503, tries: 1 },
    { on: ['gateway-error'], status: 502, tries: 2 },
    { on: ['gateway-error'], status: 500, tries: 1 },
    { on: ['retriable-4xx'], status: 409, tries: 2 },
    { on: ['retriable-4xx'], status: 404, tries: 1 },
    { on: ['5xx'], status: 500, tries: 2 },
    { on: ['connect-failure', 'refused-stream', 'reset-before-request'], status: 503, tries: 1 },
  ])('with $on sees $status $tries times', async ({ status, tries, ...policy }) => {
    const upstream = await startScriptedUpstream(always(status, 'x'));
    const proxy = await startProxy(
      mesh(upstream.port, { route: { retry: { ...policy, attempts: 1, backoff: quick } } }),
    );
    const client = await proxy.send(request());
    await advanceUntil(proxy, () => outcomes(proxy).length === 1);
    expect((await client.response()).status).toBe(status);
    expect(upstream.requests).toHaveLength(tries);
    expect(await outcome(proxy)).toMatchObject({ attempts: tries, flag: tries === 1 ? '-' : 'URX' });
  });

  test('stops after `attempts` and passes the last answer on with URX', async () => {
    const upstream = await startScriptedUpstream(({ peer, number }) =>
      peer.send(answer(503, `try ${number}`)),
    );
    const proxy = await startProxy(
      mesh(upstream.port, { route: { retry: { on: ['5xx'], attempts: 3, backoff: quick } } }),
    );
    const client = await proxy.send(request());
    await advanceUntil(proxy, () => outcomes(proxy).length === 1);
    expect(await client.response()).toMatchObject({ status: 503, body: 'try 4' });
    expect(await outcome(proxy)).toMatchObject({ flag: 'URX', status: 503, attempts: 4 });
    expect(proxy.counter('meshlock_cluster_retries_total')).toBe(3);
    expect(proxy.counter('meshlock_cluster_retries_succeeded_total')).toBe(0);
    expect(proxy.counter('meshlock_cluster_retries_active')).toBe(0);
  });

  test('stops after `attempts` refused connections and says that the upstream cannot be reached', async () => {
    const proxy = await startProxy(
      mesh(await closedPort(), {
        route: { retry: { on: ['connect-failure'], attempts: 2, backoff: quick } },
      }),
    );
    const client = await proxy.send(request());
    await advanceUntil(proxy, () => outcomes(proxy).length === 1);
    const response = await client.response();
    expect(response.status).toBe(503);
    expect(proxyStatus(response)).toEqual({ error: 'connection_refused', flag: 'UF' });
    expect(await outcome(proxy)).toMatchObject({ flag: 'UF', attempts: 3 });
    expect(proxy.counter('meshlock_cluster_connect_failures_total')).toBe(3);
    expect(proxy.localReplies('UF')).toBe(1);
  });

  test('is not made for what the client caused', async () => {
    const upstream = await startScriptedUpstream(always(200));
    const proxy = await startProxy(
      mesh(upstream.port, {
        route: { retry: { on: ['5xx', 'reset'], attempts: 5, backoff: quick } },
        listener: { limits: { max_body_size: 10 } },
      }),
    );
    expect((await fetchOnce(proxy, post('x'.repeat(11)))).status).toBe(413);
    expect(upstream.requests).toHaveLength(0);
  });

  test('follows a per-try timeout and succeeds', async () => {
    const upstream = await startScriptedUpstream(({ peer, number }) => {
      if (number === 2) peer.send(answer(200, 'in time'));
    });
    const proxy = await startProxy(
      mesh(upstream.port, {
        route: { retry: { on: ['5xx'], attempts: 1, per_try_timeout: '300ms', backoff: quick } },
      }),
    );
    const client = await proxy.send(request());
    await until(() => upstream.requests.length === 1);
    const waited = await advanceUntil(proxy, () => upstream.requests.length === 2);
    expect(waited).toBeGreaterThanOrEqual(300);
    expect(waited).toBeLessThan(500);
    expect(await client.response()).toMatchObject({ status: 200, body: 'in time' });
    expect(await outcome(proxy)).toMatchObject({ flag: '-', attempts: 2 });
    expect(proxy.counter('meshlock_cluster_request_timeouts_total')).toBe(1);
    // The first try's connection still has an answer to come: it is closed, not kept.
    expect(await upstream.peers[0]!.ending()).toBeDefined();
    expect(upstream.peers).toHaveLength(2);
  });

  test('of per-try timeouts ends in 504 with UT when all tries are used up', async () => {
    const upstream = await startScriptedUpstream(() => {});
    const proxy = await startProxy(
      mesh(upstream.port, {
        route: { retry: { on: ['gateway-error'], attempts: 2, per_try_timeout: '100ms', backoff: quick } },
      }),
    );
    const client = await proxy.send(request());
    await advanceUntil(proxy, () => outcomes(proxy).length === 1);
    const response = await client.response();
    expect(response.status).toBe(504);
    expect(proxyStatus(response)).toEqual({ error: 'http_response_timeout', flag: 'UT' });
    expect(await outcome(proxy)).toMatchObject({ flag: 'UT', attempts: 3 });
    expect(proxy.counter('meshlock_cluster_request_timeouts_total')).toBe(3);
  });

  test('does not outlive the route timeout, which covers all tries', async () => {
    const upstream = await startScriptedUpstream(() => {});
    const proxy = await startProxy(
      mesh(upstream.port, {
        route: {
          timeout: '450ms',
          retry: { on: ['5xx'], attempts: 50, per_try_timeout: '100ms', backoff: quick },
        },
      }),
    );
    const client = await proxy.send(request());
    await until(() => upstream.requests.length === 1);
    const waited = await advanceUntil(proxy, () => outcomes(proxy).length === 1);
    expect(waited).toBeGreaterThanOrEqual(450);
    expect(waited).toBeLessThan(650);
    const response = await client.response();
    expect(response.status).toBe(504);
    expect(proxyStatus(response)).toEqual({ error: 'http_response_timeout', flag: 'UT' });
    expect(proxy.counter('meshlock_route_timeouts_total')).toBe(1);
    expect(upstream.requests.length).toBeGreaterThan(2);
  });

  test('does not outlive the route timeout in its back-off either', async () => {
    const upstream = await startScriptedUpstream(() => {});
    const proxy = await startProxy(
      mesh(upstream.port, {
        route: {
          timeout: '300ms',
          retry: { on: ['5xx'], attempts: 1, per_try_timeout: '100ms', backoff: { base: '60s', max: '60s' } },
        },
      }),
      // A wait of 19 s.
      { seed: 2 },
    );
    const client = await proxy.send(request());
    await until(() => upstream.requests.length === 1);
    const waited = await advanceUntil(proxy, () => outcomes(proxy).length === 1, { limitMs: 5000 });
    expect(waited).toBeGreaterThanOrEqual(300);
    expect(waited).toBeLessThan(500);
    expect((await client.response()).status).toBe(504);
    expect(await outcome(proxy)).toMatchObject({ flag: 'UT', attempts: 1 });
    await proxy.advance(61_000);
    expect(upstream.requests).toHaveLength(1);
  });

  test('waits a random share of a bound that doubles up to its maximum', async () => {
    const upstream = await startScriptedUpstream(always(503));
    const proxy = await startProxy(
      mesh(upstream.port, {
        route: { timeout: 0, retry: { on: ['5xx'], attempts: 3, backoff: { base: '100ms', max: '250ms' } } },
      }),
    );
    const waits: number[][] = [[], [], []];
    const client = await proxy.connect();
    for (let exchange = 0; exchange < 24; exchange++) {
      client.send(request());
      await until(() => upstream.requests.length === 4 * exchange + 1);
      for (const wait of waits) {
        const seen = upstream.requests.length;
        await settle(3);
        wait.push(await advanceUntil(proxy, () => upstream.requests.length > seen, { stepMs: 5 }));
      }
      expect((await client.response()).status).toBe(503);
    }
    // One step and the turns in which the request travels come on top.
    const bounds = [100, 200, 250];
    for (const [i, wait] of waits.entries()) {
      expect(Math.max(...wait)).toBeLessThanOrEqual(bounds[i]! + 15);
      expect(Math.max(...wait)).toBeGreaterThan(bounds[i]! * 0.75);
      expect(Math.min(...wait)).toBeLessThan(bounds[i]! * 0.25);
    }
  });

  test('is given up when the client goes away during the back-off', async () => {
    const upstream = await startScriptedUpstream(always(503));
    const proxy = await startProxy(
      mesh(upstream.port, {
        route: { retry: { on: ['5xx'], attempts: 3, backoff: { base: '10s', max: '10s' } } },
      }),
    );
    const client = await proxy.send(request());
    await proxy.reaches('meshlock_cluster_retries_active', { cluster: 'app' }, 1);
    client.reset();
    expect(await outcome(proxy)).toMatchObject({ flag: 'DC', attempts: 1 });
    expect(proxy.counter('meshlock_cluster_retries_active')).toBe(0);
    await proxy.advance(11_000);
    expect(upstream.requests).toHaveLength(1);
  });

  test('never comes after the answer has begun', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      mesh(upstream.port, { route: { retry: { on: ['5xx', 'reset'], attempts: 3, backoff: quick } } }),
    );
    const client = await proxy.send(request());
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345');
    await client.takeUntil('12345');
    peer.reset();
    expect(await client.ending()).toBe('reset');
    expect(await outcome(proxy)).toMatchObject({ flag: 'UC', status: 200, attempts: 1 });
    await proxy.advance(100);
    expect(upstream.connections).toBe(1);
    expect(proxy.counter('meshlock_cluster_retries_total')).toBe(0);
    expect(proxy.counter('meshlock_cluster_request_resets_total', { origin: 'upstream' })).toBe(1);
  });

  test('avoids the endpoint that has just failed', async () => {
    const bad = await startScriptedUpstream(always(503));
    const good = await startScriptedUpstream(always(200));
    const proxy = await startProxy(
      mesh([bad.port, good.port], {
        route: { retry: { on: ['5xx'], attempts: 1, backoff: quick } },
        cluster: { balancer: 'random' },
      }),
    );
    const client = await proxy.connect();
    for (let i = 0; i < 30; i++) {
      client.send(request());
      await advanceUntil(proxy, () => outcomes(proxy).length > i, { stepMs: 1 });
      expect((await client.response()).status).toBe(200);
    }
    expect(bad.requests.length).toBeGreaterThan(5);
    expect(good.requests).toHaveLength(30);
    expect(proxy.counter('meshlock_cluster_retries_total')).toBe(bad.requests.length);
  });

  test('goes to the same endpoint when there is no other', async () => {
    const upstream = await startScriptedUpstream(({ peer, number }) =>
      peer.send(answer(number < 3 ? 503 : 200)),
    );
    const proxy = await startProxy(
      mesh(upstream.port, { route: { retry: { on: ['5xx'], attempts: 2, backoff: quick } } }),
    );
    const client = await proxy.send(request());
    await advanceUntil(proxy, () => outcomes(proxy).length === 1);
    expect((await client.response()).status).toBe(200);
    expect(upstream.requests).toHaveLength(3);
  });
});

describe('retries at once', () => {
  test('are limited by max_retries; what is refused gets the answer there is', async () => {
    const upstream = await startScriptedUpstream(({ peer, number }) =>
      peer.send(answer(number <= 4 ? 503 : 200)),
    );
    const proxy = await startProxy(
      mesh(upstream.port, {
        route: { retry: { on: ['5xx'], attempts: 1, backoff: { base: '10s', max: '10s' } } },
        cluster: { circuit_breakers: { max_retries: 2 } },
      }),
    );
    const clients = await Promise.all([1, 2, 3, 4].map(() => proxy.send(request())));
    await until(() => outcomes(proxy).length === 2);
    expect(proxy.counter('meshlock_cluster_retries_active')).toBe(2);
    expect(proxy.counter('meshlock_cluster_overflow_total', { breaker: 'retries' })).toBe(2);
    await proxy.advance(11_000);
    const statuses = await Promise.all(clients.map(async (client) => (await client.response()).status));
    expect(statuses.sort((a, b) => a - b)).toEqual([200, 200, 503, 503]);
    expect(proxy.counter('meshlock_cluster_retries_active')).toBe(0);
    expect(proxy.counter('meshlock_cluster_retries_succeeded_total')).toBe(2);
  });

  test('with max_retries 0 are none', async () => {
    const upstream = await startScriptedUpstream(always(503));
    const proxy = await startProxy(
      mesh(upstream.port, {
        route: { retry: { on: ['5xx'], attempts: 3, backoff: quick } },
        cluster: { circuit_breakers: { max_retries: 0 } },
      }),
    );
    expect((await fetchOnce(proxy)).status).toBe(503);
    expect(upstream.requests).toHaveLength(1);
    expect(proxy.counter('meshlock_cluster_overflow_total', { breaker: 'retries' })).toBe(1);
  });

  test('are limited by a budget: a share of what is under way, but never below its minimum', async () => {
    const held: (() => void)[] = [];
    const upstream = await startScriptedUpstream(({ peer, request: { target } }) => {
      if (target === '/hold') held.push(() => peer.send(answer(200)));
      else peer.send(answer(503));
    });
    const proxy = await startProxy(
      mesh(upstream.port, {
        route: { retry: { on: ['5xx'], attempts: 1, backoff: { base: '10s', max: '10s' } } },
        cluster: { circuit_breakers: { retry_budget: { ratio: '50%', min_concurrency: 1 } } },
      }),
    );
    // Nothing else is under way: the minimum of one holds.
    const first = await Promise.all([1, 2].map(() => proxy.send(request('/fail'))));
    await until(() => outcomes(proxy).length === 1);
    expect(proxy.counter('meshlock_cluster_retries_active')).toBe(1);
    // Ten more are under way: half of that may be retries, one is one already.
    const holders = await Promise.all(Array.from({ length: 10 }, () => proxy.send(request('/hold'))));
    await until(() => held.length === 10);
    const more = await Promise.all(Array.from({ length: 8 }, () => proxy.send(request('/fail'))));
    await until(() => outcomes(proxy).length >= 4);
    await settle();
    const active = proxy.counter('meshlock_cluster_retries_active');
    // While a request fails it counts as active itself, and so do those beside it.
    expect(active).toBeGreaterThanOrEqual(5);
    expect(active).toBeLessThanOrEqual(9);
    expect(proxy.counter('meshlock_cluster_overflow_total', { breaker: 'retries' })).toBe(10 - active);
    for (const release of held) release();
    await proxy.advance(11_000);
    for (const client of [...first, ...holders, ...more]) await client.response();
    expect(proxy.counter('meshlock_cluster_retries_active')).toBe(0);
  });

  test('keep their place over a keep-alive connection of many exchanges', async () => {
    const upstream = await startScriptedUpstream(({ peer, number }) =>
      peer.send(answer(number % 2 === 1 ? 503 : 200)),
    );
    const proxy = await startProxy(
      mesh(upstream.port, {
        route: { retry: { on: ['5xx'], attempts: 1, backoff: quick } },
        cluster: { circuit_breakers: { max_retries: 1 } },
      }),
    );
    const client = await proxy.connect();
    for (let i = 0; i < 20; i++) {
      const response = fetchOn(client);
      await advanceUntil(proxy, () => outcomes(proxy).length > i, { stepMs: 1 });
      expect((await response).status).toBe(200);
    }
    expect(proxy.counter('meshlock_cluster_overflow_total', { breaker: 'retries' })).toBe(0);
    expect(proxy.counter('meshlock_cluster_retries_succeeded_total')).toBe(20);
  });
});

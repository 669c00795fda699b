/** Outlier detection end to end: what a data thread reports, what is ejected for it, and where traffic goes then. */
import { describe, expect, test } from 'vitest';
import { closedPort, startProxy, type TestProxy, until } from '../harness/index.ts';
import { startManagedProxy } from '../harness/control-side.ts';
import { advanceUntil, fetchOn, mesh, outcomes, request } from '../harness/mesh.ts';
import { always, answer, type Script, startScriptedUpstream } from '../harness/scripted.ts';

async function fetchMany(proxy: TestProxy, count: number): Promise<number[]> {
  const client = await proxy.connect();
  const statuses: number[] = [];
  for (let i = 0; i < count; i++) statuses.push((await fetchOn(client)).status);
  client.destroy();
  return statuses;
}

const reports = (proxy: TestProxy): string[] =>
  proxy.messages.flatMap((message) =>
    message.kind === 'outlier' ? [`${message.cluster} ${message.endpoint} ${message.failure}`] : [],
  );

describe('a data thread', () => {
  test('reports consecutive 5xx at the threshold, and a success in between starts the count again', async () => {
    const upstream = await startScriptedUpstream(({ peer, number }) =>
      peer.send(answer(number === 3 ? 200 : 500)),
    );
    const proxy = await startProxy(
      mesh(upstream.port, { cluster: { outlier_detection: { consecutive_5xx: 3 } } }),
    );
    await fetchMany(proxy, 5);
    expect(reports(proxy)).toEqual([]);
    await fetchMany(proxy, 1);
    expect(reports(proxy)).toEqual([`app ${upstream.key} consecutive-5xx`]);
    expect(proxy.counter('meshlock_endpoint_failures_total')).toBe(5);
    expect(proxy.counter('meshlock_endpoint_successes_total')).toBe(1);
  });

  test('reports gateway failures for 502, 503 and 504, and not for 500', async () => {
    const statuses = [502, 503, 500, 504, 502, 503];
    const upstream = await startScriptedUpstream(({ peer, number }) =>
      peer.send(answer(statuses[number - 1]!)),
    );
    const proxy = await startProxy(
      mesh(upstream.port, {
        cluster: { outlier_detection: { consecutive_5xx: 100, consecutive_gateway_failure: 3 } },
      }),
    );
    await fetchMany(proxy, 5);
    expect(reports(proxy)).toEqual([]);
    await fetchMany(proxy, 1);
    expect(reports(proxy)).toEqual([`app ${upstream.key} consecutive-gateway`]);
  });

  test('counts refused connections as 5xx, or with split_local_origin by themselves', async () => {
    const dead = await closedPort();
    const proxy = await startProxy(
      mesh(dead, {
        cluster: { outlier_detection: { consecutive_5xx: 2, consecutive_gateway_failure: 100 } },
      }),
    );
    expect(await fetchMany(proxy, 2)).toEqual([503, 503]);
    expect(reports(proxy)).toEqual([`app 127.0.0.1:${dead} consecutive-5xx`]);
    const split = await startProxy(
      mesh(dead, {
        cluster: {
          outlier_detection: {
            consecutive_5xx: 2,
            split_local_origin: true,
            consecutive_local_origin_failure: 3,
          },
        },
      }),
    );
    await fetchMany(split, 3);
    expect(reports(split)).toEqual([`app 127.0.0.1:${dead} consecutive-local-origin`]);
  });

  test.each([
    {
      what: 'resets',
      script: ({ peer }) => peer.reset(),
    },
    {
      what: 'malformed answers',
      script: ({ peer }) => peer.send('what?\r\n\r\n'),
    },
    {
      what: 'answers that break off',
      script: ({ peer }) => {
        peer.send('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nxx');
        peer.end();
      },
    },
  ] as const satisfies readonly { what: string; script: Script }[])(
    'counts $what as failures of the local side',
    async ({ script }) => {
      const upstream = await startScriptedUpstream(script);
      const proxy = await startProxy(
        mesh(upstream.port, {
          cluster: { outlier_detection: { split_local_origin: true, consecutive_local_origin_failure: 3 } },
        }),
      );
      for (let i = 0; i < 3; i++) {
        const client = await proxy.send(request());
        await until(() => outcomes(proxy).length > i);
        client.destroy();
      }
      expect(reports(proxy)).toEqual([`app ${upstream.key} consecutive-local-origin`]);
    },
  );

  test('does not count clients that went away, nor what a breaker refused', async () => {
    const upstream = await startScriptedUpstream(() => {});
    const proxy = await startProxy(
      mesh(upstream.port, {
        cluster: {
          outlier_detection: {
            consecutive_5xx: 1,
            split_local_origin: true,
            consecutive_local_origin_failure: 1,
          },
          circuit_breakers: { max_requests: 1 },
        },
      }),
    );
    const client = await proxy.send(request());
    await proxy.reaches('meshlock_cluster_requests_active', { cluster: 'app' }, 1);
    expect(await fetchMany(proxy, 2)).toEqual([503, 503]);
    client.reset();
    await proxy.reaches('meshlock_cluster_requests_active', { cluster: 'app' }, 0);
    expect(reports(proxy)).toEqual([]);
    expect(outcomes(proxy).map(({ flag }) => flag)).toEqual(['UO', 'UO', 'DC']);
  });
});

describe('an ejected endpoint', () => {
  test('gets no traffic, and returns after the base ejection time', async () => {
    const bad = await startScriptedUpstream(always(500));
    const good = await startScriptedUpstream(always(200));
    const { proxy, control } = await startManagedProxy(
      mesh([bad.port, good.port], {
        cluster: { outlier_detection: { consecutive_5xx: 3, base_ejection_time: '30s' } },
      }),
    );
    await fetchMany(proxy, 6);
    await control.catchUp();
    expect(control.count('ejected', bad.key)).toBe(1);
    expect(bad.requests).toHaveLength(3);
    expect(await fetchMany(proxy, 20)).toEqual(Array(20).fill(200));
    expect(bad.requests).toHaveLength(3);
    await proxy.advance(29_900);
    await control.catchUp();
    await fetchMany(proxy, 4);
    expect(bad.requests).toHaveLength(3);
    await proxy.advance(200);
    await control.catchUp();
    expect(control.count('returned', bad.key)).toBe(1);
    const statuses = await fetchMany(proxy, 4);
    expect(statuses.filter((status) => status === 500)).toHaveLength(2);
    expect(bad.requests).toHaveLength(5);
  });

  test('returns with a clean record: one more failure does not eject it', async () => {
    const bad = await startScriptedUpstream(always(500));
    const { proxy, control } = await startManagedProxy(
      mesh([bad.port, await closedPort()], {
        cluster: { endpoints: [`127.0.0.1:${bad.port}`], outlier_detection: { consecutive_5xx: 3 } },
      }),
    );
    await fetchMany(proxy, 3);
    await control.catchUp();
    expect(control.count('ejected')).toBe(1);
    // All endpoints are out: panic keeps serving, and the run goes on being counted.
    expect(await fetchMany(proxy, 2)).toEqual([500, 500]);
    await proxy.advance(30_100);
    await control.catchUp();
    expect(control.count('returned')).toBe(1);
    await fetchMany(proxy, 2);
    await control.catchUp();
    expect(control.count('ejected')).toBe(1);
    await fetchMany(proxy, 1);
    await control.catchUp();
    expect(control.count('ejected')).toBe(2);
  });

  test('that goes on failing stays out longer each time', async () => {
    const bad = await startScriptedUpstream(always(500));
    const good = await startScriptedUpstream(always(200));
    const { proxy, control } = await startManagedProxy(
      mesh([bad.port, good.port], {
        cluster: { outlier_detection: { consecutive_5xx: 2, interval: '1000s', base_ejection_time: '10s' } },
      }),
    );
    const lengths: number[] = [];
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; control.count('ejected', bad.key) < round && i < 10; i++) {
        await fetchMany(proxy, 2);
        await proxy.advance(100);
        await control.catchUp();
      }
      const passed = await advanceUntil(proxy, () => control.count('returned', bad.key) === round, {
        stepMs: 500,
      });
      lengths.push(passed);
      await control.catchUp();
    }
    expect(lengths[0]).toBeGreaterThan(9000);
    expect(lengths[0]).toBeLessThanOrEqual(10_500);
    expect(lengths[1]).toBeGreaterThan(19_000);
    expect(lengths[1]).toBeLessThanOrEqual(20_500);
    expect(lengths[2]).toBeGreaterThan(29_000);
    expect(lengths[2]).toBeLessThanOrEqual(30_500);
  });

  test('is one of no more than max_ejection_ratio, but one always goes', async () => {
    const upstreams = await Promise.all(
      [500, 500, 500, 200].map((status) => startScriptedUpstream(always(status))),
    );
    const ports = upstreams.map(({ port }) => port);
    const { proxy, control } = await startManagedProxy(
      mesh(ports, {
        cluster: { outlier_detection: { consecutive_5xx: 2, max_ejection_ratio: '50%' }, panic_threshold: 0 },
      }),
    );
    await fetchMany(proxy, 8);
    await control.catchUp();
    expect(control.count('ejected')).toBe(2);
    const spared = control
      .membership()
      .describe()
      .filter((one) => one.spared !== null);
    expect(spared).toHaveLength(1);
    expect(spared[0]!.spared).toContain('2 of 4 endpoints are ejected, the limit is 50%');
    const statuses = await fetchMany(proxy, 10);
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    const strict = await startManagedProxy(
      mesh(ports, { cluster: { outlier_detection: { consecutive_5xx: 2, max_ejection_ratio: 0 } } }),
    );
    await fetchMany(strict.proxy, 8);
    await strict.control.catchUp();
    expect(strict.control.count('ejected')).toBe(1);
  });

  test('by success rate is the one that fails far more often than its peers', async () => {
    // Never two failures in a row, but one in two.
    const flaky = await startScriptedUpstream(({ peer, number }) =>
      peer.send(answer(number % 2 === 0 ? 500 : 200)),
    );
    const peers = await Promise.all([1, 2, 3, 4, 5].map(() => startScriptedUpstream(always(200))));
    const { proxy, control } = await startManagedProxy(
      mesh([flaky.port, ...peers.map(({ port }) => port)], {
        cluster: {
          outlier_detection: {
            interval: '10s',
            success_rate_request_volume: 20,
            success_rate_minimum_endpoints: 5,
          },
        },
      }),
    );
    await fetchMany(proxy, 6 * 30);
    expect(reports(proxy)).toEqual([]);
    await proxy.advance(10_000);
    await control.catchUp();
    expect(control.events.filter(({ kind }) => kind === 'ejected').map(({ endpoint }) => endpoint)).toEqual([
      flaky.key,
    ]);
    expect(control.events.at(-1)!.reason).toContain('success rate 50% is below');
    const before = flaky.requests.length;
    expect(await fetchMany(proxy, 20)).toEqual(Array(20).fill(200));
    expect(flaky.requests).toHaveLength(before);
  });

  test('finishes what it has begun', async () => {
    const held: (() => void)[] = [];
    const bad = await startScriptedUpstream(({ peer, request: { target } }) => {
      if (target === '/slow') held.push(() => peer.send(answer(200, 'late')));
      else peer.send(answer(500));
    });
    const good = await startScriptedUpstream(always(200, 'good'));
    const { proxy, control } = await startManagedProxy(
      mesh([bad.port, good.port], { cluster: { outlier_detection: { consecutive_5xx: 2 } } }),
    );
    const slow = [await proxy.send(request('/slow')), await proxy.send(request('/slow'))];
    await proxy.reaches('meshlock_endpoint_requests_active', { endpoint: bad.key }, 1);
    await fetchMany(proxy, 4);
    await control.catchUp();
    expect(control.count('ejected', bad.key)).toBe(1);
    expect(held).toHaveLength(1);
    held[0]!();
    const bodies = await Promise.all(slow.map(async (client) => (await client.response()).body));
    expect(bodies.sort()).toEqual(['good', 'late']);
  });
});

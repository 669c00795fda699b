/** Active health checks over real sockets, and the traffic that follows their verdicts. */
import { describe, expect, test } from 'vitest';
import { closedPort, header, startProxy, startRawUpstream, type TestProxy, until } from '../harness/index.ts';
import { startManagedProxy } from '../harness/control-side.ts';
import { fetchOn, fetchOnce, mesh, outcome, proxyStatus } from '../harness/mesh.ts';
import { always, answer, type ScriptedUpstream, startScriptedUpstream } from '../harness/scripted.ts';

/** Answers health checks by a switch, and everything else with 200. */
async function startChecked(): Promise<{
  upstream: ScriptedUpstream;
  state: { health: number };
  hits: () => number;
}> {
  const state = { health: 200 };
  const upstream = await startScriptedUpstream(({ peer, request: { target } }) =>
    peer.send(answer(target === '/healthz' ? state.health : 200)),
  );
  return {
    upstream,
    state,
    hits: () => upstream.requests.filter(({ target }) => target !== '/healthz').length,
  };
}

async function fetchMany(proxy: TestProxy, count: number): Promise<number[]> {
  const client = await proxy.connect();
  const statuses: number[] = [];
  for (let i = 0; i < count; i++) statuses.push((await fetchOn(client)).status);
  client.destroy();
  return statuses;
}

const http = {
  interval: '1s',
  jitter: 0,
  timeout: '500ms',
  unhealthy_threshold: 2,
  healthy_threshold: 2,
  http: '/healthz',
};

describe('an HTTP health check', () => {
  test('takes an endpoint out after the threshold and back in after the other', async () => {
    const [a, b] = [await startChecked(), await startChecked()];
    const { proxy, control } = await startManagedProxy(
      mesh([a.upstream.port, b.upstream.port], { cluster: { health_check: http } }),
    );
    await control.warm();
    await fetchMany(proxy, 10);
    expect([a.hits(), b.hits()]).toEqual([5, 5]);
    a.state.health = 503;
    await proxy.advance(1000);
    await until(() => a.upstream.requests.filter(({ target }) => target === '/healthz').length === 2);
    await control.catchUp();
    expect(control.count('unhealthy')).toBe(0);
    await proxy.advance(1000);
    await control.hears('unhealthy', a.upstream.key);
    await fetchMany(proxy, 10);
    expect([a.hits(), b.hits()]).toEqual([5, 15]);
    a.state.health = 204;
    await proxy.advance(1000);
    await until(() => a.upstream.requests.filter(({ target }) => target === '/healthz').length === 4);
    await control.catchUp();
    await fetchMany(proxy, 2);
    expect(a.hits()).toBe(5);
    await proxy.advance(1000);
    await control.hears('healthy', a.upstream.key, 2);
    await fetchMany(proxy, 10);
    expect([a.hits(), b.hits()]).toEqual([10, 22]);
    expect(header(a.upstream.requests[0]!, 'user-agent')).toBe('meshlock-health-check');
  });

  test('that is not answered in time has failed', async () => {
    const stuck = await startRawUpstream();
    const good = await startChecked();
    const { proxy, control } = await startManagedProxy(
      mesh([stuck.port, good.upstream.port], { cluster: { health_check: http } }),
    );
    const { peer } = await stuck.acceptRequest();
    await until(() => control.count('healthy', good.upstream.key) === 1);
    await proxy.advance(500, 100);
    await control.hears('unhealthy', `127.0.0.1:${stuck.port}`);
    expect(control.events.find(({ kind }) => kind === 'unhealthy')!.reason).toBe('timeout after 500ms');
    expect(await peer.ending()).toBeDefined();
    await fetchMany(proxy, 6);
    expect(good.hits()).toBe(6);
    expect(stuck.connections).toBe(1);
  });

  test('of a refused connection fails, and with nobody healthy panic uses all', async () => {
    const dead = await closedPort();
    const { proxy, control } = await startManagedProxy(mesh(dead, { cluster: { health_check: http } }));
    await control.warm();
    expect(control.events.at(-1)).toMatchObject({ kind: 'unhealthy', reason: 'connect refused' });
    expect((await fetchOnce(proxy)).status).toBe(503);
    expect(await outcome(proxy)).toMatchObject({ flag: 'UF' });
    expect(proxy.counter('meshlock_cluster_panic_picks_total')).toBe(1);
  });

  test('that passes lets an ejected endpoint return early', async () => {
    const state = { status: 500 };
    const flaky = await startScriptedUpstream(({ peer, request: { target } }) =>
      peer.send(answer(target === '/healthz' ? 200 : state.status)),
    );
    const good = await startChecked();
    const { proxy, control } = await startManagedProxy(
      mesh([flaky.port, good.upstream.port], {
        cluster: {
          health_check: http,
          outlier_detection: { consecutive_5xx: 2, base_ejection_time: '100s' },
        },
      }),
    );
    await control.warm();
    await fetchMany(proxy, 4);
    await control.catchUp();
    expect(control.count('ejected', flaky.key)).toBe(1);
    await proxy.advance(1000);
    await control.hears('returned', flaky.key);
    expect(control.events.at(-1)!.reason).toBe('an active health check passed');
    state.status = 200;
    const before = flaky.requests.length;
    await fetchMany(proxy, 4);
    expect(flaky.requests.filter(({ target }) => target === '/').length).toBe(4);
    expect(flaky.requests.length).toBeGreaterThan(before);
  });
});

describe('a TCP health check', () => {
  test('by connect follows a server that goes and comes back', async () => {
    const steady = await startScriptedUpstream(always(200));
    const moody = await startScriptedUpstream(always(200));
    const { port } = moody;
    const { proxy, control } = await startManagedProxy(
      mesh([steady.port, port], {
        cluster: { health_check: { ...http, http: undefined, tcp: true } },
      }),
    );
    await control.warm();
    await fetchMany(proxy, 4);
    expect(moody.requests).toHaveLength(2);
    await moody.close();
    for (let i = 0; i < 2; i++) {
      await proxy.advance(1000);
      await until(() => control.membership().describe()[1]!.lastCheck!.ageMs < 1000);
    }
    await control.hears('unhealthy', `127.0.0.1:${port}`);
    expect(await fetchMany(proxy, 6)).toEqual(Array(6).fill(200));
    const again = await startScriptedUpstream(always(200), port);
    for (let i = 0; i < 2; i++) {
      await proxy.advance(1000);
      await until(() => control.membership().describe()[1]!.lastCheck!.ageMs < 1000);
    }
    await control.hears('healthy', `127.0.0.1:${port}`, 2);
    await fetchMany(proxy, 4);
    expect(again.requests).toHaveLength(2);
  });

  test('by an exchange of bytes fails on other bytes', async () => {
    const words = ['PONG', 'LOADING'];
    const servers = [];
    for (const word of words) {
      const upstream = await startRawUpstream();
      servers.push(upstream);
      void (async () => {
        const peer = await upstream.accept();
        await peer.expect('PING');
        peer.send(word);
        peer.end();
      })();
    }
    const { control } = await startManagedProxy(
      mesh(
        servers.map(({ port }) => port),
        { cluster: { health_check: { ...http, http: undefined, tcp: { send: 'PING', receive: 'PONG' } } } },
      ),
    );
    await control.warm();
    expect(
      control
        .membership()
        .states()
        .map(({ health }) => health),
    ).toEqual(['healthy', 'unhealthy']);
  });
});

describe('a cluster', () => {
  test('without a healthy endpoint and without panic answers 503, UH', async () => {
    const upstream = await startScriptedUpstream(always(200));
    const proxy = await startProxy(mesh(upstream.port, { cluster: { panic_threshold: 0 } }));
    expect((await fetchOnce(proxy)).status).toBe(200);
    await proxy.setEndpointHealth('app', upstream.port, { health: 'unhealthy' });
    const response = await fetchOnce(proxy);
    expect(response.status).toBe(503);
    expect(proxyStatus(response)).toEqual({ error: 'destination_unavailable', flag: 'UH' });
    expect(await outcome(proxy, 1)).toMatchObject({ flag: 'UH', status: 503, attempts: 0, host: '-' });
    expect(proxy.counter('meshlock_cluster_no_healthy_endpoint_total')).toBe(1);
    await proxy.setEndpointHealth('app', upstream.port, { health: 'healthy' });
    expect((await fetchOnce(proxy)).status).toBe(200);
  });

  test('below the panic threshold uses all endpoints, above it the healthy ones', async () => {
    const upstreams = await Promise.all([1, 2, 3, 4].map(() => startScriptedUpstream(always(200))));
    const proxy = await startProxy(
      mesh(
        upstreams.map(({ port }) => port),
        { cluster: { panic_threshold: '50%' } },
      ),
    );
    const hits = (): number[] => upstreams.map(({ requests }) => requests.length);
    await proxy.setEndpointHealth('app', upstreams[0]!.port, { health: 'unhealthy' });
    await proxy.setEndpointHealth('app', upstreams[1]!.port, { ejected: true });
    await fetchMany(proxy, 20);
    expect(hits()).toEqual([0, 0, 10, 10]);
    expect(proxy.counter('meshlock_cluster_panic_picks_total')).toBe(0);
    await proxy.setEndpointHealth('app', upstreams[2]!.port, { health: 'unhealthy' });
    await fetchMany(proxy, 20);
    expect(hits()).toEqual([5, 5, 15, 15]);
    expect(proxy.counter('meshlock_cluster_panic_picks_total')).toBe(20);
    await proxy.setEndpointHealth('app', upstreams[2]!.port, {});
    await fetchMany(proxy, 20);
    expect(hits()).toEqual([5, 5, 25, 25]);
  });

  test('fails over to the next priority, in proportion while the first can carry a part', async () => {
    const upstreams = await Promise.all([1, 2, 3].map(() => startScriptedUpstream(always(200))));
    const [first, second, spare] = upstreams;
    const at = (upstream: ScriptedUpstream | undefined, priority: number): object => ({
      address: upstream!.key,
      priority,
    });
    const proxy = await startProxy(
      mesh(1, { cluster: { endpoints: [at(first, 0), at(second, 0), at(spare, 1)] } }),
    );
    const hits = (): number[] => upstreams.map(({ requests }) => requests.length);
    await fetchMany(proxy, 20);
    expect(hits()).toEqual([10, 10, 0]);
    // Half of the first priority carries 1.4 times its share: 70 %.
    await proxy.setEndpointHealth('app', first!.port, { health: 'unhealthy' });
    await fetchMany(proxy, 200);
    const [gone, carried, failedOver] = hits();
    expect(gone).toBe(10);
    expect(carried! - 10).toBeGreaterThan(115);
    expect(carried! - 10).toBeLessThan(165);
    expect(carried! - 10 + failedOver!).toBe(200);
    await proxy.setEndpointHealth('app', second!.port, { health: 'unhealthy' });
    await fetchMany(proxy, 20);
    expect(hits()).toEqual([10, carried, failedOver! + 20]);
    await proxy.setEndpointHealth('app', first!.port, {});
    await proxy.setEndpointHealth('app', second!.port, {});
    await fetchMany(proxy, 20);
    expect(spare!.requests).toHaveLength(failedOver! + 20);
  });
});

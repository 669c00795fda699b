/** Where requests go: each balancer as clients and upstreams see it through the proxy. */
import { describe, expect, test } from 'vitest';
import { type Peer, settle, startProxy, type TestProxy, until } from '../harness/index.ts';
import { startManagedProxy } from '../harness/control-side.ts';
import { fetchOn, mesh, outcomes, request } from '../harness/mesh.ts';
import { always, answer, type ScriptedUpstream, startScriptedUpstream } from '../harness/scripted.ts';

/** Upstreams that answer with their own number. */
function startNumbered(count: number): Promise<ScriptedUpstream[]> {
  return Promise.all(
    Array.from({ length: count }, (_, number) => startScriptedUpstream(always(200, `${number}`))),
  );
}

const ports = (upstreams: readonly ScriptedUpstream[]): number[] => upstreams.map(({ port }) => port);
const hits = (upstreams: readonly ScriptedUpstream[]): number[] =>
  upstreams.map(({ requests }) => requests.length);

async function fetchMany(proxy: TestProxy, count: number): Promise<void> {
  const client = await proxy.connect();
  for (let i = 0; i < count; i++) expect((await fetchOn(client)).status).toBe(200);
  client.destroy();
}

/** Who answers a request with this key, and with keys 0..count-1. */
async function answererOf(client: Peer, key: string): Promise<string> {
  return (await fetchOn(client, request('/', `x-user: ${key}\r\n`))).body;
}

async function answerers(proxy: TestProxy, count: number): Promise<string[]> {
  const client = await proxy.connect();
  const all: string[] = [];
  for (let key = 0; key < count; key++) all.push(await answererOf(client, `user-${key}`));
  client.destroy();
  return all;
}

describe.each([
  { balancer: { type: 'ring_hash', min_ring_size: 1024 } },
  { balancer: { type: 'maglev', table_size: 1021 } },
])('$balancer.type', ({ balancer }) => {
  const keys = { route: { hash_policy: [{ header: 'x-user' }] }, cluster: { balancer } };

  test('keeps every user at one endpoint, over connections and proxies', async () => {
    const upstreams = await startNumbered(4);
    const first = await answerers(await startProxy(mesh(ports(upstreams), keys)), 40);
    const proxy = await startProxy(mesh(ports(upstreams).reverse(), keys), { seed: 99 });
    expect(await answerers(proxy, 40)).toEqual(first);
    expect(await answerers(proxy, 40)).toEqual(first);
    expect(new Set(first).size).toBe(4);
  });

  test('moves the users of an endpoint that fails, hardly any others, and all of them back', async () => {
    const upstreams = await startNumbered(4);
    const proxy = await startProxy(mesh(ports(upstreams), keys));
    const before = await answerers(proxy, 60);
    await proxy.setEndpointHealth('app', upstreams[1]!.port, { ejected: true });
    const without = await answerers(proxy, 60);
    expect(without).not.toContain('1');
    const moved = before.filter((one, i) => one !== '1' && one !== without[i]);
    expect(moved.length).toBeLessThanOrEqual(6);
    await proxy.setEndpointHealth('app', upstreams[1]!.port, {});
    expect(await answerers(proxy, 60)).toEqual(before);
  });

  test('tries another endpoint when the one of the user fails', async () => {
    const upstreams = await startNumbered(3);
    const proxy = await startProxy(
      mesh(ports(upstreams), {
        ...keys,
        route: { ...keys.route, retry: { on: ['connect-failure'], backoff: { base: '1ms', max: '1ms' } } },
      }),
    );
    const client = await proxy.connect();
    const home = Number(await answererOf(client, 'user'));
    await upstreams[home]!.close();
    // What idles there is gone, so the next one has to connect.
    await until(() => proxy.counter('meshlock_endpoint_connections_active') === 0);
    const elsewhere = answererOf(client, 'user');
    for (let i = 0; outcomes(proxy).length < 2 && i < 1000; i++) await proxy.advance(1);
    expect(Number(await elsewhere)).not.toBe(home);
    expect(outcomes(proxy)[1]).toMatchObject({ flag: '-', attempts: 2 });
  });

  test('spreads requests without the header', async () => {
    const upstreams = await startNumbered(3);
    const proxy = await startProxy(mesh(ports(upstreams), keys));
    await fetchMany(proxy, 60);
    for (const count of hits(upstreams)) expect(count).toBeGreaterThan(5);
  });
});

describe('round robin', () => {
  test('takes turns, exactly', async () => {
    const upstreams = await startNumbered(3);
    const proxy = await startProxy(mesh(ports(upstreams)));
    await fetchMany(proxy, 30);
    expect(hits(upstreams)).toEqual([10, 10, 10]);
  });

  test('by weight gives each its share, interleaved', async () => {
    const upstreams = await startNumbered(3);
    const endpoints = upstreams.map(({ key }, i) => ({ address: key, weight: [1, 2, 5][i]! }));
    const proxy = await startProxy(mesh(1, { cluster: { endpoints } }));
    await fetchMany(proxy, 80);
    const counts = hits(upstreams);
    for (const [i, share] of [10, 20, 50].entries())
      expect(Math.abs(counts[i]! - share)).toBeLessThanOrEqual(1);
    // Five in a row would be a burst; turns are spread out.
    const sequence = outcomes(proxy).map(({ host }) => host);
    const heavy = upstreams[2]!.key;
    expect(sequence.join(' ')).not.toContain(Array(5).fill(heavy).join(' '));
  });

  test('over weighted clusters gives each its share', async () => {
    const [stable, canary] = await startNumbered(2);
    const proxy = await startProxy(
      JSON.stringify({
        listeners: [{ name: 'web', address: '127.0.0.1:0', clusters: { stable: 90, canary: 10 } }],
        clusters: [
          { name: 'stable', endpoints: [stable!.key] },
          { name: 'canary', endpoints: [canary!.key] },
        ],
      }),
    );
    await fetchMany(proxy, 400);
    expect(canary!.requests.length).toBeGreaterThan(20);
    expect(canary!.requests.length).toBeLessThan(60);
    expect(stable!.requests.length + canary!.requests.length).toBe(400);
  });
});

describe('least request', () => {
  test('avoids the endpoint that is stuck', async () => {
    const held: (() => void)[] = [];
    const stuck = await startScriptedUpstream(({ peer }) => {
      held.push(() => peer.send(answer(200)));
    });
    const quick = await startNumbered(3);
    const proxy = await startProxy(
      mesh([stuck.port, ...ports(quick)], { cluster: { balancer: { type: 'least_request', choices: 4 } } }),
    );
    // Whoever meets the stuck one waits; from then on it always has more under way than the others.
    const waiting: Peer[] = [];
    for (let i = 0; held.length === 0 && i < 200; i++) {
      const client = await proxy.send(request());
      await until(() => client.unread !== '' || held.length > 0);
      waiting.push(client);
    }
    expect(held).toHaveLength(1);
    await fetchMany(proxy, 100);
    expect(held).toHaveLength(1);
    held[0]!();
    await waiting.at(-1)!.response();
    await settle();
    for (let i = 0; stuck.requests.length === 1 && i < 200; i++) {
      const client = await proxy.send(request());
      await until(() => client.unread !== '' || held.length > 1);
    }
    expect(stuck.requests).toHaveLength(2);
    held[1]!();
  });

  test('of two choices sends the stuck one far less than its share', async () => {
    const stuck = await startScriptedUpstream(() => {});
    const quick = await startNumbered(3);
    const proxy = await startProxy(
      mesh([stuck.port, ...ports(quick)], { cluster: { balancer: 'least_request' } }),
    );
    const clients: Peer[] = [];
    for (let i = 0; i < 100; i++) {
      const before = stuck.requests.length;
      const client = await proxy.send(request());
      clients.push(client);
      await until(() => client.unread !== '' || stuck.requests.length > before);
    }
    // Once it has one under way, it is chosen only when drawn against itself, which does not happen.
    expect(stuck.requests.length).toBeLessThanOrEqual(2);
  });
});

describe('peak EWMA', () => {
  test('prefers the fast endpoint, and comes back to the slow one once it is fast again', async () => {
    const delays = { slow: 400, fast: 5 };
    const held: { name: 'slow' | 'fast'; release: () => void }[] = [];
    const [a, b] = await Promise.all(
      (['slow', 'fast'] as const).map((name) =>
        startScriptedUpstream(({ peer }) => {
          held.push({ name, release: () => peer.send(answer(200, name)) });
        }),
      ),
    );
    const proxy = await startProxy(
      mesh(ports([a!, b!]), {
        cluster: { balancer: { type: 'peak_ewma', decay: '10s', default_rtt: '30ms' } },
      }),
    );
    const client = await proxy.connect();
    const one = async (): Promise<string> => {
      client.send(request());
      await until(() => held.length > 0);
      const { name, release } = held.pop()!;
      await proxy.advance(delays[name], 5);
      release();
      return (await client.response()).body;
    };
    const first: string[] = [];
    for (let i = 0; i < 60; i++) first.push(await one());
    expect(first.filter((body) => body === 'fast').length).toBeGreaterThanOrEqual(55);
    // Nothing is heard of it for long enough: its bad name fades, and it proves better.
    delays.slow = 1;
    await proxy.advance(120_000);
    const later: string[] = [];
    for (let i = 0; i < 60; i++) later.push(await one());
    expect(later.filter((body) => body === 'slow').length).toBeGreaterThan(20);
  });

  test('gives an endpoint that it has never heard of a try, however fast the other one is', async () => {
    const upstreams = await startNumbered(2);
    const text = (count: number): string =>
      mesh(ports(upstreams.slice(0, count)), { cluster: { balancer: 'peak_ewma' } });
    const proxy = await startProxy(text(1));
    await fetchMany(proxy, 10);
    await proxy.update(text(2));
    const client = await proxy.connect();
    let sent = 0;
    for (; upstreams[1]!.requests.length === 0 && sent < 300; sent++) {
      await fetchOn(client);
      await proxy.advance(1000);
    }
    expect(sent).toBeLessThan(300);
  });

  test('does not run after an endpoint that fails fast', async () => {
    const failing = await startScriptedUpstream(always(500));
    const working = await startScriptedUpstream(always(200));
    const proxy = await startProxy(
      mesh([failing.port, working.port], { cluster: { balancer: 'peak_ewma' } }),
    );
    const client = await proxy.connect();
    for (let i = 0; i < 60; i++) {
      await fetchOn(client);
      await proxy.advance(5);
    }
    expect(failing.requests.length).toBeLessThan(6);
  });
});

describe('slow start', () => {
  test('gives a new endpoint a share that grows over the window', async () => {
    const upstreams = await startNumbered(3);
    const text = (count: number): string =>
      mesh(ports(upstreams.slice(0, count)), {
        cluster: { slow_start: { window: '60s', min_weight: '10%' }, balancer: 'round_robin' },
      });
    const { proxy } = await startManagedProxy(text(2));
    await fetchMany(proxy, 60);
    expect(hits(upstreams)).toEqual([30, 30, 0]);
    await proxy.update(text(3));
    const share = async (): Promise<number> => {
      const before = upstreams[2]!.requests.length;
      await fetchMany(proxy, 120);
      return (upstreams[2]!.requests.length - before) / 40;
    };
    const shares = [await share()];
    await proxy.advance(30_000);
    shares.push(await share());
    await proxy.advance(31_000);
    shares.push(await share());
    const [begin, half, full] = shares as [number, number, number];
    expect(begin).toBeGreaterThan(0.05);
    expect(begin).toBeLessThan(0.3);
    expect(half).toBeGreaterThan(0.4);
    expect(half).toBeLessThan(0.8);
    expect(full).toBeGreaterThan(0.9);
    expect(full).toBeLessThan(1.1);
  });

  test('does not apply to those that were there from the beginning', async () => {
    const upstreams = await startNumbered(2);
    const { proxy } = await startManagedProxy(
      mesh(ports(upstreams), { cluster: { slow_start: '60s', balancer: 'round_robin' } }),
    );
    await fetchMany(proxy, 40);
    expect(hits(upstreams)).toEqual([20, 20]);
  });
});

/** Other configurations under load: nobody notices, unless it is meant. A configuration that cannot be had changes nothing. */
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  connectPeer,
  gateway,
  header,
  type Keys,
  settle,
  startProxy,
  startRawUpstream,
  type TestProxy,
  until,
} from '../harness/index.ts';
import { accessLog, fetchOn, fetchOnce, mesh, outcome, outcomes, request } from '../harness/mesh.ts';
import { always, answer, type ScriptedUpstream, startScriptedUpstream } from '../harness/scripted.ts';

/** Answers with its path, so that a mixed-up answer shows. */
function startEcho(): Promise<ScriptedUpstream> {
  return startScriptedUpstream(({ peer, request: { target } }) => peer.send(answer(200, target)));
}

/** A constant load over keep-alive connections until it is told to stop; counts what was answered as it should be. */
class Load {
  answered = 0;
  /** What was answered otherwise. */
  readonly faults: string[] = [];
  #stopping = false;
  readonly #done: Promise<unknown>;

  constructor(proxy: TestProxy, connections: number) {
    this.#done = Promise.all(Array.from({ length: connections }, (_, number) => this.#run(proxy, number)));
  }

  /** Waits for so many further answers. */
  async passes(count: number): Promise<void> {
    const target = this.answered + count;
    await Promise.race([until(() => this.answered >= target), this.#done]);
  }

  async stop(): Promise<number> {
    this.#stopping = true;
    await this.#done;
    return this.answered;
  }

  async #run(proxy: TestProxy, number: number): Promise<void> {
    const client = await proxy.connect('web');
    for (let i = 0; !this.#stopping; i++) {
      const path = `/${number}/${i}`;
      const response = await fetchOn(client, request(path));
      const { status, body } = response;
      const closes = header(response, 'connection') !== undefined;
      if (status !== 200 || body !== path || closes) this.faults.push(`${path}: ${response.raw}`);
      this.answered++;
    }
  }
}

/** Every kind of change, one after another; each is a whole configuration. */
function variants(ports: readonly number[]): string[] {
  const [a, b, c] = ports as [number, number, number];
  const other: Keys = { name: 'other', address: '127.0.0.1:0', cluster: 'app' };
  const withOther = (text: string): string => {
    const file = JSON.parse(text) as { listeners: Keys[] };
    return JSON.stringify({ ...file, listeners: [...file.listeners, other] });
  };
  return [
    mesh([a, b]),
    mesh([a, b, c]),
    mesh([b, c]),
    mesh([c]),
    mesh([a, b], { route: { timeout: '7s', response_headers: { set: { 'x-version': '2' } } } }),
    mesh([a, b], { route: { name: 'renamed', retry: 2 } }),
    withOther(mesh([a, b])),
    mesh([a, b], { cluster: { pool: { max_idle_per_endpoint: 1 } } }),
    mesh([a, b], { cluster: { pool: { max_requests_per_connection: 2 } } }),
    mesh([a, b], { cluster: { balancer: 'least_request' } }),
    mesh([a, b], { cluster: { circuit_breakers: { max_connections: 20 }, connect_timeout: '3s' } }),
    mesh([a, b], { cluster: { outlier_detection: true, panic_threshold: '10%' } }),
    mesh([a, b], {
      listener: { limits: { idle_timeout: '30s' }, via: 'other', access_logs: [accessLog, accessLog] },
    }),
    withOther(mesh([b, a], { cluster: { proxy_protocol: 'off', http: { max_head_size: '8KiB' } } })),
    mesh([a, b, c], { listener: { role: 'inbound', forwarded: 'replace' } }),
  ];
}

describe('a constant load over 8 connections', () => {
  test('loses nothing while 30 configurations follow one another', async () => {
    const upstreams = await Promise.all([1, 2, 3].map(() => startEcho()));
    const texts = variants(upstreams.map(({ port }) => port));
    const proxy = await startProxy(texts[0]!);
    const load = new Load(proxy, 8);
    for (let update = 1; update <= 30; update++) {
      await load.passes(12);
      const { failures } = await proxy.update(texts[update % texts.length]!);
      expect(failures).toEqual([]);
    }
    await load.passes(20);
    const answered = await load.stop();
    expect(load.faults).toEqual([]);
    expect(answered).toBeGreaterThan(380);
    expect(outcomes(proxy).filter(({ flag, status }) => flag !== '-' || status !== 200)).toEqual([]);
    // Nothing had to be sent twice: whoever is in use is not closed.
    expect(outcomes(proxy).filter(({ attempts }) => attempts > 1)).toEqual([]);
    expect(proxy.counter('meshlock_listener_requests_total', { listener: 'web', code_class: '2xx' })).toBe(
      answered,
    );
    for (const { requests } of upstreams) expect(requests.length).toBeGreaterThan(0);
  });

  test('loses nothing while endpoints come and go with every request under way', async () => {
    const upstreams = await Promise.all([1, 2, 3, 4].map(() => startEcho()));
    const ports = upstreams.map(({ port }) => port);
    const proxy = await startProxy(mesh(ports));
    const load = new Load(proxy, 8);
    for (let update = 0; update < 30; update++) {
      await load.passes(3);
      await proxy.update(mesh(ports.filter((_, i) => i === update % 4 || i === (update * 3 + 1) % 4)));
    }
    await load.stop();
    expect(load.faults).toEqual([]);
    expect(outcomes(proxy).filter(({ flag, attempts }) => flag !== '-' || attempts !== 1)).toEqual([]);
  });
});

describe('a running exchange', () => {
  test('keeps the route, cluster and endpoint that it began with, though all of them are gone', async () => {
    const old = await startRawUpstream();
    const next = await startScriptedUpstream(always(200, 'new'));
    const proxy = await startProxy(mesh(old.port));
    const slow = await proxy.send(request('/slow'));
    const { peer } = await old.acceptRequest();
    await proxy.update(
      JSON.stringify({
        listeners: [
          {
            name: 'web',
            address: '127.0.0.1:0',
            access_logs: [accessLog],
            routes: [{ match: '/', cluster: 'fresh' }],
          },
        ],
        clusters: [{ name: 'fresh', endpoints: [next.key] }],
      }),
    );
    expect((await fetchOnce(proxy)).body).toBe('new');
    peer.send(answer(200, 'old'));
    expect(await slow.response()).toMatchObject({ status: 200, body: 'old' });
    // A connection to an endpoint that is gone does not stay.
    expect(await peer.ending()).toBeDefined();
    // The next request of the same client goes by the new routes.
    expect((await fetchOn(slow)).body).toBe('new');
  });

  test('that waits for a connection gets one though the settings of the pool change', async () => {
    const upstream = await startRawUpstream();
    const text = (idle: string): string =>
      mesh(upstream.port, {
        cluster: { pool: { idle_timeout: idle }, circuit_breakers: { max_connections: 1 } },
      });
    const proxy = await startProxy(text('3s'));
    const first = await proxy.send(request('/first'));
    const { peer } = await upstream.acceptRequest();
    const second = await proxy.send(request('/second'));
    await proxy.reaches('meshlock_cluster_requests_pending', { cluster: 'app' }, 1);
    await proxy.update(text('4s'));
    peer.send(answer(200, 'first'));
    expect((await first.response()).body).toBe('first');
    expect((await peer.request()).target).toBe('/second');
    peer.send(answer(200, 'second'));
    expect((await second.response()).body).toBe('second');
    expect(await peer.ending()).toBeDefined();
    await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
  });

  test('of the old pool counts against the limits of the new one', async () => {
    const upstream = await startRawUpstream();
    const text = (idle: string): string =>
      mesh(upstream.port, {
        cluster: {
          pool: { idle_timeout: idle },
          circuit_breakers: { max_connections: 1, max_pending_requests: 1 },
        },
      });
    const proxy = await startProxy(text('3s'));
    const first = await proxy.send(request('/first'));
    const { peer } = await upstream.acceptRequest();
    await proxy.update(text('4s'));
    expect((await fetchOnce(proxy)).status).toBe(503);
    expect(outcomes(proxy)[0]).toMatchObject({ flag: 'UO' });
    peer.send(answer(200));
    await first.response();
    await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 0);
    const again = await proxy.send(request('/again'));
    (await upstream.acceptRequest()).peer.send(answer(200));
    expect((await again.response()).status).toBe(200);
  });

  test('whose retry falls behind a change of endpoints is sent to one that exists', async () => {
    const old = await startScriptedUpstream(always(503));
    const next = await startScriptedUpstream(always(200, 'new'));
    const keys = { route: { retry: { on: ['5xx'], backoff: { base: '1s', max: '1s' } } } };
    const proxy = await startProxy(mesh(old.port, keys));
    const client = await proxy.send(request());
    await proxy.reaches('meshlock_cluster_retries_active', { cluster: 'app' }, 1);
    await proxy.update(mesh(next.port, keys));
    await proxy.advance(1000);
    expect(await client.response()).toMatchObject({ status: 200, body: 'new' });
  });
});

describe('a listener', () => {
  test('that is added accepts; that is removed closes idle connections and finishes busy ones', async () => {
    const upstream = await startRawUpstream();
    const text = mesh(upstream.port);
    const both = JSON.stringify({
      ...(JSON.parse(text) as object),
      listeners: [
        ...(JSON.parse(text) as { listeners: object[] }).listeners,
        { name: 'second', address: '127.0.0.1:0', access_logs: [accessLog], cluster: 'app' },
      ],
    });
    const proxy = await startProxy(text);
    await proxy.update(both);
    const port = proxy.port('second');
    const busy = await proxy.send(request('/busy'), 'second');
    const { peer } = await upstream.acceptRequest();
    const idle = await proxy.connect('second');
    await until(() => proxy.openConnections === 2);
    await proxy.update(text);
    // A connection without a request has a second for its first one.
    await proxy.advance(1200);
    expect(await idle.ending()).toBe('end');
    await expect(connectPeer(port)).rejects.toThrow('ECONNREFUSED');
    peer.send(answer(200, 'done'));
    const response = await busy.response();
    expect(response).toMatchObject({ status: 200, body: 'done' });
    expect(header(response, 'connection')).toBe('close');
    expect(await busy.ending()).toBe('end');
    expect((await outcome(proxy)).flag).toBe('-');
  });

  test('whose address changes is on the new one when the update is through', async () => {
    const upstream = await startScriptedUpstream(always(200));
    const proxy = await startProxy(mesh(upstream.port));
    const before = proxy.port('web');
    await proxy.update(mesh(upstream.port, { listener: { address: '127.0.0.2:0' } }));
    await expect(connectPeer(before)).rejects.toThrow('ECONNREFUSED');
    const client = await connectPeer(proxy.port('web'), '127.0.0.2');
    expect((await fetchOn(client)).status).toBe(200);
    client.destroy();
  });

  test('takes new connections by the newest limits', async () => {
    const upstream = await startRawUpstream();
    const text = (limits: Keys): string => gateway(upstream.port, { listener: { limits } });
    const proxy = await startProxy(text({}));
    await proxy.update(text({ max_request_line_size: 100, send_timeout: '1s' }));
    const long = await fetchOnce(proxy, request(`/${'x'.repeat(200)}`));
    expect(long.status).toBe(414);
    const client = await proxy.send(request('/large'));
    client.pause();
    const { peer } = await upstream.acceptRequest();
    peer.send(`HTTP/1.1 200 OK\r\ncontent-length: ${32 * 1024 * 1024}\r\n\r\n`);
    for (let i = 0; i < 32; i++) peer.send(Buffer.alloc(1024 * 1024));
    await until(() => proxy.counter('meshlock_listener_sent_bytes_total') > 1024 * 1024);
    await settle(50);
    await proxy.advance(3000);
    await until(() => proxy.openConnections === 0);
    await peer.ending();
  });
});

describe('a configuration whose listener cannot be opened', () => {
  test('is refused and changes nothing; when the port is free it goes through', async () => {
    const upstream = await startScriptedUpstream(always(200));
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    let isTaken = true;
    const free = (): Promise<void> => {
      if (!isTaken) return Promise.resolve();
      isTaken = false;
      return new Promise((resolve) => taken.close(() => resolve()));
    };
    onTestFinished(free);
    const old = mesh(upstream.port, { route: { response_headers: { set: { 'x-version': 'old' } } } });
    const wanted = JSON.parse(
      mesh(upstream.port, {
        route: { response_headers: { set: { 'x-version': 'new' } } },
        cluster: { circuit_breakers: { max_requests: 1 } },
      }),
    ) as { listeners: Keys[] };
    const next = JSON.stringify({
      ...wanted,
      listeners: [
        ...wanted.listeners,
        { name: 'fine', address: '127.0.0.1:0', cluster: 'app' },
        { name: 'blocked', address: `127.0.0.1:${port}`, cluster: 'app' },
      ],
    });
    const proxy = await startProxy(old);
    const client = await proxy.connect('web');
    for (let attempt = 0; attempt < 3; attempt++) {
      const { failures, listening } = await proxy.update(next);
      expect(failures).toHaveLength(1);
      expect(failures[0]).toMatchObject({ listener: 'blocked', code: 'EADDRINUSE', address: { port } });
      expect(listening.map(({ listener }) => listener)).toEqual(['web']);
      const response = await fetchOn(client);
      expect(header(response, 'x-version')).toBe('old');
      expect(header(response, 'connection')).toBeUndefined();
    }
    await free();
    const { failures, listening } = await proxy.update(next);
    expect(failures).toEqual([]);
    expect(listening.map(({ listener }) => listener)).toEqual(['web', 'fine', 'blocked']);
    expect(header(await fetchOn(client), 'x-version')).toBe('new');
    const other = await connectPeer(port);
    expect((await fetchOn(other)).status).toBe(200);
    other.destroy();
  });
});

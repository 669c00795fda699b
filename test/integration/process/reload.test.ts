/** Live reload over the real program: by signal, by the file, by the admin plane; all of it or nothing; nothing is lost. */
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { closedPort, connectPeer, header, type HttpUpstream, startHttpUpstream } from '../harness/index.ts';
import { call } from './call.ts';
import { becomesTrue } from './eventually.ts';
import { KeepAliveLoad } from './keep-alive-load.ts';
import { linesReach } from './log-file.ts';
import { type Configuration, type Meshlock, startMeshlock } from './meshlock.ts';
import { threadsBecome } from './thread-status.ts';

/** What `/reload` answers. */
interface Reloaded {
  readonly applied: boolean;
  readonly version: number;
  readonly problems: readonly { readonly path: string; readonly got: string }[];
}

async function startNamedUpstream(name: string): Promise<HttpUpstream> {
  return startHttpUpstream((request, response) => {
    request.resume();
    request.on('end', () => response.end(name));
  });
}

function web(upstream: number, keys: Configuration = {}): Configuration {
  return {
    admin: '127.0.0.1:0',
    data_threads: 2,
    listeners: [{ name: 'web', address: '127.0.0.1:0', routes: [{ match: '/', cluster: 'app' }] }],
    clusters: [{ name: 'app', endpoints: [`127.0.0.1:${upstream}`] }],
    ...keys,
  };
}

function listener(name: string, keys: Configuration = {}): Configuration {
  return { name, address: '127.0.0.1:0', routes: [{ match: '/', cluster: 'app' }], ...keys };
}

async function reload(mesh: Meshlock): Promise<Reloaded> {
  const answer = await mesh.admin('/reload', { method: 'POST', headers: { accept: 'application/json' } });
  const reloaded = JSON.parse(answer.body) as Reloaded;
  expect(answer.status).toBe(reloaded.applied ? 200 : 422);
  return reloaded;
}

async function listenerPort(mesh: Meshlock, name: string): Promise<number | undefined> {
  const { body } = await mesh.admin('/listeners');
  const found = new RegExp(`^${name}::127\\.0\\.0\\.1:(\\d+)$`, 'm').exec(body);
  return found === null ? undefined : Number(found[1]);
}

async function bodyOf(mesh: Meshlock, path = '/'): Promise<string> {
  return (await call(mesh.port(), path)).body;
}

/** Waits for the configuration with this number, and that nothing follows it. */
async function inForce(mesh: Meshlock, version: number): Promise<void> {
  await mesh.log.line(new RegExp(`^configuration ${version} is in force$`));
}

/** SIGHUP, and the configuration that follows it. */
async function hangUp(mesh: Meshlock): Promise<void> {
  const from = mesh.log.lines.length;
  mesh.signal('SIGHUP');
  await mesh.log.line(/^configuration \d+ is in force$/, from);
}

function answersMore(load: KeepAliveLoad, count: number): Promise<void> {
  const enough = load.answered + count;
  return becomesTrue(
    () => load.answered >= enough,
    () => 'the load to go on',
  );
}

describe('a changed configuration', () => {
  test('takes effect when the file changes, and on SIGHUP, on connections that are open', async () => {
    const [one, two] = [await startNamedUpstream('one'), await startNamedUpstream('two')];
    const mesh = await startMeshlock(web(one.port));
    const client = await connectPeer(mesh.port());
    const ask = async (): Promise<string> => {
      client.send('GET / HTTP/1.1\r\nhost: mesh.test\r\n\r\n');
      return (await client.response()).body;
    };
    expect(await ask()).toBe('one');
    await mesh.write(web(two.port));
    await mesh.log.line(/meshlock\.json has changed$/);
    await inForce(mesh, 2);
    expect(await ask()).toBe('two');

    mesh.signal('SIGHUP');
    await inForce(mesh, 3);
    expect(await ask()).toBe('two');
    const metrics = await mesh.metrics();
    expect(metrics.sum('meshlock_config_reloads_total', { result: 'success' })).toBe(3);
    client.destroy();
  });

  test('adds and removes routes, clusters, listeners and access logs', async () => {
    const [one, two] = [await startNamedUpstream('one'), await startNamedUpstream('two')];
    const mesh = await startMeshlock(web(one.port));
    const logFile = join(mesh.directory, 'access.log');
    expect(await bodyOf(mesh, '/two')).toBe('one');
    await mesh.write({
      ...web(one.port),
      listeners: [
        listener('web', {
          routes: [
            { match: '/two', cluster: 'second' },
            { match: '/', cluster: 'app' },
          ],
          access_logs: [{ path: logFile, format: '%REQ(:PATH)% %UPSTREAM_CLUSTER%' }],
        }),
        listener('more', { cluster: 'second', routes: undefined }),
      ],
      clusters: [
        { name: 'app', endpoints: [`127.0.0.1:${one.port}`] },
        { name: 'second', endpoints: [`127.0.0.1:${two.port}`] },
      ],
    });
    expect(await reload(mesh)).toMatchObject({ applied: true, version: 2 });
    expect([await bodyOf(mesh), await bodyOf(mesh, '/two')]).toEqual(['one', 'two']);
    const more = (await listenerPort(mesh, 'more'))!;
    expect((await call(more, '/')).body).toBe('two');

    const running = await connectPeer(more);
    await mesh.write({ ...web(two.port), listeners: [listener('web')] });
    // The file's own change may be first; then this is the one behind it.
    expect((await reload(mesh)).applied).toBe(true);
    expect(await bodyOf(mesh)).toBe('two');
    expect(await listenerPort(mesh, 'more')).toBeUndefined();
    expect(await running.ending()).toBe('end');
    await expect(call(more, '/')).rejects.toThrow('ECONNREFUSED');
    expect((await linesReach(logFile, 2)).toSorted()).toEqual(['/ app', '/two second']);
    expect((await mesh.metrics()).find('meshlock_cluster_requests_active', { cluster: 'second' })).toEqual(
      [],
    );
  });
});

describe('a data thread that is stuck', () => {
  test('does not hold a reload up, and serves the new configuration once it is replaced', async () => {
    const [one, two] = [await startNamedUpstream('one'), await startNamedUpstream('two')];
    const module = join(import.meta.dirname, 'fixtures', 'unruly-filter.ts');
    const filtered = (upstream: number): Configuration => ({
      ...web(upstream, { stall_restart: '3s' }),
      listeners: [listener('web', { filters: [{ name: 'unruly', module }] })],
    });
    const mesh = await startMeshlock(filtered(one.port));
    const client = await connectPeer(mesh.port());
    client.send('GET /spin HTTP/1.1\r\nhost: mesh.test\r\n\r\n');
    const { thread } = await mesh.log.line(/^data thread [12] is stalled: /);

    await mesh.write(filtered(two.port));
    expect(await reload(mesh)).toMatchObject({ applied: true, version: 2 });
    expect(mesh.log.matching(/replacing it now$/)).toEqual([]);
    await mesh.log.line(new RegExp(`^data thread ${String(thread)} stalled for .*; replacing it now$`));
    client.destroy();
    await threadsBecome(mesh, ({ state }) => state === 'running', 'running');
    for (let i = 0; i < 20; i++) expect(await bodyOf(mesh)).toBe('two');
    const versions = (await threadsBecome(mesh, () => true, 'there')).map(
      (status) => status.snapshot_version,
    );
    expect(versions[0]).toBe(versions[1]);
  });
});

describe('a refused configuration', () => {
  test('is named with every problem in log and answer, and the old one keeps serving', async () => {
    const upstream = await startNamedUpstream('here');
    const mesh = await startMeshlock(web(upstream.port));
    await mesh.write({
      ...web(upstream.port),
      listeners: [listener('web', { routes: [{ cluster: 'ap' }] })],
      clusters: [{ name: 'app', endpoints: [`127.0.0.1:${upstream.port}`], conect_timeout: '1s' }],
    });
    const refused = await reload(mesh);
    expect(refused).toMatchObject({ applied: false, version: 1 });
    expect(refused.problems.map(({ path }) => path)).toEqual([
      'listeners[0].routes[0].cluster',
      'clusters[0].conect_timeout',
    ]);
    const line = await mesh.log.line(/^configuration refused, 1 stays in force/);
    expect(line['problems']).toEqual([
      expect.stringContaining('did you mean app?'),
      expect.stringContaining('did you mean connect_timeout?'),
    ]);
    expect(await bodyOf(mesh)).toBe('here');
    const metrics = await mesh.metrics();
    expect(metrics.sum('meshlock_config_last_reload_successful')).toBe(0);
    expect(metrics.sum('meshlock_config_reloads_total', { result: 'failure' })).toBeGreaterThanOrEqual(1);

    await mesh.write('listeners: [');
    expect(await reload(mesh)).toMatchObject({ applied: false, version: 1 });
    await mesh.write(web(upstream.port));
    expect(await reload(mesh)).toMatchObject({ applied: true, version: 2 });
    expect((await mesh.metrics()).sum('meshlock_config_last_reload_successful')).toBe(1);
  });

  test('with a port that is taken changes nothing, not even what would have worked', async () => {
    const upstream = await startNamedUpstream('here');
    const other = await startNamedUpstream('other');
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as { port: number };
    const mesh = await startMeshlock(web(upstream.port));
    await mesh.write({
      ...web(other.port),
      listeners: [
        listener('first'),
        listener('web', { routes: [{ match: '/', direct_response: 204 }] }),
        listener('late', { address: `127.0.0.1:${port}` }),
      ],
    });
    const refused = await reload(mesh);
    expect(refused).toMatchObject({ applied: false, version: 1 });
    expect(refused.problems).toMatchObject([
      { path: 'listener late', got: expect.stringContaining('EADDRINUSE') },
    ]);
    expect(await bodyOf(mesh)).toBe('here');
    expect(await listenerPort(mesh, 'first')).toBeUndefined();
    expect((await mesh.admin('/clusters')).body).toContain(`app::127.0.0.1:${upstream.port}::`);

    await new Promise((resolve) => taken.close(resolve));
    // What was written is also noticed by itself; whichever comes first applies it.
    expect(await reload(mesh)).toMatchObject({ applied: true });
    expect((await call(port, '/')).body).toBe('other');
  });

  test('with a filter that cannot be loaded changes nothing', async () => {
    const upstream = await startNamedUpstream('here');
    const mesh = await startMeshlock(web(upstream.port));
    const module = join(import.meta.dirname, 'fixtures', 'not-a-filter.ts');
    await mesh.write({
      ...web(upstream.port),
      listeners: [listener('web', { filters: [{ name: 'wrong', module }] }), listener('more')],
    });
    const refused = await reload(mesh);
    expect(refused.problems).toMatchObject([
      { path: 'listener web', got: expect.stringContaining('does not export a filter descriptor') },
    ]);
    expect(await bodyOf(mesh)).toBe('here');
    expect(await listenerPort(mesh, 'more')).toBeUndefined();
  });
});

describe('settings that are fixed for the life of the process', () => {
  test('are reported, and everything else takes effect', async () => {
    const [one, two] = [await startNamedUpstream('one'), await startNamedUpstream('two')];
    const mesh = await startMeshlock(web(one.port));
    const { adminPort } = mesh;
    await mesh.write({ ...web(two.port), data_threads: 1, thread_heap: '256MiB', admin: await closedPort() });
    expect(await reload(mesh)).toMatchObject({ applied: true });
    const line = await mesh.log.line(/^needs a restart to take effect/);
    expect(line['settings']).toEqual(['admin.address', 'data_threads', 'thread_heap']);
    expect(await bodyOf(mesh)).toBe('two');
    expect(mesh.adminPort).toBe(adminPort);
    const dump = await mesh.adminJson<{ config: Record<string, unknown> }>('/config_dump');
    expect(dump.config['waitingForRestart']).toEqual(['admin.address', 'data_threads', 'thread_heap']);
    expect(dump.config['dataThreads']).toBe(2);
  });
});

describe('a listener that goes with a reload', () => {
  test('lets running requests finish for drain_timeout, and no longer', async () => {
    const held: (() => void)[] = [];
    const upstream = await startHttpUpstream((_, response) => held.push(() => response.end('finished')));
    const both = {
      ...web(upstream.port),
      listeners: [listener('web'), listener('more')],
      drain_timeout: '2s',
    };
    const mesh = await startMeshlock(both);
    const [finished, cut] = [await connectPeer(mesh.port('more')), await connectPeer(mesh.port('more'))];
    for (const [index, client] of [finished, cut].entries()) {
      client.send('GET / HTTP/1.1\r\nhost: mesh.test\r\n\r\n');
      await becomesTrue(
        () => held.length === index + 1,
        () => 'the request to be held',
      );
    }
    await mesh.write({ ...web(upstream.port), drain_timeout: '2s' });
    expect((await reload(mesh)).applied).toBe(true);
    await expect(call(mesh.port('more'), '/')).rejects.toThrow('ECONNREFUSED');
    held[0]!();
    const answer = await finished.response();
    expect([answer.body, header(answer, 'connection')]).toEqual(['finished', 'close']);
    expect(await finished.ending()).toBe('end');
    await cut.ending();
  });
});

describe('a listener that gets other limits', () => {
  test('keeps its socket: no connection is refused or dropped meanwhile', async () => {
    const upstream = await startNamedUpstream('here');
    const mesh = await startMeshlock(web(upstream.port));
    const limited = (limit: number): Configuration => ({
      ...web(upstream.port),
      listeners: [listener('web', { backlog: 100 + limit, max_connections: limit })],
    });
    const load = new KeepAliveLoad({
      port: mesh.port(),
      connections: 4,
      request: () => ({ path: '/', headers: { connection: 'close' } }),
      judge: ({ status, body }) => (status === 200 && body === 'here' ? null : `${status} ${body}`),
    });
    for (let round = 1; round <= 10; round++) {
      await answersMore(load, 10);
      await mesh.write(limited(200 + round));
      await hangUp(mesh);
    }
    await load.stop();
    expect(load.failures).toEqual([]);

    await mesh.write(limited(2));
    expect((await reload(mesh)).applied).toBe(true);
    const clients = Array.from({ length: 8 }, () => createConnection(mesh.port(), '127.0.0.1'));
    for (const client of clients) client.on('error', () => {});
    await becomesTrue(
      async () => (await mesh.metrics()).sum('meshlock_listener_connections_rejected_total') >= 6,
      () => 'connections beyond the limit to be rejected',
    );
    expect((await mesh.metrics()).sum('meshlock_listener_connections_active')).toBeLessThanOrEqual(2);
    for (const client of clients) client.destroy();
  });
});

describe('reloads under load', () => {
  test('lose no request, whatever they change', async () => {
    const upstreams = [await startNamedUpstream('one'), await startNamedUpstream('two')];
    const ports = upstreams.map(({ port }) => port);
    const mesh = await startMeshlock(web(ports[0]!));
    const load = new KeepAliveLoad({
      port: mesh.port(),
      connections: 8,
      request: (number) =>
        number % 2 === 0
          ? { path: '/get' }
          : { path: '/post', method: 'POST', body: 'x'.repeat(number % 5000) },
      judge: ({ status, body }) =>
        status === 200 && ['one', 'two'].includes(body) ? null : `${status} ${body}`,
    });
    for (let round = 1; round <= 12; round++) {
      await answersMore(load, 40);
      await mesh.write({
        ...web(ports[round % 2]!),
        listeners: [
          listener('web', { limits: { max_header_count: 50 + round } }),
          ...(round % 3 === 0 ? [listener('more')] : []),
        ],
        clusters: [
          {
            name: 'app',
            endpoints: round % 4 === 0 ? ports : [ports[round % 2]!],
            balancer: round % 2 === 0 ? 'least_request' : 'round_robin',
          },
        ],
      });
      await hangUp(mesh);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.answered).toBeGreaterThan(480);
    expect(mesh.log.matching(/refused/)).toEqual([]);
  });
});

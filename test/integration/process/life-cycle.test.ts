/** How the program ends: in order, bounded, or at once; and what its clients see of it. */
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectPeer, header, type HttpUpstream, type Peer, startHttpUpstream } from '../harness/index.ts';
import { call } from './call.ts';
import { becomesTrue } from './eventually.ts';
import { type Configuration, type Meshlock, spawnMeshlock, startMeshlock } from './meshlock.ts';
import { threadsBecome } from './thread-status.ts';

const filter = join(import.meta.dirname, 'fixtures', 'unruly-filter.ts');

interface HoldingUpstream extends HttpUpstream {
  /** Answers that wait, on `/held`. */
  readonly held: (() => void)[];
}

async function startHoldingUpstream(): Promise<HoldingUpstream> {
  const held: (() => void)[] = [];
  const upstream = await startHttpUpstream((request, response) => {
    if (request.url === '/held') held.push(() => response.end('finished'));
    else response.end('here');
  });
  return { ...upstream, held };
}

function web(upstream: number, keys: Configuration = {}): Configuration {
  return {
    admin: '127.0.0.1:0',
    data_threads: 2,
    listeners: [{ name: 'web', address: '127.0.0.1:0', cluster: 'app' }],
    clusters: [{ name: 'app', endpoints: [`127.0.0.1:${upstream}`] }],
    ...keys,
  };
}

async function send(mesh: Meshlock, path: string): Promise<Peer> {
  const peer = await connectPeer(mesh.port());
  peer.send(`GET ${path} HTTP/1.1\r\nhost: mesh.test\r\n\r\n`);
  return peer;
}

/** A client whose request is with the upstream and not answered. */
async function sendHeld(mesh: Meshlock, upstream: HoldingUpstream): Promise<Peer> {
  const before = upstream.held.length;
  const peer = await send(mesh, '/held');
  await becomesTrue(
    () => upstream.held.length > before,
    () => 'the request to be held',
  );
  return peer;
}

async function timed<T>(work: Promise<T>): Promise<readonly [T, number]> {
  const startedMs = performance.now();
  return [await work, performance.now() - startedMs];
}

describe('SIGTERM', () => {
  test('lets running requests finish, closes keep-alive connections politely and refuses new ones', async () => {
    const upstream = await startHoldingUpstream();
    const mesh = await startMeshlock(web(upstream.port));
    const idle = await send(mesh, '/');
    await idle.response();
    const busy = await Promise.all([sendHeld(mesh, upstream), sendHeld(mesh, upstream)]);
    const ready = await mesh.admin('/ready');
    expect([ready.status, ready.body]).toEqual([200, 'LIVE\n']);

    mesh.signal('SIGTERM');
    await mesh.log.line(/^SIGTERM: draining; a signal now ends at once$/);
    expect(await idle.ending()).toBe('end');
    await becomesTrue(
      () => isRefused(mesh.port()),
      () => 'new connections to be refused',
    );
    const draining = await mesh.admin('/ready');
    expect([draining.status, draining.body]).toEqual([503, 'DRAINING\nthe process is draining\n']);
    expect(mesh.hasEnded).toBe(false);

    for (const finish of upstream.held) finish();
    for (const client of busy) {
      const answer = await client.response();
      expect([answer.status, answer.body, header(answer, 'connection')]).toEqual([200, 'finished', 'close']);
      expect(await client.ending()).toBe('end');
      client.destroy();
    }
    expect(await mesh.ended()).toEqual({ code: 0, signal: null });
    expect(mesh.log.lines.at(-1)).toMatchObject({ message: 'ended', code: 0 });
    expect(mesh.log.matching(/cut|did not drain/)).toEqual([]);
  });

  test('waits no longer than drain_timeout', async () => {
    const upstream = await startHoldingUpstream();
    const mesh = await startMeshlock(web(upstream.port, { drain_timeout: '500ms' }));
    const client = await sendHeld(mesh, upstream);
    const [exit, tookMs] = await timed(mesh.stop());
    expect(exit).toEqual({ code: 0, signal: null });
    expect(tookMs).toBeGreaterThan(450);
    expect(tookMs).toBeLessThan(5000);
    expect((await mesh.log.line(/were cut at the end of drain_timeout$/))['cut']).toBe(1);
    await client.ending();
    expect(client.received).toBe(0);
  });

  test('ends also while a data thread is stuck in a loop', async () => {
    const upstream = await startHoldingUpstream();
    const listener = { name: 'web', address: '127.0.0.1:0', filters: [{ name: 'unruly', module: filter }] };
    const mesh = await startMeshlock(
      web(upstream.port, { listeners: [{ ...listener, cluster: 'app' }], drain_timeout: 0, data_threads: 1 }),
    );
    const client = await send(mesh, '/spin');
    await threadsBecome(mesh, ({ state }) => state === 'stalled', 'stalled');
    expect(await mesh.stop()).toEqual({ code: 0, signal: null });
    expect((await mesh.log.line(/^data threads did not drain$/))['threads']).toEqual([1]);
    client.destroy();
  });

  test('and a second one ends at once with code 1', async () => {
    const upstream = await startHoldingUpstream();
    const mesh = await startMeshlock(web(upstream.port, { drain_timeout: '60s' }));
    const client = await sendHeld(mesh, upstream);
    mesh.signal('SIGTERM');
    await mesh.log.line(/^SIGTERM: draining/);
    mesh.signal('SIGHUP');
    const refused = await mesh.log.line(
      /^configuration refused, 1 stays in force: it cannot be changed now$/,
    );
    expect(refused['problems']).toEqual([expect.stringContaining('one that is draining')]);
    const [exit, tookMs] = await timed(mesh.stop());
    expect(exit).toEqual({ code: 1, signal: null });
    expect(tookMs).toBeLessThan(3000);
    expect(mesh.log.matching(/^SIGTERM while draining: ending at once$/)).toHaveLength(1);
    await client.ending();
  });

  test('during the start ends in order', async () => {
    const upstream = await startHoldingUpstream();
    // A cluster whose first health check hangs holds the start up.
    const held = await startHttpUpstream(() => {});
    const cluster = {
      name: 'app',
      endpoints: [`127.0.0.1:${held.port}`],
      health_check: { http: '/healthz', timeout: '30s' },
    };
    const mesh = await spawnMeshlock(web(upstream.port, { clusters: [cluster] }));
    onTestFinished(() => mesh.dispose());
    await becomesTrue(
      () => held.connections() > 0,
      () => 'the first health check',
    );
    expect(await mesh.stop()).toEqual({ code: 0, signal: null });
    expect(mesh.log.matching(/cannot start/)).toEqual([]);
  });
});

describe('SIGINT and POST /quitquitquit', () => {
  test('end in order, too', async () => {
    const upstream = await startHoldingUpstream();
    for (const ask of [
      async (mesh: Meshlock) => mesh.signal('SIGINT'),
      async (mesh: Meshlock) => {
        expect((await mesh.admin('/quitquitquit', { method: 'POST' })).status).toBe(200);
      },
    ]) {
      const mesh = await startMeshlock(web(upstream.port));
      const client = await sendHeld(mesh, upstream);
      await ask(mesh);
      await mesh.log.line(/: draining; a signal now ends at once$/);
      upstream.held.at(-1)!();
      expect((await client.response()).body).toBe('finished');
      client.destroy();
      expect(await mesh.ended()).toEqual({ code: 0, signal: null });
    }
  });
});

describe('draining by hand', () => {
  test('stops accepting after POST /drain_listeners and keeps what runs', async () => {
    const upstream = await startHoldingUpstream();
    const mesh = await startMeshlock(web(upstream.port));
    const client = await sendHeld(mesh, upstream);
    expect((await mesh.admin('/drain_listeners', { method: 'POST' })).status).toBe(200);
    await becomesTrue(
      () => isRefused(mesh.port()),
      () => 'new connections to be refused',
    );
    expect((await mesh.admin('/listeners')).body).toMatch(/^web::127\.0\.0\.1:\d+::draining\n$/);
    expect((await mesh.admin('/ready')).status).toBe(503);
    upstream.held[0]!();
    expect((await client.response()).body).toBe('finished');
    client.destroy();
    expect(await mesh.stop()).toEqual({ code: 0, signal: null });
  });

  test('gracefully asks keep-alive connections to go and goes on accepting with skip_exit', async () => {
    const upstream = await startHoldingUpstream();
    const mesh = await startMeshlock(web(upstream.port));
    const client = await send(mesh, '/');
    expect(header(await client.response(), 'connection')).toBeUndefined();
    const path = '/drain_listeners?graceful&skip_exit';
    expect((await mesh.admin(path, { method: 'POST' })).status).toBe(200);
    await becomesTrue(
      async () =>
        (await call(mesh.port(), '/', { headers: { connection: 'keep-alive' } })).headers.connection ===
        'close',
      () => 'answers to say Connection: close',
    );
    client.send('GET / HTTP/1.1\r\nhost: mesh.test\r\n\r\n');
    const answer = await client.response();
    expect([answer.body, header(answer, 'connection')]).toEqual(['here', 'close']);
    expect(await client.ending()).toBe('end');
  });
});

/** Whether a connection to the port is refused now. */
function isRefused(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket: Socket = createConnection(port, '127.0.0.1');
  socket.once('connect', () => resolve(false));
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  return promise.finally(() => socket.destroy());
}

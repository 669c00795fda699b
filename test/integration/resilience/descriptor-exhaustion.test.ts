/** The program with hardly any file descriptors: what it cannot serve it refuses, and it goes on when some are free. */
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectPeer, type Peer, startHttpUpstream, until } from '../harness/index.ts';
import { fetchOn, request } from '../harness/mesh.ts';
import { call } from '../process/call.ts';
import { becomesTrue } from '../process/eventually.ts';
import { type Meshlock, startMeshlock } from '../process/meshlock.ts';

/** It needs about half of them for itself. */
const descriptors = 64;

async function start(upstreamPort: number, tcp: number): Promise<Meshlock> {
  return startMeshlock(
    {
      admin: '127.0.0.1:0',
      data_threads: 1,
      listeners: [
        { name: 'web', address: '127.0.0.1:0', cluster: 'app' },
        { name: 'tcp', address: '127.0.0.1:0', protocol: 'tcp', cluster: 'raw' },
      ],
      clusters: [
        {
          name: 'app',
          endpoints: [`127.0.0.1:${upstreamPort}`],
          outlier_detection: { consecutive_5xx: 1, base_ejection_time: '1h' },
          panic_threshold: 0,
        },
        { name: 'raw', endpoints: [`127.0.0.1:${tcp}`], panic_threshold: 0 },
      ],
    },
    { descriptors },
  );
}

/** Accepts and keeps quiet. */
async function startQuiet(): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as { port: number }).port, sockets };
}

/** Connections that are kept open, and how many of them the other side has ended. */
class Crowd {
  readonly sockets: Socket[] = [];
  ended = 0;

  grow(port: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const socket = createConnection({ host: '127.0.0.1', port });
      this.sockets.push(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.ended++);
      socket.resume();
    }
  }

  async leave(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await until(() => this.ended === this.sockets.length);
  }
}

async function serves(mesh: Meshlock, count: number): Promise<void> {
  for (let i = 0; i < count; i++) expect((await call(mesh.port('web'), `/${i}`)).body).toBe(`/${i}`);
}

describe('a process without a free file descriptor', () => {
  test('turns new connections away, and accepts again when some have left', async () => {
    const upstream = await startHttpUpstream((incoming, outgoing) => outgoing.end(incoming.url));
    const quiet = await startQuiet();
    const mesh = await start(upstream.port, quiet.port);
    await serves(mesh, 3);
    for (let round = 0; round < 3; round++) {
      const crowd = new Crowd();
      onTestFinished(() => crowd.leave());
      crowd.grow(mesh.port('web'), 2 * descriptors);
      // Some are in, the others are shown out.
      await until(() => crowd.ended > 0);
      expect(mesh.hasEnded).toBe(false);
      expect(crowd.ended).toBeLessThan(crowd.sockets.length);
      await crowd.leave();
      await becomesTrue(
        async () => (await call(mesh.port('web'), '/').catch(() => null))?.status === 200,
        () => `an answer in round ${round}`,
      );
      await serves(mesh, 20);
    }
    expect(
      (await mesh.metrics()).sum('meshlock_listener_connections_active', { listener: 'web' }),
    ).toBeLessThan(5);
    expect((await mesh.stop()).code).toBe(0);
  });

  test('answers 503 where it cannot connect, holds it against no endpoint, and connects when it can', async () => {
    const { promise: oneIsRefused, resolve: onRefused } = Promise.withResolvers<void>();
    const upstream = await startHttpUpstream((incoming, outgoing) => {
      // Whoever got a connection keeps it until somebody went without.
      const turn = incoming.url === '/crowded' ? oneIsRefused : Promise.resolve();
      void turn.then(() => outgoing.end(incoming.url));
    });
    const quiet = await startQuiet();
    const mesh = await start(upstream.port, quiet.port);
    const clients: Peer[] = [];
    onTestFinished(() => {
      for (const client of clients) client.destroy();
    });
    const crowd = new Crowd();
    onTestFinished(() => crowd.leave());
    // These are in before it gets crowded, and have asked for nothing yet.
    for (let i = 0; i < 4; i++) clients.push(await connectPeer(mesh.port('web')));
    const [first] = clients;
    expect((await fetchOn(first!, request('/before', 'connection: keep-alive\r\n'))).body).toBe('/before');
    crowd.grow(mesh.port('web'), 2 * descriptors);
    await until(() => crowd.ended > 0);
    // One connection to the upstream is there; all at once need more.
    const responses = await Promise.all(
      clients.map(async (client) => {
        const response = await fetchOn(client, request('/crowded'));
        if (response.status === 503) onRefused();
        return response;
      }),
    );
    const refused = responses.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    for (const { body } of refused) expect(body).toContain('no file descriptor left in this process (UO)');
    await crowd.leave();
    await becomesTrue(
      async () => (await call(mesh.port('web'), '/').catch(() => null))?.status === 200,
      () => 'an answer',
    );
    for (const client of clients) expect((await fetchOn(client, request('/after'))).body).toBe('/after');
    await serves(mesh, 10);
    const metrics = await mesh.metrics();
    expect(metrics.sum('meshlock_cluster_connect_failures_total', { cluster: 'app' })).toBe(0);
    expect(mesh.log.matching(/was ejected/)).toEqual([]);
    expect((await mesh.stop()).code).toBe(0);
  });

  test('resets TCP sessions that it cannot connect, and serves the next ones', async () => {
    const upstream = await startHttpUpstream((incoming, outgoing) => outgoing.end(incoming.url));
    const quiet = await startQuiet();
    const mesh = await start(upstream.port, quiet.port);
    const crowd = new Crowd();
    onTestFinished(() => crowd.leave());
    crowd.grow(mesh.port('tcp'), descriptors);
    // Each session takes two: at most half of what is left can stand.
    await until(() => crowd.ended > 0 && quiet.sockets.length > 0);
    await crowd.leave();
    await becomesTrue(
      async () => {
        const metrics = await mesh.metrics().catch(() => null);
        return metrics?.sum('meshlock_cluster_connections_active', { cluster: 'raw' }) === 0;
      },
      () => 'sessions to end',
    );
    const before = quiet.sockets.length;
    const next = new Crowd();
    onTestFinished(() => next.leave());
    next.grow(mesh.port('tcp'), 5);
    await until(() => quiet.sockets.length === before + 5);
    expect(next.ended).toBe(0);
    await serves(mesh, 5);
  });
});

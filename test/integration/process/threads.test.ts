/**
 * What a user's filter can do to a data thread, and what the program makes of it: the control thread goes on answering,
 * the thread is replaced, nothing is counted backwards and nothing leaks.
 */
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectPeer, header, type HttpUpstream, type Peer, startHttpUpstream } from '../harness/index.ts';
import { call } from './call.ts';
import { becomesTrue, eventually } from './eventually.ts';
import { type Configuration, type Meshlock, startMeshlock } from './meshlock.ts';
import { Monotone } from './samples.ts';
import { threadsBecome } from './thread-status.ts';

const filter = join(import.meta.dirname, 'fixtures', 'unruly-filter.ts');

function configuration(
  upstream: number,
  keys: Configuration = {},
  cluster: Configuration = {},
): Configuration {
  return {
    admin: '127.0.0.1:0',
    data_threads: 2,
    listeners: [
      { name: 'web', address: '127.0.0.1:0', cluster: 'app', filters: [{ name: 'unruly', module: filter }] },
    ],
    clusters: [{ name: 'app', endpoints: [`127.0.0.1:${upstream}`], ...cluster }],
    ...keys,
  };
}

/** An upstream that answers at once, except on `/held`: those answers are given when the test says so. */
async function startHoldingUpstream(): Promise<HttpUpstream & { readonly held: ServerResponse[] }> {
  const held: ServerResponse[] = [];
  const upstream = await startHttpUpstream((request, response) => {
    if (request.url !== '/held') {
      response.end('here');
      return;
    }
    held.push(response);
    response.on('close', () => held.splice(held.indexOf(response), 1));
  });
  return { ...upstream, held };
}

async function sendRequest(mesh: Meshlock, path: string): Promise<Peer> {
  const peer = await connectPeer(mesh.port());
  peer.send(`GET ${path} HTTP/1.1\r\nhost: mesh.test\r\n\r\n`);
  return peer;
}

/** The kernel decides which thread gets which connection; of so many, each gets some. */
async function stickAllThreads(mesh: Meshlock): Promise<Peer[]> {
  const peers = await Promise.all(Array.from({ length: 16 }, () => sendRequest(mesh, '/spin')));
  await threadsBecome(mesh, ({ state }) => state === 'stalled', 'stalled');
  return peers;
}

/** Good answers, one connection each. */
async function getMany(mesh: Meshlock, count: number): Promise<void> {
  for (let i = 0; i < count; i++) expect((await call(mesh.port(), '/')).status).toBe(200);
}

/** Waits until traffic flows again; requests that fail meanwhile are not counted by anybody. */
async function flowsAgain(mesh: Meshlock): Promise<void> {
  await eventually(
    async () => {
      const answer = await call(mesh.port(), '/').catch(() => null);
      return answer?.status === 200 ? true : undefined;
    },
    () => 'traffic to flow again',
  );
}

async function metricsTimes(mesh: Meshlock): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) times.push((await mesh.admin('/metrics')).tookMs);
  return times.sort((a, b) => a - b);
}

async function gaugesReturn(mesh: Meshlock): Promise<void> {
  const gauges = [
    'meshlock_listener_connections_active',
    'meshlock_listener_requests_active',
    'meshlock_cluster_requests_active',
    'meshlock_cluster_requests_pending',
  ];
  let seen: [string, number][] = [];
  await becomesTrue(
    async () => {
      const samples = await mesh.metrics();
      seen = gauges.map((name) => [name, samples.sum(name)]);
      return seen.every(([, value]) => value === 0);
    },
    () => `gauges to return to 0, got ${JSON.stringify(seen)}`,
  );
}

describe('data threads that are all stuck in a loop', () => {
  test('leave /metrics fast, are named, replaced after stall_restart, and nothing is lost but their work', async () => {
    const upstream = await startHoldingUpstream();
    const mesh = await startMeshlock(configuration(upstream.port, { stall_restart: '3s' }));
    await getMany(mesh, 20);
    const before = await mesh.metrics();
    expect(before.sum('meshlock_listener_requests_total', { code_class: '2xx' })).toBe(20);
    const monotone = new Monotone();
    monotone.take(before);

    const peers = await stickAllThreads(mesh);
    const times = await metricsTimes(mesh);
    console.log(
      `/metrics while all threads are stuck: ${times.map((ms) => `${ms.toFixed(1)} ms`).join(', ')}`,
    );
    expect(times[0]).toBeLessThan(100);
    const ready = await mesh.admin('/ready');
    expect([ready.status, ready.body]).toEqual([
      503,
      expect.stringContaining('data thread 1: it is stalled'),
    ]);
    expect((await mesh.admin('/threads')).body).toMatch(/^thread 1: stalled, heartbeat \d+ ms ago/);
    monotone.take(await mesh.metrics());

    await mesh.log.count(/^data thread [12] stalled for \d\.\d s; replacing it now$/, 2);
    for (const peer of peers) peer.destroy();
    await flowsAgain(mesh);
    const threads = await threadsBecome(mesh, ({ state }) => state === 'running', 'running');
    expect(threads.map(({ restarts }) => restarts)).toEqual([1, 1]);
    for (const { last_replacement } of threads)
      expect(last_replacement?.reason).toMatch(/^stalled for [3-9]\./);
    await getMany(mesh, 10);
    const after = await mesh.metrics();
    monotone.take(after);
    expect(monotone.fallen).toEqual([]);
    // One more for each try of `flowsAgain` that was answered: exactly one.
    expect(after.sum('meshlock_listener_requests_total', { code_class: '2xx' })).toBe(31);
    expect(after.sum('meshlock_thread_replacements_total', { reason: 'stalled' })).toBe(2);
    await gaugesReturn(mesh);
    expect((await mesh.admin('/ready')).status).toBe(200);
  });

  test('give back the places of the circuit breakers that they held', async () => {
    const upstream = await startHoldingUpstream();
    const limits = { max_requests: 4, max_connections: 6 };
    const mesh = await startMeshlock(
      configuration(upstream.port, { stall_restart: '2s' }, { circuit_breakers: limits }),
    );
    const holdAll = async (): Promise<Peer[]> => {
      const peers = await Promise.all(Array.from({ length: 4 }, () => sendRequest(mesh, '/held')));
      await becomesTrue(
        () => upstream.held.length === 4,
        () => `4 requests to be held, got ${upstream.held.length}`,
      );
      return peers;
    };
    const holders = await holdAll();
    expect((await call(mesh.port(), '/')).headers['proxy-status']).toContain('details="UO: ');

    holders.push(...(await stickAllThreads(mesh)));
    await mesh.log.count(/^data thread [12] stalled for \d\.\d s; replacing it now$/, 2);
    for (const peer of holders) peer.destroy();
    await flowsAgain(mesh);
    await threadsBecome(mesh, ({ state }) => state === 'running', 'running');
    await becomesTrue(
      () => upstream.held.length === 0,
      () => 'the upstream to see the connections of the dead threads end',
    );

    const again = await holdAll();
    expect((await call(mesh.port(), '/')).status).toBe(503);
    for (const response of upstream.held) response.end('at last');
    for (const peer of again) {
      expect((await peer.response()).body).toBe('at last');
      peer.destroy();
    }
    await gaugesReturn(mesh);
  });
});

describe('data threads that have nothing to do', () => {
  test('are told as idle although their CPU is recorded', async () => {
    const upstream = await startHoldingUpstream();
    const mesh = await startMeshlock(configuration(upstream.port, { holmes: { enabled: true } }));
    // The first second is still that of the start.
    const samples = await eventually(
      async () => {
        const now = await mesh.metrics();
        return now.sum('meshlock_thread_heartbeats_total') > 80 ? now : undefined;
      },
      () => 'four seconds of heartbeats',
    );
    for (const { value } of samples.find('meshlock_thread_utilization_ratio'))
      expect(value).toBeLessThan(0.2);
    expect(samples.find('meshlock_thread_utilization_ratio')).toHaveLength(2);
  });
});

describe('a data thread that dies', () => {
  test('is replaced at once and everybody is told why, whatever it died of', async () => {
    const upstream = await startHoldingUpstream();
    const mesh = await startMeshlock(configuration(upstream.port, { thread_heap: '64MiB' }));
    const monotone = new Monotone();
    await getMany(mesh, 10);
    const deaths = [
      { path: '/throw-later', why: 'crashed: Error: thrown later by a filter', reason: 'crashed' },
      { path: '/reject', why: 'crashed: Error: rejected by a filter', reason: 'crashed' },
      { path: '/exit', why: 'ended by itself with code 7', reason: 'crashed' },
      { path: '/eat', why: 'ran out of heap (limit 64 MiB)', reason: 'out-of-memory' },
    ];
    const replaced = { crashed: 0, 'out-of-memory': 0 };
    for (const { path, why, reason } of deaths) {
      monotone.take(await mesh.metrics());
      const from = mesh.log.lines.length;
      const peer = await sendRequest(mesh, path);
      await peer.ending();
      const line = await mesh.log.line(/^data thread [12] .*; replacing it (now|in \d+\.\d s)$/, from);
      expect(line.message).toContain(` ${why}; `);
      if (reason === 'crashed' && path !== '/exit') expect(line['stack']).toContain('unruly-filter.ts');

      const threads = await threadsBecome(mesh, ({ state }) => state === 'running', 'running');
      const { restarts, last_replacement } = threads.find(({ thread }) => thread === line['thread'])!;
      expect([restarts > 0, last_replacement?.reason]).toEqual([true, why]);
      replaced[reason as keyof typeof replaced]++;
      await getMany(mesh, 10);
      const samples = await mesh.metrics();
      for (const [name, count] of Object.entries(replaced)) {
        expect(samples.sumOr0('meshlock_thread_replacements_total', { reason: name }), name).toBe(count);
      }
    }
    const last = await mesh.metrics();
    monotone.take(last);
    expect(monotone.fallen).toEqual([]);
    expect(last.sum('meshlock_listener_requests_total', { code_class: '2xx' })).toBeGreaterThanOrEqual(50);
    await gaugesReturn(mesh);
    expect(await mesh.stop()).toEqual({ code: 0, signal: null });
  });

  test('takes nothing of the other threads with it', async () => {
    const upstream = await startHoldingUpstream();
    const mesh = await startMeshlock(configuration(upstream.port));
    const byThread = await peersOnBothThreads(mesh);
    const [doomed, other] = [byThread.get('1')!, byThread.get('2')!];
    other.send('GET /held HTTP/1.1\r\nhost: mesh.test\r\n\r\n');
    await becomesTrue(
      () => upstream.held.length === 1,
      () => 'the request to be held',
    );
    doomed.send('GET /exit HTTP/1.1\r\nhost: mesh.test\r\n\r\n');
    await doomed.ending();
    await mesh.log.line(/^data thread 1 ended by itself with code 7; replacing it now$/);
    upstream.held[0]!.end('untouched');
    expect((await other.response()).body).toBe('untouched');
    other.destroy();
  });
});

/** A keep-alive connection to each thread. */
async function peersOnBothThreads(mesh: Meshlock): Promise<Map<string, Peer>> {
  const byThread = new Map<string, Peer>();
  await becomesTrue(
    async () => {
      const peer = await sendRequest(mesh, '/');
      const thread = header(await peer.response(), 'x-thread')!;
      if (byThread.has(thread)) peer.destroy();
      else byThread.set(thread, peer);
      return byThread.size === 2;
    },
    () => 'connections to both threads',
  );
  return byThread;
}

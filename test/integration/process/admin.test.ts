/** The admin API over the real process, under traffic: every documented call, what it says, and what it must not say. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { connectPeer, type Peer } from '../harness/index.ts';
import { type Answer, call } from './call.ts';
import { documentedCalls, isDiagnosis, isHealth } from './documented-calls.ts';
import { becomesTrue } from './eventually.ts';
import { type Configuration, launchMeshlock, type Meshlock, startMeshlock } from './meshlock.ts';
import { readSamples } from './samples.ts';

const promtool = 'promtool';

let upstream: Server;
let mesh: Meshlock;
let holder: Peer;

beforeAll(async () => {
  upstream = createServer((request, response) => {
    if (request.url === '/fails') response.writeHead(500);
    if (request.url !== '/held') response.end('here');
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  mesh = await launchMeshlock(configuration());
  for (let i = 0; i < 10; i++) await call(mesh.port(), '/');
  await call(mesh.port(), '/fails');
  await call(mesh.port(), '/direct');
  await call(mesh.port(), '/nobody');
  // And one that is under way.
  holder = await connectPeer(mesh.port());
  holder.send('GET /held HTTP/1.1\r\nhost: mesh.test\r\n\r\n');
  await becomesTrue(
    async () => (await mesh.metrics()).sum('meshlock_cluster_requests_active', { cluster: 'app' }) === 1,
    () => 'the held request to be active',
  );
}, 30_000);

afterAll(async () => {
  holder.destroy();
  await mesh.dispose();
  upstream.closeAllConnections();
  upstream.close();
});

function configuration(): Configuration {
  const { port } = upstream.address() as AddressInfo;
  return {
    node: { id: 'cart-1', service: 'cart', version: '1.2.3', release: 'r7' },
    admin: '127.0.0.1:0',
    data_threads: 2,
    listeners: [
      {
        name: 'web',
        role: 'inbound',
        address: '127.0.0.1:0',
        routes: [
          { name: 'direct', match: '/direct', direct_response: 204 },
          { name: 'nobody', match: '/nobody', cluster: 'nobody' },
          { name: 'all', match: '/', cluster: 'app' },
        ],
      },
    ],
    clusters: [
      { name: 'app', endpoints: [`127.0.0.1:${port}`], health_check: { tcp: true, interval: '1s' } },
      { name: 'nobody', endpoints: ['127.0.0.1:1'] },
    ],
  };
}

/** Those of holmes and of health have tests of their own: diagnosis.test.ts and gate.test.ts. */
const ownCalls = documentedCalls().filter((documented) => !isDiagnosis(documented) && !isHealth(documented));

type Check = (answer: Answer, json: unknown) => void;

/** What each call answers here. `json` is the same with `?format=json`, where it has that. */
const checks: Readonly<Record<string, Check>> = {
  'GET /': ({ body }) => expect(body).toMatch(/^admin commands are:\n(.*\n)*.*\/metrics: /),
  'GET /help': ({ body }) => expect(body).toContain('/quitquitquit (POST): '),
  'GET /ready': ({ body }, json) => {
    expect(body).toBe('LIVE\n');
    expect(json).toMatchObject({ ready: true, state: 'LIVE', reasons: [] });
    const { components } = json as { components: readonly { name: string; ready: boolean }[] };
    expect(components.map(({ name }) => name)).toEqual(['data thread 1', 'data thread 2', 'listener web']);
  },
  'GET /server_info': (_, json) =>
    expect(json).toMatchObject({
      state: 'LIVE',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      pid: mesh.pid,
      node: { id: 'cart-1', cluster: 'cart', metadata: { version: '1.2.3', release: 'r7' } },
      command_line_options: { config: mesh.configFile },
    }),
  'GET /threads': ({ body }, json) => {
    expect(body).toMatch(
      /^thread 1: running, heartbeat \d+ ms ago, snapshot [1-9]\d*, 0 restarts\nthread 2: /,
    );
    const { threads } = json as { threads: readonly { heartbeat_age_ms: number }[] };
    expect(threads).toMatchObject([
      { thread: 1, state: 'running', restarts: 0, last_replacement: null },
      { thread: 2, state: 'running', restarts: 0, last_replacement: null },
    ]);
    for (const { heartbeat_age_ms } of threads) expect(heartbeat_age_ms).toBeLessThan(1000);
  },
  'GET /memory': (_, json) => {
    const { allocated, heap_size, total_physical_bytes, heap_limit } = json as Record<string, number>;
    expect(allocated).toBeGreaterThan(1_000_000);
    expect(heap_size).toBeGreaterThanOrEqual(allocated!);
    expect(total_physical_bytes).toBeGreaterThan(heap_size!);
    expect(heap_limit).toBeGreaterThan(heap_size!);
  },
  'GET /certs': (_, json) => expect(json).toEqual({ certificates: [] }),
  'GET /hot_restart_version': ({ body }) => expect(body).toBe('disabled\n'),
  'GET /stats': ({ body }, json) => {
    const stats = new Map(body.split('\n').map((line) => line.split(': ') as [string, string]));
    expect(stats.get('cluster.app.upstream_rq_2xx')).toBe('10');
    expect(stats.get('cluster.app.upstream_rq_5xx')).toBe('1');
    expect(stats.get('cluster.app.upstream_rq_active')).toBe('1');
    expect(stats.get('cluster.nobody.upstream_cx_connect_fail')).toBe('1');
    expect(stats.get('server.concurrency')).toBe('2');
    expect([...stats.keys()].filter((name) => name !== '')).toEqual(
      [...stats.keys()].filter((name) => name !== '').sort(),
    );
    expect((json as { stats: unknown[] }).stats.length).toBeGreaterThan(100);
  },
  'GET /metrics': checkMetrics,
  'GET /stats/prometheus': checkMetrics,
  'GET /listeners': ({ body }, json) => {
    expect(body).toBe(`web::127.0.0.1:${mesh.port()}\n`);
    expect(json).toMatchObject({
      listener_statuses: [{ name: 'web', role: 'inbound', state: 'active', connections_active: 1 }],
    });
  },
  'GET /clusters': ({ body }) => {
    const { port } = upstream.address() as AddressInfo;
    for (const fact of [
      'rq_total::11',
      'rq_success::10',
      'rq_error::1',
      'rq_active::1',
      'health_flags::healthy',
    ])
      expect(body).toContain(`app::127.0.0.1:${port}::${fact}\n`);
    expect(body).toContain('nobody::127.0.0.1:1::cx_connect_fail::1\n');
    expect(body).toContain('app::default_priority::max_requests::1024\n');
  },
  'GET /config_dump': (_, json) => {
    const dump = json as { version_info: string; origin: string; config: Record<string, unknown> };
    expect([dump.version_info, dump.origin]).toEqual(['1', mesh.configFile]);
    expect(dump.config['listeners']).toMatchObject([{ name: 'web', address: { port: mesh.port() } }]);
    expect(dump.config['clusters']).toMatchObject([{ name: 'app' }, { name: 'nobody' }]);
  },
  'POST /reload': ({ body }) => expect(body).toMatch(/^OK: version \d+ is applied\n$/),
  'POST /drain_listeners': done,
  'POST /healthcheck/fail': done,
  'POST /healthcheck/ok': done,
  'POST /quitquitquit': done,
  'GET /logging': ({ body }) => expect(body).toMatch(/^active loggers:\n( {2}[\w-]+: info\n)+/),
  'POST /logging': ({ body }) => expect(body).toContain('  admin: info\n'),
  'POST /reopen_logs': done,
};

function done({ body }: Answer): void {
  expect(body).toBe('OK\n');
}

function checkMetrics({ body, headers }: Answer): void {
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const samples = readSamples(body);
  const web = { listener: 'web', role: 'inbound' };
  expect(samples.sum('meshlock_listener_requests_total', { ...web, code_class: '2xx' })).toBe(11);
  expect(samples.sum('meshlock_listener_requests_total', { ...web, code_class: '5xx' })).toBe(2);
  expect(samples.sum('meshlock_listener_requests_active', web)).toBe(1);
  expect(samples.sum('meshlock_listener_request_duration_seconds_count', web)).toBe(13);
  expect(samples.sum('meshlock_route_requests_total', { route: 'direct', code_class: '2xx' })).toBe(1);
  expect(samples.sum('meshlock_cluster_connect_failures_total', { cluster: 'nobody' })).toBe(1);
  expect(samples.sum('meshlock_cluster_requests_total', { cluster: 'app', code_class: '5xx' })).toBe(1);
  expect(samples.sum('meshlock_endpoint_healthy', { cluster: 'app' })).toBe(1);
  expect(samples.sum('meshlock_health_checks_total', { cluster: 'app', result: 'success' })).toBeGreaterThan(
    0,
  );
  expect(samples.sum('meshlock_thread_heartbeats_total', { thread: '2' })).toBeGreaterThan(0);
  expect(samples.sum('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
}

/** They change what the others say, so they come last, and in this order. */
const changing = [
  'POST /healthcheck/fail',
  'POST /healthcheck/ok',
  'POST /drain_listeners',
  'POST /quitquitquit',
];

describe('the admin API of a running proxy', () => {
  test('has a check here for every documented call, and no other', () => {
    expect(Object.keys(checks).toSorted()).toEqual(ownCalls.toSorted());
  });

  test.each(ownCalls.filter((documented) => !changing.includes(documented)))(
    'answers %s from what it really is',
    async (documented) => {
      const [method = '', path = ''] = documented.split(' ');
      const answer = await mesh.admin(path, { method });
      expect(answer.status).toBe(200);
      let json: unknown;
      if (method === 'GET' && !/metrics|prometheus/.test(path)) {
        const inJson = await mesh.admin(`${path}?format=json`);
        expect([inJson.status, inJson.headers['content-type']]).toEqual([
          200,
          'application/json; charset=utf-8',
        ]);
        json = JSON.parse(inJson.body);
      }
      checks[documented]!(answer, json);
    },
  );

  test('understands its parameters', async () => {
    const used = (await mesh.admin('/stats?usedonly&filter=^cluster\\.app\\.upstream_rq_2xx$')).body;
    expect(used).toBe('cluster.app.upstream_rq_2xx: 10\n');
    const families = (await mesh.admin('/metrics?filter=meshlock_build_info')).body;
    expect(families.match(/^# TYPE .*/gm)).toEqual(['# TYPE meshlock_build_info gauge']);
    const dump = await mesh.adminJson<{ config: object }>('/config_dump?resource=clusters&name_regex=no.*');
    expect(dump.config).toMatchObject({ clusters: [{ name: 'nobody' }] });
    const eds = await mesh.adminJson<{ config: { endpoints: object[] } }>('/config_dump?include_eds');
    expect(eds.config.endpoints).toMatchObject([{ name: 'app', host_statuses: [{ weight: 1 }] }, {}]);
    expect((await mesh.admin('/logging?admin=debug', { method: 'POST' })).body).toContain('  admin: debug\n');
    expect((await mesh.admin('/logging?level=info', { method: 'POST' })).body).toContain('  admin: info\n');
    expect((await mesh.admin('/redy')).body).toContain('/ready');
    expect((await mesh.admin('/reload')).status).toBe(405);
  });

  test('gives OpenMetrics to who accepts it', async () => {
    const accept = 'application/openmetrics-text; version=1.0.0, text/plain;q=0.5';
    const { headers, body } = await mesh.admin('/metrics', { headers: { accept } });
    expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(body.endsWith('\n# EOF\n')).toBe(true);
    const open = readSamples(body);
    const text = await mesh.metrics();
    expect(open.sum('meshlock_listener_requests_total')).toBe(text.sum('meshlock_listener_requests_total'));
    expect(open.types.get('meshlock_listener_requests')).toBe('counter');
    expect(open.rising().size).toBe(text.rising().size);
  });

  const withoutPromtool = spawnSync(promtool, ['--version']).error !== undefined;
  test.skipIf(withoutPromtool)('passes promtool check metrics under traffic', async () => {
    const input = (await mesh.admin('/metrics')).body;
    const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });

  test('changes what it is asked to change', async () => {
    await mesh.admin('/healthcheck/fail', { method: 'POST' });
    const failed = await mesh.admin('/ready');
    expect([failed.status, failed.body]).toEqual([503, expect.stringContaining('failed by hand')]);
    expect((await call(mesh.port(), '/')).status).toBe(200);
    await mesh.admin('/healthcheck/ok', { method: 'POST' });
    expect((await mesh.admin('/ready')).status).toBe(200);
    for (const documented of changing) {
      const path = documented.split(' ')[1]!;
      const answer = await mesh.admin(path, { method: 'POST' });
      expect(answer.status, documented).toBe(200);
      checks[documented]!(answer, undefined);
    }
    holder.destroy();
    expect(await mesh.ended()).toEqual({ code: 0, signal: null });
  });
});

describe('secrets', () => {
  test('open the admin API and are shown nowhere', async () => {
    const push = 'another-token-for-profiles';
    const secrets = { token: 'a-token-of-many-letters', credential: 'c3VwZXItc2VjcmV0', push };
    const other = await startMeshlock(
      (directory) => ({
        ...configuration(),
        admin: { address: '127.0.0.1:0', token_file: join(directory, 'token') },
        holmes: { pyroscope: { url: 'http://127.0.0.1:1', token: push } },
        listeners: [
          {
            name: 'web',
            address: '127.0.0.1:0',
            routes: [
              {
                match: '/',
                cluster: 'app',
                request_headers: { set: { authorization: `Basic ${secrets.credential}` } },
              },
            ],
          },
        ],
      }),
      { prepare: (directory) => writeFile(join(directory, 'token'), `${secrets.token}\n`) },
    );
    const headers = { authorization: `Bearer ${secrets.token}` };
    await other.log.line(/^holmes watches /);
    for (const path of ['/metrics', '/ready', '/config_dump']) {
      expect((await other.admin(path)).status, path).toBe(401);
      expect((await other.admin(path, { headers: { authorization: 'Bearer wrong' } })).status, path).toBe(
        401,
      );
      expect((await other.admin(path, { headers })).status, path).toBe(200);
    }
    expect((await other.admin('/quitquitquit', { method: 'POST' })).status).toBe(401);
    onTestFinished(() => expect(other.log.text).not.toContain(secrets.token));
    const paths = documentedCalls().filter((documented) => documented.startsWith('GET '));
    const shown = await Promise.all(
      paths.map(async (documented) => (await other.admin(documented.slice(4), { headers })).body),
    );
    for (const secret of Object.values(secrets)) expect(shown.join('\n')).not.toContain(secret);
    expect(shown.join('\n')).toContain('[redacted]');
  });
});

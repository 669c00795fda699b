import { describe, expect, test } from 'vitest';
import { ManualClock, MeshlockError } from '../../../src/base/index.ts';
import { FakeSource } from './fake-source.ts';
import { startAdmin } from './harness.ts';

describe('/ready', () => {
  test('is 200 and LIVE when traffic may come', async () => {
    const answer = await (await startAdmin()).get('/ready');
    expect([answer.status, answer.body]).toEqual([200, 'LIVE\n']);
  });

  test('is 503 with the state and what is missing otherwise', async () => {
    const admin = await startAdmin();
    admin.source.state = 'INITIALIZING';
    const components = [{ name: 'cluster app', ready: false, reason: 'no address yet' }];
    admin.source.ready = { ready: false, reasons: ['cluster app: no address yet'], components };
    const answer = await admin.get('/ready');
    expect([answer.status, answer.body]).toEqual([503, 'INITIALIZING\ncluster app: no address yet\n']);
    expect(JSON.parse((await admin.get('/ready?format=json')).body)).toEqual({
      ready: false,
      state: 'INITIALIZING',
      reasons: ['cluster app: no address yet'],
      components,
    });
  });
});

describe('/server_info', () => {
  test("has Envoy's shape", async () => {
    expect(await (await startAdmin()).json('/server_info')).toEqual({
      version: '0.1.0',
      state: 'LIVE',
      hot_restart_version: 'disabled',
      command_line_options: { config: 'meshlock.yaml' },
      node: { id: 'cart-7f9', cluster: 'cart', metadata: { version: '1.4.2', release: '2026-11-20.3' } },
      uptime_current_epoch: '61s',
      uptime_all_epochs: '61s',
      pid: 4711,
      machine: null,
    });
  });
});

describe('/stats', () => {
  test('prints name: value, sorted', async () => {
    expect((await (await startAdmin()).get('/stats')).body).toBe(
      'cluster.app.empty: No recorded values\n' +
        'cluster.app.upstream_rq_retry: 0\n' +
        'cluster.app.upstream_rq_time: P50(3.2) P99.9(41)\n' +
        'cluster.app.upstream_rq_total: 100\n' +
        'server.origin: "a \\"file\\""\n' +
        'server.state: 0\n',
    );
  });

  test('keeps a used gauge that is 0 and what the filter finds', async () => {
    const { body } = await (await startAdmin()).get('/stats?usedonly&filter=%5Eserver%5C.s');
    expect(body).toBe('server.state: 0\n');
  });

  test('shows one kind', async () => {
    const admin = await startAdmin();
    expect((await admin.get('/stats?type=Gauges')).body).toBe('server.state: 0\n');
    expect((await admin.get('/stats?type=All')).body).toBe((await admin.get('/stats')).body);
  });

  test("prints Envoy's JSON", async () => {
    expect(await (await startAdmin()).json('/stats?filter=state%7Cempty%7Ctime')).toEqual({
      stats: [
        { name: 'server.state', value: 0 },
        {
          histograms: {
            supported_quantiles: [50, 99.9],
            computed_quantiles: [
              { name: 'cluster.app.empty', values: [{ cumulative: null }, { cumulative: null }] },
              { name: 'cluster.app.upstream_rq_time', values: [{ cumulative: 3.2 }, { cumulative: 41 }] },
            ],
          },
        },
      ],
    });
  });

  test('is the exposition for format=prometheus', async () => {
    const admin = await startAdmin();
    const plain = await admin.get('/metrics');
    const stats = await admin.get('/stats?format=prometheus');
    expect(stats.body).toBe(plain.body);
    expect(stats.headers['content-type']).toBe('text/plain; version=0.0.4');
  });
});

describe.each(['/metrics', '/stats/prometheus'])('%s', (path) => {
  test('is text, or OpenMetrics for who accepts it', async () => {
    const admin = await startAdmin();
    const plain = await admin.get(path);
    expect(plain.headers['content-type']).toBe('text/plain; version=0.0.4');
    expect(plain.body).not.toContain('# EOF');
    const open = await admin.get(path, { accept: 'application/openmetrics-text;version=1.0.0,*/*;q=0.1' });
    expect(open.headers['content-type']).toBe('application/openmetrics-text; version=1.0.0');
    expect(open.body).toMatch(/# EOF\n$/);
  });

  test('leaves out families that never moved, however their labels look', async () => {
    const { body } = await (await startAdmin()).get(`${path}?usedonly`);
    expect(body).toBe(
      '# HELP meshlock_requests Requests.\n# TYPE meshlock_requests counter\n' +
        'meshlock_requests_total{route="a } 7 \\" b"} 0\nmeshlock_requests_total{route="c"} 5\n',
    );
  });

  test('keeps the families that the filter finds, and the end of OpenMetrics', async () => {
    const accept = 'application/openmetrics-text';
    const { body } = await (await startAdmin()).get(`${path}?filter=idle$`, { accept });
    expect(body).toBe(
      '# HELP meshlock_idle Never moved.\n# TYPE meshlock_idle gauge\nmeshlock_idle{path="} 9"} 0\n# EOF\n',
    );
  });
});

describe('/clusters', () => {
  test("prints Envoy's lines", async () => {
    const { body } = await (await startAdmin()).get('/clusters');
    expect(body.split('\n').slice(0, 16)).toEqual([
      'app::observability_name::app',
      'app::default_priority::max_connections::1024',
      'app::default_priority::max_pending_requests::1024',
      'app::default_priority::max_requests::1024',
      'app::default_priority::max_retries::3',
      'app::added_via_api::false',
      'app::127.0.0.1:3000::cx_active::2',
      'app::127.0.0.1:3000::cx_connect_fail::1',
      'app::127.0.0.1:3000::rq_active::4',
      'app::127.0.0.1:3000::rq_error::3',
      'app::127.0.0.1:3000::rq_success::97',
      'app::127.0.0.1:3000::rq_total::100',
      'app::127.0.0.1:3000::hostname::',
      'app::127.0.0.1:3000::health_flags::healthy',
      'app::127.0.0.1:3000::weight::1',
      'app::127.0.0.1:3000::priority::0',
    ]);
    expect(body).toContain('app::[::1]:3001::health_flags::/failed_active_hc/failed_outlier_check\n');
  });

  test("prints Envoy's JSON", async () => {
    expect(await (await startAdmin()).json('/clusters')).toMatchObject({
      cluster_statuses: [
        {
          name: 'app',
          added_via_api: false,
          circuit_breakers: { thresholds: [{ priority: 'DEFAULT', max_connections: 1024, max_retries: 3 }] },
          host_statuses: [
            {
              address: { socket_address: { address: '127.0.0.1', port_value: 3000 } },
              stats: expect.arrayContaining([
                { name: 'rq_total', value: 100, type: 'COUNTER' },
                { name: 'rq_active', value: 4, type: 'GAUGE' },
              ]),
            },
            {
              address: { socket_address: { address: '::1', port_value: 3001 } },
              health_status: {
                eds_health_status: 'HEALTHY',
                failed_active_health_check: true,
                failed_outlier_check: true,
              },
            },
          ],
        },
      ],
    });
  });
});

describe('/listeners', () => {
  test('prints name::address, and why one does not accept', async () => {
    expect((await (await startAdmin()).get('/listeners')).body).toBe(
      'inbound::0.0.0.0:8080\nsix::[::1]:8081::failed::EADDRINUSE\n',
    );
  });

  test("prints Envoy's JSON", async () => {
    const inbound = {
      name: 'inbound',
      local_address: { socket_address: { address: '0.0.0.0', port_value: 8080 } },
      role: 'inbound',
      state: 'active',
      failure: '',
      connections_active: 3,
    };
    expect(await (await startAdmin()).json('/listeners')).toEqual({
      listener_statuses: [inbound, expect.objectContaining({ state: 'failed', failure: 'EADDRINUSE' })],
    });
  });
});

describe('/config_dump', () => {
  test('is the configuration in force with its version and origin', async () => {
    expect(await (await startAdmin()).json('/config_dump')).toMatchObject({
      version_info: '7',
      last_updated: '2026-01-02T00:00:00.000Z',
      origin: 'meshlock.yaml',
      config: { node: { id: 'cart-7f9' }, clusters: [{ name: 'app' }, { name: 'apple' }] },
    });
  });

  test('shows no secret, even one that was not redacted before', async () => {
    const { body } = await (await startAdmin()).get('/config_dump');
    expect(body).not.toContain('in-the-clear');
    expect(body.match(/\[redacted\]/g)).toHaveLength(3);
    expect(body).toContain('"ttl": 5');
  });

  test.each(['clusters', 'static_clusters', 'dynamic_active_clusters'])(
    'shows one section for resource=%s',
    async (name) => {
      const dump = await (await startAdmin()).json(`/config_dump?resource=${name}`);
      expect(dump).toHaveProperty('config', { clusters: [{ name: 'app' }, { name: 'apple' }] });
    },
  );

  test('shows the things whose whole name matches', async () => {
    const admin = await startAdmin();
    const one = await admin.json('/config_dump?name_regex=app');
    expect(one).toHaveProperty('config', { listeners: [], clusters: [{ name: 'app' }] });
    const both = await admin.json('/config_dump?name_regex=app.*&resource=clusters');
    expect(both).toHaveProperty('config', { clusters: [{ name: 'app' }, { name: 'apple' }] });
  });

  test('adds the endpoints on request', async () => {
    const dump = await (await startAdmin()).json('/config_dump?include_eds');
    expect(dump).toHaveProperty('config.endpoints[0].host_statuses.length', 2);
  });
});

describe('/logging', () => {
  test('shows every logger', async () => {
    const admin = await startAdmin();
    expect((await admin.get('/logging')).body).toBe('active loggers:\n  admin: info\n  control: info\n');
    expect((await admin.post('/logging')).body).toBe('active loggers:\n  admin: info\n  control: info\n');
    expect(admin.source.changes).toEqual([]);
  });

  test('changes all, one, or several, and takes the words of Envoy', async () => {
    const admin = await startAdmin();
    await admin.post('/logging?level=warning');
    await admin.post('/logging?admin=trace');
    const answer = await admin.post('/logging?paths=admin:debug,control:off');
    expect(answer.body).toBe('active loggers:\n  admin: debug\n  control: silent\n');
    expect(admin.source.changes).toEqual([
      'level warn all',
      'level trace admin',
      'level debug admin',
      'level silent control',
    ]);
  });

  test('applies the general level before that of one logger', async () => {
    const admin = await startAdmin();
    await admin.post('/logging?admin=trace&level=error');
    expect(admin.source.changes).toEqual(['level error all', 'level trace admin']);
  });

  test.each([
    ['/logging?level=loud', 'level: expected one of trace, debug, info, warn, error, fatal, silent'],
    [
      '/logging?admon=debug',
      'admon: expected a logger, one of admin, control, or the parameter level or paths',
    ],
    ['/logging?level=debug&paths=admin:debug,x:debug', 'x: expected a logger'],
    ['/logging?paths=admin', 'admin: expected one of trace, debug'],
    ['/logging?paths=admin:constructor', "got 'constructor'"],
  ])('POST %s changes nothing and says why', async (path, message) => {
    const admin = await startAdmin();
    const answer = await admin.post(path);
    expect(answer.status).toBe(400);
    expect(answer.body).toContain(message);
    expect(admin.source.changes).toEqual([]);
  });

  test('refuses to change by GET', async () => {
    const admin = await startAdmin();
    const answer = await admin.get('/logging?level=debug');
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, HEAD, POST');
    expect(admin.source.changes).toEqual([]);
  });

  test('takes the fields of a form', async () => {
    const admin = await startAdmin();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await admin.call('POST', '/logging', headers, 'level=debug&paths=');
    expect(answer.status).toBe(200);
    expect(admin.source.changes).toEqual(['level debug all']);
    expect((await admin.call('POST', '/logging', headers, 'level=nonsense')).status).toBe(400);
  });
});

describe('what changes the process', () => {
  test.each([
    ['/drain_listeners', { graceful: false, inboundOnly: false, keepAccepting: false }],
    ['/drain_listeners?graceful', { graceful: true, inboundOnly: false, keepAccepting: false }],
    [
      '/drain_listeners?inboundonly&graceful&skip_exit',
      { graceful: true, inboundOnly: true, keepAccepting: true },
    ],
  ])('POST %s drains', async (path, options) => {
    const admin = await startAdmin();
    const answer = await admin.post(path);
    expect([answer.status, answer.body]).toEqual([200, 'OK\n']);
    expect(admin.source.changes).toEqual([`drain ${JSON.stringify(options)}`]);
  });

  test('POST /drain_listeners?skip_exit without graceful is refused', async () => {
    const admin = await startAdmin();
    const answer = await admin.post('/drain_listeners?skip_exit');
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('skip_exit: expected graceful beside it');
    expect(admin.source.changes).toEqual([]);
  });

  test('POST /healthcheck/fail and /healthcheck/ok', async () => {
    const admin = await startAdmin();
    await admin.post('/healthcheck/fail');
    await admin.post('/healthcheck/ok');
    expect(admin.source.changes).toEqual(['fail', 'ok']);
  });

  test('POST /reopen_logs waits for it, and names the file that failed', async () => {
    class Failing extends FakeSource {
      override reopenLogs(): Promise<void> {
        return Promise.reject(new MeshlockError('CONFIG_UNREADABLE', 'cannot open /var/log/a.log: EACCES'));
      }
    }
    expect((await (await startAdmin()).post('/reopen_logs')).body).toBe('OK\n');
    const answer = await (await startAdmin({ source: new Failing() })).post('/reopen_logs');
    expect([answer.status, answer.body]).toEqual([500, 'cannot open /var/log/a.log: EACCES\n']);
  });

  test('POST /reload says which version is applied', async () => {
    const answer = await (await startAdmin()).post('/reload');
    expect([answer.status, answer.body]).toEqual([200, 'OK: version 8 is applied\n']);
  });

  test('POST /reload of a bad configuration is a 422 with every problem', async () => {
    const problems = [
      { path: 'listeners[0].address', expected: 'host:port', got: "'x'" },
      { path: 'clusters', expected: 'a list', got: '3' },
    ];
    class Refusing extends FakeSource {
      override reload(): ReturnType<FakeSource['reload']> {
        return Promise.resolve({ applied: false, version: 7, problems });
      }
    }
    const admin = await startAdmin({ source: new Refusing() });
    const answer = await admin.post('/reload');
    expect([answer.status, answer.body]).toEqual([
      422,
      "refused: version 7 stays in force\n  listeners[0].address: expected host:port, got 'x'\n" +
        '  clusters: expected a list, got 3\n',
    ]);
    const machine = await admin.post('/reload?format=json');
    expect(JSON.parse(machine.body)).toEqual({ applied: false, version: 7, problems });
  });

  test('POST /quitquitquit is answered before the process ends', async () => {
    const closed = Promise.withResolvers<void>();
    class Quitting extends FakeSource {
      override quit(): void {
        closed.resolve(admin.server.close());
      }
    }
    const admin = await startAdmin({ source: new Quitting(), limits: { closeGraceMs: 0 } });
    const answer = await admin.post('/quitquitquit', { connection: 'keep-alive' });
    expect([answer.status, answer.body]).toEqual([200, 'OK\n']);
    expect(answer.headers.connection).not.toBe('close');
    await closed.promise;
  });

  test('a quit that fails is in the log and costs nothing else', async () => {
    class Broken extends FakeSource {
      override quit(): void {
        throw new Error('cannot');
      }
    }
    const admin = await startAdmin({ source: new Broken() });
    expect((await admin.post('/quitquitquit')).status).toBe(200);
    expect((await admin.get('/ready')).status).toBe(200);
    expect(admin.log.records.some(({ level }) => level === 'error')).toBe(true);
  });
});

describe('the process', () => {
  test('/threads says of each thread how it is and why it was replaced', async () => {
    const admin = await startAdmin();
    expect((await admin.get('/threads')).body).toBe(
      'thread 1: running, heartbeat 12 ms ago, snapshot 7, 0 restarts\n' +
        'thread 2: stalled, heartbeat 5200 ms ago, snapshot 7, 1 restarts, ' +
        'last 2026-01-01T00:00:00.000Z: stalled for 10.2 s\n',
    );
    const replaced = {
      thread: 2,
      state: 'stalled',
      heartbeat_age_ms: 5200,
      snapshot_version: 7,
      restarts: 1,
      last_replacement: { reason: 'stalled for 10.2 s', at: '2026-01-01T00:00:00.000Z' },
    };
    const threads = [expect.objectContaining({ thread: 1, last_replacement: null }), replaced];
    expect(await admin.json('/threads')).toEqual({ threads });
  });

  test('/memory is in bytes', async () => {
    expect(await (await startAdmin()).json('/memory')).toEqual({
      allocated: 1,
      heap_size: 2,
      heap_limit: 3,
      external: 4,
      array_buffers: 5,
      total_physical_bytes: 6,
    });
  });

  test('/certs counts the days that are left', async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1, 12));
    const certs = await (await startAdmin({ clock })).json('/certs');
    expect(certs).toHaveProperty('certificates[0].cert_chain[0]', {
      owner: 'listener inbound',
      path: 'tls.crt',
      serial_number: '0a',
      subject_alt_names: [{ dns: 'cart.example' }, { ip_address: '10.0.0.1' }],
      days_until_expiration: 29,
      valid_from: '2025-12-31T00:00:00.000Z',
      expiration_time: '2026-01-31T00:00:00.000Z',
    });
  });

  test('/hot_restart_version is disabled', async () => {
    expect((await (await startAdmin()).get('/hot_restart_version')).body).toBe('disabled\n');
  });
});

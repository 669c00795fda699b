import { describe, expect, test } from 'vitest';
import type { ForwardAction, ListenerConfig, RouteConfig } from '../../../src/config/index.ts';
import { linesOf, parse, withCluster, withListener, withRoute } from './parsing.ts';

function listener(keys: string): ListenerConfig {
  return parse(withListener(keys)).listeners[0] as ListenerConfig;
}

function routes(keys: string): readonly RouteConfig[] {
  const { protocol } = listener(keys);
  return protocol.kind === 'http' ? (protocol.virtualHosts[0]?.routes ?? []) : [];
}

function route(keys: string): RouteConfig {
  return routes(`routes: [{ ${keys} }]`)[0] as RouteConfig;
}

function forward(keys: string): ForwardAction {
  return route(`cluster: app, ${keys}`).action as ForwardAction;
}

function cluster(keys: string) {
  const [first] = parse(withCluster(keys)).clusters;
  if (first === undefined) throw new Error('no cluster');
  return first;
}

describe('a listener', () => {
  test('with a cluster sends everything there', () => {
    expect(listener('cluster: app')).toEqual(listener('routes: [{ match: { prefix: / }, cluster: app }]'));
    const spelled = 'virtual_hosts: [{ name: "*", domains: ["*"], routes: [{ cluster: app }] }]';
    expect(listener('cluster: app')).toEqual(listener(spelled));
  });

  test('with weighted clusters shares everything between them', () => {
    const [only] = routes('clusters: { app: 9, other: 1 }');
    expect(only?.action).toMatchObject({
      kind: 'forward',
      timeoutMs: 15_000,
      clusters: [
        { cluster: 'app', weight: 9 },
        { cluster: 'other', weight: 1 },
      ],
    });
  });

  test("takes a file as its access log, in Envoy's default line or its fields", () => {
    const [text, json] = listener(
      'cluster: app, access_logs: [/dev/stdout, { path: a.json, format: json }]',
    ).accessLogs;
    expect(listener('cluster: app, access_logs: /dev/stdout').accessLogs).toEqual([text]);
    expect(text).toMatchObject({ path: '/dev/stdout', format: { kind: 'text' } });
    expect(text?.format.kind === 'text' && text.format.template).toMatch(
      /^\[%START_TIME%\] "%REQ\(:METHOD\)%/,
    );
    expect(json).toMatchObject({ path: '/nowhere/a.json', format: { kind: 'json' } });
    expect(json?.format.kind === 'json' && json.format.fields['response_code']).toBe('%RESPONSE_CODE%');
  });

  test('takes a word as its forwarded mode, and a name as a filter', () => {
    const { protocol } = listener('cluster: app, forwarded: replace, filters: [fault]');
    expect(protocol).toMatchObject({
      forwarded: { mode: 'replace', keepRequestId: true },
      filters: [{ name: 'fault', module: null, options: {} }],
    });
  });
});

describe('a match', () => {
  test.each([
    ['/api', { kind: 'prefix', value: '/api' }],
    ['{ prefix: /api }', { kind: 'prefix', value: '/api' }],
    ['{ path: /api }', { kind: 'exact', value: '/api' }],
    ['{ path: "*" }', { kind: 'exact', value: '*' }],
    ['{ regex: "/a+" }', { kind: 'regex', value: '/a+' }],
    ['{ methods: GET }', { kind: 'prefix', value: '/' }],
  ])('%s is %o', (match, path) => {
    expect(route(`match: ${match}, cluster: app`).match.path).toEqual(path);
  });

  test.each([
    ['v2', { value: { kind: 'exact', value: 'v2' }, invert: false }],
    ['true', { value: { kind: 'present' }, invert: false }],
    ['false', { value: { kind: 'present' }, invert: true }],
    ['{ present: true }', { value: { kind: 'present' }, invert: false }],
    ['{ present: false }', { value: { kind: 'present' }, invert: true }],
    ['{ present: false, invert: true }', { value: { kind: 'present' }, invert: false }],
    ['{ prefix: a, invert: true }', { value: { kind: 'prefix', value: 'a' }, invert: true }],
    ['{ suffix: a }', { value: { kind: 'suffix', value: 'a' }, invert: false }],
    ['{ contains: a }', { value: { kind: 'contains', value: 'a' }, invert: false }],
    ['{ regex: a+ }', { value: { kind: 'regex', value: 'a+' }, invert: false }],
  ])('on a header or parameter may be %s', (condition, expected) => {
    const { match } = route(
      `match: { headers: { X-Version: ${condition} }, query: { V: ${condition} } }, cluster: app`,
    );
    expect(match.headers).toEqual([{ name: 'x-version', ...expected }]);
    expect(match.query).toEqual([{ name: 'V', ...expected }]);
  });

  test('may ask two things of one header, as a list', () => {
    const list = '[{ name: A, prefix: x }, { name: a, suffix: y }]';
    expect(route(`match: { headers: ${list} }, cluster: app`).match.headers.map((one) => one.name)).toEqual([
      'a',
      'a',
    ]);
  });

  test('of CONNECT has no path', () => {
    expect(route('match: { connect: true }, cluster: app')).toMatchObject({
      name: 'CONNECT',
      match: { connect: true },
    });
    expect(linesOf(withRoute('match: { connect: true, prefix: / }, cluster: app'))).toHaveLength(1);
  });
});

describe('a route', () => {
  test('is named after its match, and numbered where two match the same path', () => {
    const named = routes(
      'routes: [{ match: /a, cluster: app }, { match: { prefix: /a, methods: GET }, cluster: app }, ' +
        '{ match: { path: /b }, cluster: app }, { match: { regex: /c+ }, cluster: app }, { name: mine, cluster: app }]',
    );
    expect(named.map((one) => one.name)).toEqual(['/a', '/a#2', '=/b', '~/c+', 'mine']);
  });

  test('takes weights as a mapping or as a list', () => {
    const expected = [
      { cluster: 'app', weight: 95 },
      { cluster: 'other', weight: 5 },
    ];
    expect(route('clusters: { app: 95, other: 5 }').action).toMatchObject({ clusters: expected });
    const list = '[{ name: app, weight: 95 }, { name: other, weight: 5 }]';
    expect(route(`clusters: ${list}`).action).toMatchObject({ clusters: expected });
    expect(route('clusters: [app, other]').action).toMatchObject({
      clusters: [{ weight: 1 }, { weight: 1 }],
    });
  });

  test('takes a number as its attempts, and 0 as none', () => {
    expect(forward('retry: 2').retry).toEqual(forward('retry: { attempts: 2 }').retry);
    expect(forward('retry: 0').retry).toMatchObject({ attempts: 0, on: [] });
  });

  test('takes retry conditions as a list or with commas, each once', () => {
    expect(forward('retry: { on: "5xx, reset,5xx" }').retry.on).toEqual(['5xx', 'reset']);
    expect(forward('retry: { on: [5xx, reset] }').retry.on).toEqual(['5xx', 'reset']);
  });

  test('waits up to ten times the base unless told otherwise', () => {
    expect(forward('retry: { backoff: { base: 1s } }').retry).toMatchObject({
      backoffBaseMs: 1000,
      backoffMaxMs: 10_000,
    });
  });

  test('takes a status as its reply, and a word as a hash policy', () => {
    expect(route('direct_response: 404').action).toEqual(route('direct_response: { status: 404 }').action);
    expect(
      forward('hash_policy: [source_ip, { header: X-Id, terminal: true }, { cookie: c }, { query: q }]')
        .hashPolicy,
    ).toEqual([
      { kind: 'source-ip', terminal: false },
      { kind: 'header', name: 'x-id', terminal: true },
      { kind: 'cookie', name: 'c', terminal: false },
      { kind: 'query', name: 'q', terminal: false },
    ]);
  });

  test('sets, adds and removes headers', () => {
    const { requestHeaders } = route(
      'cluster: app, request_headers: { remove: [a], set: { B: "1" }, add: { C: [x, y] } }',
    );
    expect(requestHeaders).toEqual({
      remove: ['a'],
      set: [{ name: 'B', value: '1' }],
      add: [
        { name: 'C', value: 'x' },
        { name: 'C', value: 'y' },
      ],
    });
  });

  test('redirects with what changes, and null for what stays', () => {
    expect(route('redirect: { scheme: https, prefix_rewrite: /new, strip_query: true }').action).toEqual({
      kind: 'redirect',
      status: 301,
      scheme: 'https',
      host: null,
      port: null,
      path: null,
      prefixRewrite: '/new',
      stripQuery: true,
    });
  });
});

describe('a cluster', () => {
  test('takes addresses and ports as endpoints', () => {
    const { discovery } = cluster('endpoints: [10.0.0.1:80, 3000, { address: "[::1]:80", weight: 2 }]');
    expect(discovery.endpoints.map((endpoint) => endpoint.address)).toEqual([
      { host: '10.0.0.1', port: 80 },
      { host: '127.0.0.1', port: 3000 },
      { host: '::1', port: 80 },
    ]);
  });

  test('obeys unequal weights even without a balancer', () => {
    expect(cluster('endpoints: [80, { address: 81, weight: 2 }]').balancer).toEqual({
      kind: 'weighted-round-robin',
    });
    expect(cluster('endpoints: [80, 81]').balancer).toEqual({ kind: 'round-robin' });
  });

  test.each([
    ['round_robin', { kind: 'round-robin' }],
    ['weighted_round_robin', { kind: 'weighted-round-robin' }],
    ['random', { kind: 'random' }],
    ['least_request', { kind: 'least-request', choices: 2, activeRequestBias: 1 }],
    ['peak_ewma', { kind: 'peak-ewma', decayMs: 10_000, defaultRttMs: 30 }],
    ['ring_hash', { kind: 'ring-hash', minRingSize: 1024, maxRingSize: 8_388_608 }],
    ['maglev', { kind: 'maglev', tableSize: 65_537 }],
  ])('takes %s as a word or as a type', (type, expected) => {
    expect(cluster(`endpoints: [80], balancer: ${type}`).balancer).toEqual(expected);
    expect(cluster(`endpoints: [80], balancer: { type: ${type} }`).balancer).toEqual(expected);
  });

  test('switches outlier detection with true and false', () => {
    const { outlierDetection } = cluster('endpoints: [80], outlier_detection: true');
    expect(outlierDetection).toEqual(cluster('endpoints: [80], outlier_detection: {}').outlierDetection);
    expect(outlierDetection?.consecutive5xx).toBe(5);
    expect(cluster('endpoints: [80], outlier_detection: false').outlierDetection).toBeNull();
  });

  test('lets the longest ejection follow a longer first one', () => {
    const { outlierDetection } = cluster('endpoints: [80], outlier_detection: { base_ejection_time: 10m }');
    expect(outlierDetection?.maxEjectionMs).toBe(600_000);
  });

  test('takes a path, or true for TCP, as its health check', () => {
    expect(cluster('endpoints: [80], health_check: { tcp: true }').healthCheck?.check).toEqual({
      kind: 'tcp',
      send: '',
      receive: '',
    });
    const { healthCheck } = cluster(
      'endpoints: [80], health_check: { http: { path: /h, expected_statuses: [200, 3xx, "400-404"] } }',
    );
    expect(healthCheck?.check).toMatchObject({
      expectedStatuses: [
        [200, 200],
        [300, 399],
        [400, 404],
      ],
    });
  });

  test('takes a duration as its slow start, and true as its retry budget', () => {
    expect(cluster('endpoints: [80], slow_start: 30s').slowStart).toEqual({
      windowMs: 30_000,
      aggression: 1,
      minWeight: 0.1,
    });
    expect(
      cluster('endpoints: [80], circuit_breakers: { retry_budget: true }').circuitBreakers.retryBudget,
    ).toEqual({
      ratio: 0.2,
      minConcurrency: 3,
    });
  });

  test('of names looks them up', () => {
    const { discovery } = cluster(
      'type: strict_dns, endpoints: [app.example:80], dns: { resolvers: [10.0.0.2, "[::1]:5353"] }',
    );
    expect(discovery).toMatchObject({
      kind: 'strict-dns',
      refreshMs: 5000,
      respectTtl: true,
      family: 'auto',
      resolvers: ['10.0.0.2:53', '[::1]:5353'],
    });
  });
});

describe('the process', () => {
  test('takes an address, a port or false as its admin plane, and a level as its log', () => {
    expect(parse('admin: 9902').admin.address).toEqual({ host: '127.0.0.1', port: 9902 });
    expect(parse('admin: "[::1]:9902"').admin.address).toEqual({ host: '::1', port: 9902 });
    expect(parse('admin: false').admin).toEqual({ address: null, token: '' });
    expect(parse('log: debug').log).toEqual({ level: 'debug', format: 'json' });
  });

  test('samples one trace in a hundred when somebody receives them', () => {
    const { tracing } = parse('tracing: { otlp_endpoint: "http://127.0.0.1:4317/", propagate: b3 }');
    expect(tracing).toEqual({ sampling: 0.01, propagate: ['b3'], otlpEndpoint: 'http://127.0.0.1:4317' });
  });
});

import { describe, expect, test } from 'vitest';
import { parse } from './parsing.ts';

const config = parse(`
listeners:
  - { address: 8080, routes: [{ cluster: app, retry: {} }, { match: /a, cluster: app }] }
  - { address: 5432, protocol: tcp, cluster: app }
clusters:
  - { name: app, endpoints: [127.0.0.1:3000], health_check: { http: /healthz }, outlier_detection: {} }`);

describe('the defaults', () => {
  test('of the process', () => {
    // Of holmes: holmes.test.ts; of the mesh: mesh.test.ts.
    const { listeners, clusters, holmes: _, mesh: __, ...process } = config;
    expect(listeners).toHaveLength(2);
    expect(clusters).toHaveLength(1);
    expect(process).toEqual({
      node: { id: 'test-host', service: 'meshlock', version: '', release: '' },
      admin: { address: { host: '127.0.0.1', port: 9901 }, token: '' },
      dataThreads: 'auto',
      stallRestartMs: 30_000,
      threadHeapBytes: 0,
      drainTimeoutMs: 30_000,
      log: { level: 'info', format: 'json' },
      tracing: { sampling: 0, propagate: ['w3c'], otlpEndpoint: null },
    });
  });

  test('of an http listener', () => {
    const [listener] = config.listeners;
    expect(listener).toMatchObject({
      name: 'listener-8080',
      address: { host: '0.0.0.0', port: 8080 },
      role: 'gateway',
      proxyProtocol: 'off',
      maxConnections: 0,
      backlog: 4096,
      accessLogs: [],
    });
    expect(listener?.protocol).toMatchObject({
      kind: 'http',
      filters: [],
      via: 'meshlock',
      forwarded: { mode: 'append', keepRequestId: true },
      limits: {
        maxHeadBytes: 61_440,
        maxRequestLineBytes: 8192,
        maxHeaderCount: 100,
        maxBodyBytes: 0,
        maxRequestsPerConnection: 0,
        headTimeoutMs: 10_000,
        idleTimeoutMs: 3_600_000,
        requestTimeoutMs: 300_000,
        sendTimeoutMs: 60_000,
        streamIdleTimeoutMs: 300_000,
      },
    });
  });

  test('of a tcp listener', () => {
    expect(config.listeners[1]?.protocol).toEqual({
      kind: 'tcp',
      clusters: [{ cluster: 'app', weight: 1 }],
      idleTimeoutMs: 3_600_000,
    });
  });

  test('of a route: nothing is retried', () => {
    const { protocol } = config.listeners[0] ?? {};
    const route = protocol?.kind === 'http' ? protocol.virtualHosts[0]?.routes[1] : undefined;
    expect(route?.action).toMatchObject({
      kind: 'forward',
      prefixRewrite: null,
      hostRewrite: null,
      timeoutMs: 15_000,
      maxDurationMs: 0,
      retry: { on: [], attempts: 0, maxBodyBytes: 0 },
      hashPolicy: [],
      upgrades: [],
    });
  });

  test('of retry: once, and only what has not reached the application', () => {
    const { protocol } = config.listeners[0] ?? {};
    const route = protocol?.kind === 'http' ? protocol.virtualHosts[0]?.routes[0] : undefined;
    expect(route?.action).toMatchObject({
      retry: {
        on: ['connect-failure', 'refused-stream', 'reset-before-request'],
        statusCodes: [],
        attempts: 1,
        perTryTimeoutMs: 0,
        backoffBaseMs: 25,
        backoffMaxMs: 250,
        maxBodyBytes: 65_536,
      },
    });
  });

  test('of a cluster, and of its checks', () => {
    expect(config.clusters[0]).toEqual({
      name: 'app',
      discovery: {
        kind: 'static',
        endpoints: [{ address: { host: '127.0.0.1', port: 3000 }, weight: 1, priority: 0, metadata: {} }],
      },
      balancer: { kind: 'round-robin' },
      connectTimeoutMs: 5000,
      pool: {
        maxIdlePerEndpoint: 256,
        idleTimeoutMs: 4000,
        maxRequestsPerConnection: 0,
        tcpKeepaliveMs: 60_000,
      },
      circuitBreakers: {
        maxConnections: 1024,
        maxPending: 1024,
        maxRequests: 1024,
        maxRetries: 3,
        retryBudget: null,
      },
      healthCheck: {
        intervalMs: 5000,
        jitterMs: 500,
        timeoutMs: 1000,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
        check: { kind: 'http', path: '/healthz', host: '', method: 'GET', expectedStatuses: [[200, 299]] },
      },
      outlierDetection: {
        intervalMs: 10_000,
        baseEjectionMs: 30_000,
        maxEjectionMs: 300_000,
        maxEjectionRatio: 0.1,
        consecutive5xx: 5,
        enforceConsecutive5xx: 1,
        consecutiveGatewayFailure: 5,
        enforceConsecutiveGatewayFailure: 0,
        consecutiveLocalOriginFailure: 5,
        enforceConsecutiveLocalOriginFailure: 1,
        splitLocalOrigin: false,
        enforceSuccessRate: 1,
        successRateMinimumEndpoints: 5,
        successRateRequestVolume: 100,
        successRateStdevFactor: 1.9,
      },
      panicThreshold: 0.5,
      slowStart: null,
      proxyProtocol: 'off',
      http: { maxHeadBytes: 61_440, maxHeaderCount: 100 },
    });
  });
});

describe('a configuration', () => {
  test('can be posted to a thread as it is', () => {
    expect(structuredClone(config)).toEqual(config);
  });

  test('may be nothing at all', () => {
    expect(parse('{}')).toMatchObject({ listeners: [], clusters: [] });
  });
});

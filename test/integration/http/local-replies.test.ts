import { describe, expect, test } from 'vitest';
import { responseFlagNames } from '../../../src/telemetry/index.ts';
import { deafPort } from '../harness/deaf.ts';
import {
  closedPort,
  gateway,
  type GatewayKeys,
  header,
  type Peer,
  startProxy,
  startRawUpstream,
  type TestProxy,
} from '../harness/index.ts';

const get = 'GET /a HTTP/1.1\r\nHost: shop\r\n\r\n';
const log = {
  access_logs: [{ path: 'access.log', format: '%RESPONSE_FLAGS% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%' }],
};

interface Case {
  readonly flag: string;
  readonly status: number;
  /** Error type of RFC 9209. */
  readonly error: string;
  readonly details: RegExp;
  readonly reason: string;
  readonly keys?: GatewayKeys;
  /** Port of the upstream; by default one that listens and says nothing. */
  readonly port?: () => Promise<number>;
  readonly request?: string;
  /** What happens then. */
  readonly happens?: (proxy: TestProxy, client: Peer) => Promise<void>;
}

const cases: readonly Case[] = [
  {
    flag: 'NR',
    status: 404,
    error: 'destination_not_found',
    reason: 'no route matches the request',
    details: /^route_not_found$/,
    keys: { route: { match: '/elsewhere' } },
  },
  {
    flag: 'UO',
    status: 503,
    error: 'connection_limit_reached',
    reason: 'the upstream is at its limit: too many requests wait for a connection',
    details: /^upstream_reset_before_response_started\{too_many_requests_wait_for_a_connection\}$/,
    keys: { cluster: { circuit_breakers: { max_pending_requests: 0 } } },
  },
  {
    flag: 'UF',
    status: 503,
    error: 'connection_refused',
    reason: 'the upstream cannot be reached: ECONNREFUSED',
    details: /^upstream_reset_before_response_started\{ECONNREFUSED\}$/,
    port: closedPort,
  },
  {
    flag: 'UF',
    status: 503,
    error: 'connection_timeout',
    reason: 'the upstream cannot be reached: connect timeout',
    details: /^upstream_reset_before_response_started\{connect_timeout\}$/,
    port: deafPort,
    keys: { cluster: { connect_timeout: '2s' } },
    happens: async (proxy) => {
      await proxy.reaches('meshlock_cluster_requests_pending', { cluster: 'app' }, 1);
      await proxy.advance(2200);
      expect(proxy.counter('meshlock_cluster_connect_timeouts_total', { cluster: 'app' })).toBe(1);
    },
  },
  {
    flag: 'UT',
    status: 504,
    error: 'http_response_timeout',
    reason: 'no answer within 3000 ms',
    details: /^no_answer_within_3000_ms$/,
    keys: { route: { timeout: '3s' } },
    happens: async (proxy) => {
      await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 1);
      await proxy.advance(3200);
    },
  },
  {
    flag: 'UMSDR',
    status: 504,
    error: 'http_response_timeout',
    reason: 'the exchange took longer than 3000 ms',
    details: /^the_exchange_took_longer_than_3000_ms$/,
    keys: { route: { max_duration: '3s' } },
    happens: async (proxy) => {
      await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 1);
      await proxy.advance(3200);
    },
  },
  {
    flag: 'SI',
    status: 504,
    error: 'connection_read_timeout',
    reason: 'nothing moved for too long',
    details: /^nothing_moved_for_too_long$/,
    keys: { listener: { limits: { stream_idle_timeout: '3s' } }, route: { timeout: 0 } },
    happens: async (proxy) => {
      await proxy.reaches('meshlock_cluster_connections_active', { cluster: 'app' }, 1);
      await proxy.advance(6500);
    },
  },
  {
    flag: 'DPE',
    status: 400,
    error: 'http_request_error',
    reason: 'Host is missing',
    details: /^Host_is_missing$/,
    request: 'GET / HTTP/1.1\r\n\r\n',
  },
  {
    flag: 'DPE',
    status: 400,
    error: 'http_request_error',
    reason: 'the request body is malformed',
    details: /^the_request_body_is_malformed$/,
    request: 'POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\nnonsense',
  },
  {
    flag: 'DT',
    status: 408,
    error: 'http_request_error',
    reason: 'the request head took too long',
    details: /^the_request_head_took_too_long$/,
    request: 'GET',
    happens: async (proxy) => {
      await proxy.reaches('meshlock_listener_received_bytes_total', { listener: 'web' }, 3);
      await proxy.advance(11_000);
    },
  },
  {
    flag: 'PL',
    status: 413,
    error: 'http_request_error',
    reason: 'the request body is larger than 4 bytes',
    details: /^the_request_body_is_larger_than_4_bytes$/,
    keys: { listener: { limits: { max_body_size: 4 } } },
    request: 'POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\n',
  },
];

async function silentPort(): Promise<number> {
  return (await startRawUpstream()).port;
}

describe('an answer of the proxy itself', () => {
  test.each(cases)('$flag $status: $reason', async (expected) => {
    const { flag, status, error, reason, details, keys = {}, request = get } = expected;
    const port = await (expected.port ?? silentPort)();
    const proxy = await startProxy(gateway(port, { ...keys, listener: { ...log, ...keys.listener } }));
    const client = await proxy.send(request);
    await expected.happens?.(proxy, client);
    const response = await client.response();
    expect(response.status).toBe(status);
    expect(response.body).toBe(`${reason} (${flag})\n`);
    expect(header(response, 'proxy-status')).toBe(`meshlock; error=${error}; details="${flag}: ${reason}"`);
    expect(header(response, 'content-type')).toBe('text/plain; charset=utf-8');
    expect(header(response, 'date')).toMatch(/^Thu, 01 Jan 2026 00:00:\d\d GMT$/);
    expect(proxy.localReplies(flag)).toBe(1);
    expect(responseFlagNames.reduce((sum, name) => sum + proxy.localReplies(name), 0)).toBe(1);
    const [loggedFlag, loggedStatus, loggedDetails] = (await proxy.logLine()).split(' ');
    expect([loggedFlag, loggedStatus]).toEqual([flag, String(status)]);
    expect(loggedDetails).toMatch(details);
    const codeClass = `${Math.floor(status / 100)}xx`;
    expect(proxy.counter('meshlock_listener_requests_total', { code_class: codeClass })).toBe(1);
  });

  test('UH 503: no healthy endpoint', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, { listener: log, cluster: { panic_threshold: 0 } }),
    );
    await proxy.setEndpointHealth('app', upstream.port, { health: 'unhealthy' });
    const client = await proxy.send(get);
    const response = await client.response();
    expect([response.status, response.body]).toEqual([503, 'no healthy endpoint in cluster "app" (UH)\n']);
    expect(header(response, 'proxy-status')).toBe(
      'meshlock; error=destination_unavailable; details="UH: no healthy endpoint in cluster \\"app\\""',
    );
    expect(await proxy.logLine()).toBe('UH 503 no_healthy_upstream');
    expect(proxy.counter('meshlock_cluster_no_healthy_endpoint_total', { cluster: 'app' })).toBe(1);
    await proxy.setEndpointHealth('app', upstream.port, { health: 'healthy' });
    client.send(get);
    const { peer } = await upstream.acceptRequest();
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    expect((await client.response()).status).toBe(204);
  });

  test('NC 503: the cluster does not exist any more', async () => {
    const proxy = await startProxy(gateway(1, { listener: log }), {
      edit: (config) => ({ ...config, clusters: [] }),
    });
    const response = await (await proxy.send(get)).response();
    expect([response.status, response.body]).toEqual([503, 'there is no cluster "app" (NC)\n']);
    expect(header(response, 'proxy-status')).toContain('error=proxy_configuration_error');
    expect(await proxy.logLine()).toBe('NC 503 cluster_not_found');
  });

  test('UO 503: more requests than the cluster may have', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      gateway(upstream.port, { listener: log, cluster: { circuit_breakers: { max_requests: 1 } } }),
    );
    const first = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    const second = await proxy.send(get);
    expect((await second.response()).body).toBe('too many requests to the cluster (UO)\n');
    expect(proxy.counter('meshlock_cluster_overflow_total', { breaker: 'requests' })).toBe(1);
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    await first.response();
    second.send(get);
    await peer.request();
    peer.send('HTTP/1.1 204 Done\r\n\r\n');
    expect((await second.response()).status).toBe(204);
  });

  test('is the same with a HEAD request, but for the body', async () => {
    const proxy = await startProxy(gateway(await closedPort()));
    const client = await proxy.send('HEAD /a HTTP/1.1\r\nHost: shop\r\n\r\n');
    const response = await client.response({ toHead: true });
    expect([response.status, header(response, 'content-length')]).toEqual([503, '50']);
    client.send(get);
    expect((await client.response()).body).toHaveLength(50);
  });
});

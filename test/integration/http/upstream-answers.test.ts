import { describe, expect, test } from 'vitest';
import { gateway, header, type GatewayKeys, startProxy, startRawUpstream } from '../harness/index.ts';

const get = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';
const keys: GatewayKeys = {
  listener: {
    access_logs: [{ path: 'access.log', format: '%RESPONSE_FLAGS% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%' }],
  },
};

/** Answers one request with these bytes and looks at what became of it. */
async function answerWith(bytes: string, more: GatewayKeys = {}) {
  const upstream = await startRawUpstream();
  const proxy = await startProxy(gateway(upstream.port, { ...keys, ...more }));
  const client = await proxy.send(get);
  const { peer } = await upstream.acceptRequest();
  peer.send(bytes);
  return { upstream, proxy, client, peer };
}

describe('a malformed answer', () => {
  test.each([
    ['not HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status beyond 599', 'HTTP/1.1 999 OK\r\n\r\n'],
    ['a bare line feed', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n'],
    ['a bare carriage return', 'HTTP/1.1 200 OK\r\nX-A: 1\rX-B: 2\r\n\r\n'],
    ['a folded field', 'HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\n\r\n'],
    ['space before the colon', 'HTTP/1.1 200 OK\r\nX-A : 1\r\n\r\n'],
    ['a NUL in a value', 'HTTP/1.1 200 OK\r\nX-A: \0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['a signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['an unknown transfer coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ])('(%s) is 502 with UPE, and nothing of it is passed on', async (_name, bytes) => {
    const { proxy, client, peer, upstream } = await answerWith(bytes);
    const response = await client.response();
    expect(response.status).toBe(502);
    expect(header(response, 'proxy-status')).toMatch(/^meshlock; error=http_protocol_error; details="UPE: /);
    expect(await peer.ending()).toMatch(/end|reset/);
    expect(await proxy.logLine()).toMatch(/^UPE 502 upstream_reset_before_response_started\{/);
    expect(proxy.counter('meshlock_cluster_request_resets_total', { origin: 'local' })).toBe(1);
    expect(proxy.counter('meshlock_endpoint_failures_total')).toBe(1);
    // The caller has done nothing wrong: its connection goes on.
    client.send(get);
    const next = await upstream.acceptRequest();
    next.peer.send('HTTP/1.1 204 Done\r\n\r\n');
    expect((await client.response()).status).toBe(204);
  });

  test('with a head beyond max_head_size is 502', async () => {
    const { client } = await answerWith(`HTTP/1.1 200 OK\r\nX-Fill: ${'x'.repeat(3000)}`, {
      cluster: { http: { max_head_size: '2KiB' } },
    });
    expect((await client.response()).status).toBe(502);
  });

  test('with more fields than max_header_count is 502', async () => {
    const { client } = await answerWith(`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(11)}\r\n`, {
      cluster: { http: { max_header_count: 10 } },
    });
    expect((await client.response()).status).toBe(502);
  });

  test('in its chunks cuts the answer short: the client is reset', async () => {
    const { proxy, client } = await answerWith(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nnonsense\r\n',
    );
    expect(await client.ending()).toBe('reset');
    expect(await proxy.logLine()).toBe('UPE 200 upstream_reset_after_response_started');
  });
});

describe('an upstream that ends early', () => {
  test.each(['end', 'reset'] as const)('without an answer (%s) is 503 with UC', async (how) => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(gateway(upstream.port, keys));
    const client = await proxy.send(get);
    const { peer } = await upstream.acceptRequest();
    peer[how]();
    const response = await client.response();
    expect(response.status).toBe(503);
    expect(header(response, 'proxy-status')).toContain('error=connection_terminated; details="UC: ');
    expect(await proxy.logLine()).toMatch(/^UC 503 /);
    expect(proxy.counter('meshlock_cluster_request_resets_total', { origin: 'upstream' })).toBe(1);
  });

  test('in the middle of the head is 503', async () => {
    const { client, peer } = await answerWith('HTTP/1.1 200 OK\r\nX-A: ');
    peer.end();
    expect((await client.response()).status).toBe(503);
  });

  test.each(['end', 'reset'] as const)(
    'in the middle of the body (%s) leaves the client with a reset, so that it can tell',
    async (how) => {
      const { proxy, client, peer } = await answerWith('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
      await client.takeUntil('half');
      peer[how]();
      expect(await client.ending()).toBe('reset');
      expect(await proxy.logLine()).toBe('UC 200 upstream_reset_after_response_started');
      expect(proxy.counter('meshlock_endpoint_failures_total')).toBe(1);
    },
  );
});

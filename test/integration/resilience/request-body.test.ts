/** Sending a request's body again: from a bounded copy, or not at all. */
import { describe, expect, test } from 'vitest';
import { header, settle, startProxy, startRawUpstream, until } from '../harness/index.ts';
import { advanceUntil, mesh, outcome, outcomes, post, request } from '../harness/mesh.ts';
import { answer, startScriptedUpstream } from '../harness/scripted.ts';

const quick = { base: '1ms', max: '1ms' };
const policy = { on: ['5xx'], attempts: 1, backoff: quick, max_body_size: 1000 };

describe('a retried request body', () => {
  test.each([1, 999, 1000])('of %i bytes is sent again whole when it fits', async (length) => {
    const upstream = await startScriptedUpstream(({ peer, number }) =>
      peer.send(answer(number === 1 ? 503 : 200)),
    );
    const proxy = await startProxy(mesh(upstream.port, { route: { retry: policy } }));
    const body = 'abcdefghij'.repeat(100).slice(0, length);
    const client = await proxy.send(post(body));
    await advanceUntil(proxy, () => outcomes(proxy).length === 1);
    expect((await client.response()).status).toBe(200);
    expect(upstream.requests.map((one) => one.body)).toEqual([body, body]);
    expect(upstream.requests.map((one) => header(one, 'content-length'))).toEqual([`${length}`, `${length}`]);
    expect(await outcome(proxy)).toMatchObject({ flag: '-', attempts: 2 });
  });

  test('one byte too long gets the first answer', async () => {
    const upstream = await startScriptedUpstream(({ peer }) => peer.send(answer(503, 'no')));
    const proxy = await startProxy(mesh(upstream.port, { route: { retry: policy } }));
    const client = await proxy.send(post('x'.repeat(1001)));
    expect(await client.response()).toMatchObject({ status: 503, body: 'no' });
    await proxy.advance(100);
    expect(upstream.requests).toHaveLength(1);
    expect(await outcome(proxy)).toMatchObject({ flag: '-', attempts: 1 });
    expect(proxy.counter('meshlock_cluster_retries_total')).toBe(0);
  });

  test('keeps its chunks and trailers', async () => {
    const upstream = await startScriptedUpstream(({ peer, number }) =>
      peer.send(answer(number === 1 ? 503 : 200)),
    );
    const proxy = await startProxy(mesh(upstream.port, { route: { retry: policy } }));
    const client = await proxy.send(request('/', 'transfer-encoding: chunked\r\n', 'POST'));
    for (const chunk of ['3\r\nabc\r\n', '4\r\ndefg\r\n']) {
      await client.sent(chunk);
      await settle();
    }
    client.send('0\r\nx-sum: 7\r\n\r\n');
    await advanceUntil(proxy, () => outcomes(proxy).length === 1);
    expect((await client.response()).status).toBe(200);
    expect(upstream.requests).toHaveLength(2);
    for (const { body, trailers } of upstream.requests) {
      expect(body).toBe('abcdefg');
      expect(trailers).toEqual([['x-sum', '7']]);
    }
  });

  test('that is still arriving when the first try fails is put together from both parts', async () => {
    const first = await startRawUpstream();
    const proxy = await startProxy(
      mesh(first.port, { route: { retry: { ...policy, backoff: { base: '1s', max: '1s' } } } }),
    );
    const client = await proxy.send(
      'PUT /up HTTP/1.1\r\nhost: mesh.test\r\ncontent-length: 12\r\n\r\nfirst,',
    );
    const early = await first.accept();
    await early.takeUntil('first,');
    early.send(answer(503));
    await proxy.reaches('meshlock_cluster_retries_active', { cluster: 'app' }, 1);
    client.send('second');
    await proxy.advance(1000);
    const { peer, request: whole } = await first.acceptRequest();
    expect(whole.body).toBe('first,second');
    peer.send(answer(200, 'ok'));
    expect(await client.response()).toMatchObject({ status: 200, body: 'ok' });
    expect(await outcome(proxy)).toMatchObject({ flag: '-', attempts: 2 });
  });

  test('that grows beyond the bound during the back-off is sent once more, and not kept for a third time', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      mesh(upstream.port, {
        route: { retry: { ...policy, attempts: 5, backoff: { base: '1s', max: '1s' } } },
      }),
    );
    const client = await proxy.send(
      'PUT /up HTTP/1.1\r\nhost: mesh.test\r\ncontent-length: 2000\r\n\r\nfirst,',
    );
    const early = await upstream.accept();
    await early.takeUntil('first,');
    early.send(answer(503));
    await proxy.reaches('meshlock_cluster_retries_active', { cluster: 'app' }, 1);
    client.send('x'.repeat(1994));
    await proxy.advance(1000);
    const { peer, request: whole } = await upstream.acceptRequest();
    expect(whole.body).toBe(`first,${'x'.repeat(1994)}`);
    peer.send(answer(503, 'again'));
    expect(await client.response()).toMatchObject({ status: 503, body: 'again' });
    await proxy.advance(5000);
    expect(upstream.connections).toBe(2);
  });

  test('does not count against memory: what waits for a connection is one read, and the client is held back', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(
      mesh(upstream.port, {
        cluster: { circuit_breakers: { max_connections: 1 } },
      }),
    );
    const holder = await proxy.send(request('/hold'));
    const { peer } = await upstream.acceptRequest();
    const client = await proxy.send(
      `POST /big HTTP/1.1\r\nhost: mesh.test\r\ncontent-length: ${64 * 1024 * 1024}\r\n\r\n`,
    );
    await proxy.reaches('meshlock_cluster_requests_pending', { cluster: 'app' }, 1);
    const piece = Buffer.alloc(1024 * 1024, 'x');
    for (let i = 0; i < 4; i++) client.send(piece);
    await settle(100);
    expect(proxy.counter('meshlock_listener_received_bytes_total')).toBeLessThan(256 * 1024);
    peer.send(answer(200));
    expect((await holder.response()).status).toBe(200);
    // The connection is free now and takes the body, at the upstream's pace.
    await peer.takeUntil('\r\n\r\n');
    await until(() => peer.received > 2 * 1024 * 1024);
    client.destroy();
    expect(await peer.ending()).toBeDefined();
  });

  test('begun with no retry policy is not kept at all', async () => {
    const upstream = await startRawUpstream();
    const proxy = await startProxy(mesh(upstream.port));
    const client = await proxy.send(post('hello'));
    const { peer } = await upstream.acceptRequest();
    peer.reset();
    expect((await client.response()).status).toBe(503);
    expect(await outcome(proxy)).toMatchObject({ flag: 'UC', attempts: 1 });
    await proxy.advance(1000);
    expect(upstream.connections).toBe(1);
  });

  test('of a POST that reached the upstream is not sent again after a reset; of a PUT it is', async () => {
    const upstream = await startScriptedUpstream(({ peer, number }) => {
      if (number % 2 === 1) peer.reset();
      else peer.send(answer(200));
    });
    const proxy = await startProxy(mesh(upstream.port, { route: { retry: { ...policy, on: ['reset'] } } }));
    const put = await proxy.send(post('once', '/', '', 'PUT'));
    await advanceUntil(proxy, () => outcomes(proxy).length === 1);
    expect((await put.response()).status).toBe(200);
    expect(await outcome(proxy, 0)).toMatchObject({ flag: '-', attempts: 2 });
    const client = await proxy.send(post('once'));
    // A new connection is reset with the request on it.
    await advanceUntil(proxy, () => outcomes(proxy).length === 2);
    const { status } = await client.response();
    const last = await outcome(proxy, 1);
    // The kept connection of the PUT was reset: for a POST that is the end.
    expect({ status, flag: last.flag, attempts: last.attempts }).toEqual({
      status: 503,
      flag: 'UC',
      attempts: 1,
    });
    expect(upstream.requests.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'POST']);
  });
});

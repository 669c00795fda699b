/** Every answer of the table from a real upstream through the whole data plane: what the client gets to see, and the next. */
import { describe, expect, test } from 'vitest';
import { headers, startProxy, startRawUpstream } from '../integration/harness/index.ts';
import { mesh, outcome, request } from '../integration/harness/mesh.ts';
import { type Fate, type SmuggledAnswer, smuggledAnswers } from './smuggled-answers.ts';

const ofFate = (fate: Fate): SmuggledAnswer[] => smuggledAnswers.filter((one) => one.fate === fate);

async function exchange({ bytes, method = 'GET' }: SmuggledAnswer) {
  const upstream = await startRawUpstream();
  const proxy = await startProxy(mesh(upstream.port));
  const client = await proxy.send(request('/', '', method));
  const { peer } = await upstream.acceptRequest();
  peer.send(bytes);
  return { upstream, proxy, client, peer };
}

describe('an answer that could be read in two ways', () => {
  test.each(ofFate('refused'))('is replaced by 502: $name', async (one) => {
    const { proxy, client, peer } = await exchange(one);
    let answer = await client.response();
    while (answer.status < 200) answer = await client.response();
    expect(answer.status).toBe(502);
    expect((await outcome(proxy)).flag).toBe('UPE');
    await peer.ending();
  });

  test.each(ofFate('cut'))('is cut where it breaks the protocol: $name', async (one) => {
    const headEnd = one.bytes.indexOf('\r\n\r\n') + 4;
    const { proxy, client, peer } = await exchange({ ...one, bytes: one.bytes.slice(0, headEnd) });
    expect(await client.takeUntil('\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    peer.send(one.bytes.slice(headEnd));
    // The client can tell: the connection breaks before the last chunk.
    expect(await client.ending()).toBe('reset');
    expect(client.unread).not.toMatch(/(^|\r\n)0\r\n/);
    expect((await outcome(proxy)).flag).toBe('UPE');
    await peer.ending();
  });

  test.each(ofFate('spent'))('is passed on alone, and its connection used no more: $name', async (one) => {
    const { client, peer, upstream } = await exchange(one);
    const answer = await client.response({ toHead: one.method === 'HEAD' });
    expect(answer.body).toBe(one.body);
    expect(headers(answer, 'connection')).toEqual([]);
    client.send(request('/second'));
    const second = await upstream.acceptRequest();
    expect(second.request.target).toBe('/second');
    expect(second.peer).not.toBe(peer);
    second.peer.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond');
    expect((await client.response()).body).toBe('second');
    await peer.ending();
  });

  test.each(ofFate('spent'))(
    'does not answer a request that waits for its connection: $name',
    async (one) => {
      const upstream = await startRawUpstream();
      const proxy = await startProxy(
        mesh(upstream.port, { cluster: { circuit_breakers: { max_connections: 1 } } }),
      );
      const client = await proxy.send(request('/', '', one.method));
      const { peer } = await upstream.acceptRequest();
      const waiting = await proxy.send(request('/waiting'));
      await proxy.reaches('meshlock_cluster_requests_pending', { cluster: 'app' }, 1);
      peer.send(one.bytes);
      expect((await client.response({ toHead: one.method === 'HEAD' })).body).toBe(one.body);
      const second = await upstream.acceptRequest();
      expect(second.request.target).toBe('/waiting');
      second.peer.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond');
      expect((await waiting.response()).body).toBe('second');
    },
  );

  test('has many shapes, of which these are examined', () => {
    expect(smuggledAnswers.length).toBeGreaterThan(60);
    expect(new Set(smuggledAnswers.map(({ name }) => name)).size).toBe(smuggledAnswers.length);
  });
});

/** Every attack of the tables against the whole data plane, with sockets on both sides: what the upstream gets to see. */
import { describe, expect, test } from 'vitest';
import { HeadError, refusals } from '../../src/protocol/index.ts';
import {
  gateway,
  headers,
  type Peer,
  replies,
  type Response,
  startProxy,
  type TestProxy,
} from '../integration/harness/index.ts';
import { always, type ScriptedUpstream, startScriptedUpstream } from '../integration/harness/scripted.ts';
import { harmlessRequests } from './harmless-requests.ts';
import { type RefusedRequest, refusedRequests, smuggled } from './smuggled-requests.ts';

const limits = { max_head_size: '60KiB', max_request_line_size: '8KiB', max_header_count: 100 };

async function mesh(): Promise<{ proxy: TestProxy; upstream: ScriptedUpstream }> {
  const upstream = await startScriptedUpstream(always(200, 'ok'));
  const proxy = await startProxy(gateway(upstream.port, { listener: { limits } }));
  return { proxy, upstream };
}

/** Answers until the proxy ends the connection, which it must do by itself. */
async function answersUntilClosed(client: Peer): Promise<Response[]> {
  const answers: Response[] = [];
  expect(await client.ending()).toBe('end');
  while (client.unread.length > 0) answers.push(await client.response());
  return answers;
}

function reasonOf({ error }: RefusedRequest): string {
  return error === 'body' ? 'the request body is malformed' : refusals[HeadError[error]]!.reason;
}

describe('a request that could be read in two ways', () => {
  test.each(refusedRequests)('is refused and not forwarded: $name', async (one) => {
    const { proxy, upstream } = await mesh();
    const client = await proxy.send(one.bytes);
    const answers = await answersUntilClosed(client);
    const { before = [], status } = one;
    expect(answers.map((answer) => answer.status)).toEqual([...before, status]);
    const refusal = answers.at(-1)!;
    expect(headers(refusal, 'connection')).toEqual(['close']);
    expect(refusal.body).toContain(reasonOf(one));
    expect(upstream.requests.map(({ startLine }) => startLine)).toHaveLength(before.length);
    expect(upstream.requests.some(({ target }) => target === '/smuggled')).toBe(false);
  });

  test('has many shapes, of which these are examined', () => {
    expect(refusedRequests.length).toBeGreaterThan(150);
    expect(new Set(refusedRequests.map(({ name }) => name)).size).toBe(refusedRequests.length);
  });
});

describe('a body that the proxy does not read', () => {
  const posted = `POST /reply HTTP/1.1\r\nHost: shop\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`;

  test('is not read as a request behind an answer of its own', async () => {
    const proxy = await startProxy(replies([{ match: '/', direct_response: { status: 200, body: 'own' } }]));
    const client = await proxy.send(posted);
    expect((await answersUntilClosed(client)).map(({ status }) => status)).toEqual([200]);
  });

  test('is not read as a request behind 413', async () => {
    const upstream = await startScriptedUpstream(always(200, 'ok'));
    const listener = { limits: { max_body_size: 16 } };
    const proxy = await startProxy(gateway(upstream.port, { listener }));
    for (const bytes of [
      posted,
      posted
        .replace(/Content-Length: \d+/, 'Transfer-Encoding: chunked')
        .replace(smuggled, `40\r\n${smuggled}`),
    ]) {
      const client = await proxy.send(bytes);
      expect((await answersUntilClosed(client)).map(({ status }) => status)).toEqual([413]);
    }
    expect(upstream.requests).toEqual([]);
  });
});

describe('a request that only looks so', () => {
  test.each(harmlessRequests)('is forwarded in one reading: $name', async ({ bytes, seen }) => {
    const { proxy, upstream } = await mesh();
    const client = await proxy.send(bytes);
    for (const { line } of seen) {
      expect((await client.response({ toHead: line.startsWith('HEAD') })).status).toBe(200);
    }
    client.end();
    await client.ending();
    expect(client.unread).toBe('');
    expect(upstream.requests).toMatchObject(seen.map(({ line, body }) => ({ startLine: line, body })));
    for (const [i, request] of upstream.requests.entries()) {
      const framing = [...headers(request, 'content-length'), ...headers(request, 'transfer-encoding')];
      const { body, host = 'shop', trailers = [] } = seen[i]!;
      expect(framing).toEqual(framingOf(body, request.chunks));
      expect(headers(request, 'host')).toEqual([host]);
      for (const name of ['connection', 'upgrade', 'te', 'keep-alive', 'http2-settings']) {
        expect(headers(request, name)).toEqual([]);
      }
      expect(request.trailers.map(([name, value]) => `${name}: ${value}`)).toEqual(trailers);
    }
  });
});

/** The framing that a request of this body has: as it came, but for chunks, which are this hop's own. */
function framingOf(body: string, chunks: readonly number[] | null): string[] {
  if (chunks !== null) return ['chunked'];
  return body === '' ? [] : [expect.stringMatching(new RegExp(`^0*${body.length}$`)) as string];
}

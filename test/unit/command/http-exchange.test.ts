import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask, type Peer, tokenWanted } from '../../../src/command/admin/http-exchange.ts';

async function serve(listener: RequestListener, token = ''): Promise<{ peer: Peer; url: URL }> {
  const server = createServer(listener);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { peer: { address, token, doubt: 'is it running?' }, url: new URL(`${address}/v1/health?a=b`) };
}

describe('a question over HTTP', () => {
  test('brings whatever status and body come, with the token that there is', async () => {
    const { peer, url } = await serve((request, response) => {
      response.writeHead(503);
      response.end(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
    }, 's3cret');
    const { status, text } = await ask(peer, { url, timeoutMs: 5000 });
    expect([status, await text(1000)]).toEqual([503, 'GET /v1/health?a=b Bearer s3cret']);
  });

  test('says that it took too long, before the answer and in the middle of it', async () => {
    const silent = await serve(() => {});
    const inTime = 'did not answer in time';
    await expect(ask(silent.peer, { url: silent.url, timeoutMs: 50 })).rejects.toThrow(inTime);
    const half = await serve((_, response) => void response.write('{"status":'));
    const { text } = await ask(half.peer, { url: half.url, timeoutMs: 1000 });
    await expect(text(1000)).rejects.toThrow(`${half.peer.address} ${inTime}`);
  });

  test('takes no more of an answer than it has room for', async () => {
    const { peer, url } = await serve((_, response) => {
      response.on('error', () => {});
      const more = (): void => void response.write('x'.repeat(65_536), more);
      more();
    });
    const { text } = await ask(peer, { url, timeoutMs: 10_000 });
    await expect(text(1_000_000)).rejects.toThrow(`${peer.address} answers without end`);
  });

  test('says that the other side hung up', async () => {
    const { peer, url } = await serve((_, response) => void response.socket?.destroy());
    await expect(ask(peer, { url, timeoutMs: 5000 })).rejects.toThrow(`cannot talk to ${peer.address}: `);
  });

  test('says what to look into when nobody listens', async () => {
    const address = 'http://127.0.0.1:1';
    const peer = { address, token: '', doubt: 'is it running?' };
    await expect(ask(peer, { url: new URL(address), timeoutMs: 5000 })).rejects.toThrow(
      `nobody listens on ${address}: is it running?`,
    );
  });
});

describe('the refusal of a token', () => {
  test('says how to give one, and that the one given is not right', () => {
    const peer = { address: 'http://a:1', token: '', doubt: '' };
    const how = 'http://a:1 wants a token: give --token-file, or MESHLOCK_ADMIN_TOKEN in the environment';
    expect(tokenWanted(peer)).toBe(how);
    expect(tokenWanted({ ...peer, token: 'x' })).toBe(`${how}; the one given is not right`);
  });
});

import { describe, expect, test } from 'vitest';
import { replies, settle, startProxy, until } from '../harness/index.ts';

const bodyBytes = 60_000;
const pipelined = 500;
const get = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';
const getAndClose = 'GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n';
const large = replies([{ match: '/', direct_response: { status: 200, body: 'x'.repeat(bodyBytes) } }]);

describe('a client that pipelines and does not read', () => {
  test('is answered no further once its answers are not taken, and gets them all when it reads', async () => {
    const proxy = await startProxy(large);
    const client = await proxy.connect();
    client.pause();
    client.send(get.repeat(pipelined - 1) + getAndClose);
    const answered = (): number => proxy.counter('meshlock_listener_requests_total', { code_class: '2xx' });
    await until(() => answered() > 0);
    await settle(200);
    // What the kernel takes, and a little more.
    expect(answered()).toBeLessThan(250);
    for (let i = 0; i < pipelined; i++) {
      const response = await client.response();
      expect(response.body.length).toBe(bodyBytes);
    }
    expect(await client.takeAll()).toBe('');
    expect(answered()).toBe(pipelined);
  });

  test('gets the last answer whole, however long that takes, when the connection closes behind it', async () => {
    const proxy = await startProxy(large);
    const client = await proxy.connect();
    client.pause();
    client.send(get.repeat(pipelined - 1) + getAndClose);
    const answered = (): number => proxy.counter('meshlock_listener_requests_total', { code_class: '2xx' });
    let taken = 0;
    while (answered() < pipelined) {
      taken += (await client.take(100_000)).length;
      client.pause();
      await settle(5);
    }
    await proxy.advance(20_000);
    taken += (await client.takeAll()).length;
    expect(taken).toBeGreaterThan(pipelined * bodyBytes);
  });
});

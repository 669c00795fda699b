import { expect, test } from 'vitest';
import { header, startProxy, startRawUpstream } from '../harness/index.ts';

test('round trip', async () => {
  const upstream = await startRawUpstream();
  const proxy = await startProxy(`
listeners:
  - { name: web, address: "127.0.0.1:0", cluster: app }
clusters:
  - { name: app, endpoints: ["127.0.0.1:${upstream.port}"] }
`);
  const client = await proxy.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
  const { peer, request } = await upstream.acceptRequest();
  console.log(request.raw);
  peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const response = await client.response();
  console.log(response.raw);
  expect(response.status).toBe(200);
  expect(header(response, 'content-length')).toBe('2');
  expect(proxy.counter('meshlock_listener_requests_total', { code_class: '2xx' })).toBe(1);
});

/** A cluster behind a name, over the whole program: its endpoints follow the answers, and outlive their absence. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { DnsResponder } from '../../unit/discovery/dns-responder.ts';
import { startHttpUpstream } from '../harness/index.ts';
import { call } from './call.ts';
import { becomesTrue } from './eventually.ts';
import { startMeshlock } from './meshlock.ts';

describe('a cluster of strict_dns', () => {
  test('follows the answers, keeps the last one when there is none, and tells of each look-up', async () => {
    const upstream = await startHttpUpstream((_, response) => response.end('here'));
    const dns = new DnsResponder();
    const resolver = await dns.start();
    onTestFinished(() => dns.close());
    const name = 'A cart.mesh.test';
    dns.replies.set(name, { kind: 'answer', addresses: ['127.0.0.1'], ttlSeconds: 1 });
    const mesh = await startMeshlock({
      admin: '127.0.0.1:0',
      data_threads: 1,
      listeners: [{ name: 'web', address: '127.0.0.1:0', cluster: 'cart' }],
      clusters: [
        {
          name: 'cart',
          type: 'strict_dns',
          endpoints: [`cart.mesh.test:${upstream.port}`],
          dns: { resolvers: [resolver], family: 'v4', refresh_rate: '1s' },
        },
      ],
    });
    const endpoints = async (): Promise<string[]> => {
      const { body } = await mesh.admin('/clusters');
      return [...body.matchAll(/^cart::([\d.]+):\d+::hostname::(.*)$/gm)].map(
        ([, address, host]) => `${address} ${host}`,
      );
    };
    const lookups = async (result: string): Promise<number> =>
      (await mesh.metrics()).sumOr0('meshlock_dns_lookups_total', { cluster: 'cart', result });
    expect((await call(mesh.port(), '/')).body).toBe('here');
    expect(await endpoints()).toEqual(['127.0.0.1 cart.mesh.test']);
    expect(await lookups('success')).toBeGreaterThanOrEqual(1);

    dns.replies.set(name, { kind: 'code', code: 'SERVFAIL' });
    const warning = await mesh.log.line(/cart\.mesh\.test.*the last addresses stay in use$/);
    expect(warning).toMatchObject({ level: 'warn', cluster: 'cart' });
    expect((await call(mesh.port(), '/')).body).toBe('here');
    expect(await lookups('failure')).toBeGreaterThanOrEqual(1);

    dns.replies.set(name, { kind: 'answer', addresses: ['127.0.0.1', '127.0.0.2'], ttlSeconds: 1 });
    await mesh.log.line(/cart\.mesh\.test resolves again$/);
    await becomesTrue(
      async () => (await endpoints()).length === 2,
      () => 'the second endpoint',
    );
    const before = await lookups('success');
    await becomesTrue(
      async () => (await lookups('success')) > before,
      () => 'further look-ups to be counted',
    );
  });
});

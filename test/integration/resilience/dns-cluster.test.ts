/** A cluster that is discovered by DNS, from a name server on loopback to the endpoint that answers. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { DnsResponder, type Reply } from '../../unit/discovery/dns-responder.ts';
import { type TestProxy, until } from '../harness/index.ts';
import { type ControlSide, startManagedProxy } from '../harness/control-side.ts';
import { fetchOn, fetchOnce, mesh, outcome, proxyStatus } from '../harness/mesh.ts';
import { always, type ScriptedUpstream, startScriptedUpstream } from '../harness/scripted.ts';

interface Zone {
  readonly dns: DnsResponder;
  readonly proxy: TestProxy;
  readonly control: ControlSide;
  /** At 127.0.0.1, 127.0.0.2 and 127.0.0.3, all on one port. */
  readonly upstreams: readonly ScriptedUpstream[];
}

const a = (...addresses: string[]): Reply => ({ kind: 'answer', addresses, ttlSeconds: 10 });

async function startZone(first: Reply): Promise<Zone> {
  const dns = new DnsResponder();
  const resolver = await dns.start();
  onTestFinished(() => dns.close());
  dns.replies.set('A app.test', first);
  const one = await startScriptedUpstream(always(200, '127.0.0.1'));
  const others = await Promise.all(
    ['127.0.0.2', '127.0.0.3'].map((host) => startScriptedUpstream(always(200, host), one.port, host)),
  );
  const { proxy, control } = await startManagedProxy(
    mesh(1, {
      cluster: {
        type: 'strict_dns',
        endpoints: [`app.test:${one.port}`],
        dns: { resolvers: [resolver], family: 'v4', refresh_rate: '5s' },
      },
    }),
  );
  await until(() => control.dns().initialized);
  await control.catchUp();
  return { dns, proxy, control, upstreams: [one, ...others] };
}

/** Lets time pass to the next look-up, and waits for its result. */
async function lookAgain({ dns, proxy, control }: Zone): Promise<void> {
  const asked = dns.asked.length;
  const { nextLookupMs } = control.dns().describe()[0]!;
  await proxy.advance(nextLookupMs! - proxy.clock.wall() + 1);
  await until(() => dns.asked.length > asked && control.dns().describe()[0]!.nextLookupMs !== null);
  await control.catchUp();
}

/** The addresses that answer, sorted, each once. */
async function answerers(proxy: TestProxy): Promise<string[]> {
  const client = await proxy.connect();
  const seen = new Set<string>();
  for (let i = 0; i < 12; i++) seen.add((await fetchOn(client)).body);
  client.destroy();
  return [...seen].sort();
}

describe('a DNS cluster', () => {
  test('follows the answers: every address is an endpoint, and one that is gone gets nothing', async () => {
    const zone = await startZone(a('127.0.0.1'));
    const { dns, proxy } = zone;
    expect(await answerers(proxy)).toEqual(['127.0.0.1']);
    dns.replies.set('A app.test', a('127.0.0.3', '127.0.0.2'));
    expect(await answerers(proxy)).toEqual(['127.0.0.1']);
    await lookAgain(zone);
    expect(await answerers(proxy)).toEqual(['127.0.0.2', '127.0.0.3']);
    // What idled towards the address that is gone was closed.
    await until(() => zone.upstreams[0]!.peers.every(({ closed, socket }) => closed || socket.readableEnded));
    dns.replies.set('A app.test', a('127.0.0.1', '127.0.0.2', '127.0.0.3'));
    await lookAgain(zone);
    expect(await answerers(proxy)).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.3']);
  });

  test.each([
    { what: 'a server failure', reply: { kind: 'code', code: 'SERVFAIL' } },
    { what: 'a name that does not exist', reply: { kind: 'code', code: 'NXDOMAIN' } },
    { what: 'an empty answer', reply: { kind: 'answer', addresses: [], ttlSeconds: 10 } },
  ] as const)('keeps the last addresses after $what, and takes the next answer', async ({ reply }) => {
    const zone = await startZone(a('127.0.0.2'));
    const { dns, proxy, control } = zone;
    dns.replies.set('A app.test', reply);
    await lookAgain(zone);
    expect(control.dns().describe()[0]).toMatchObject({ state: 'stale', addresses: ['127.0.0.2'] });
    expect(await answerers(proxy)).toEqual(['127.0.0.2']);
    dns.replies.set('A app.test', a('127.0.0.3'));
    await lookAgain(zone);
    expect(control.dns().describe()[0]).toMatchObject({ state: 'resolved', error: null });
    expect(await answerers(proxy)).toEqual(['127.0.0.3']);
  });

  test('without any answer yet says so: 503, UH; and serves as soon as there is one', async () => {
    const zone = await startZone({ kind: 'code', code: 'SERVFAIL' });
    const { dns, proxy, control } = zone;
    const response = await fetchOnce(proxy);
    expect(response.status).toBe(503);
    expect(proxyStatus(response)).toEqual({ error: 'destination_unavailable', flag: 'UH' });
    expect(await outcome(proxy)).toMatchObject({ flag: 'UH' });
    expect(control.dns().describe()[0]).toMatchObject({ state: 'failed' });
    dns.replies.set('A app.test', a('127.0.0.1'));
    await lookAgain(zone);
    expect(await answerers(proxy)).toEqual(['127.0.0.1']);
  });

  test('loses no request of a client while its addresses turn', async () => {
    const zone = await startZone(a('127.0.0.1'));
    const client = await zone.proxy.connect();
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 5; i++) expect((await fetchOn(client)).status).toBe(200);
      zone.dns.replies.set('A app.test', a(`127.0.0.${(round % 3) + 1}`));
      const looked = lookAgain(zone);
      for (let i = 0; i < 5; i++) expect((await fetchOn(client)).status).toBe(200);
      await looked;
    }
    for (const { requests } of zone.upstreams) expect(requests.length).toBeGreaterThan(0);
  });
});

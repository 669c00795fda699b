/** Strict DNS against a real DNS server on loopback, over UDP. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/index.ts';
import type { DnsDiscovery } from '../../../src/config/index.ts';
import { DnsClient } from '../../../src/discovery/dns/dns-client.ts';
import { nameLookup, systemLookup } from '../../../src/discovery/dns/name-lookup.ts';
import { type NameAnswer, NameLookupError, StrictDns } from '../../../src/discovery/index.ts';
import { DnsResponder } from './dns-responder.ts';

let responder: DnsResponder;
let server: string;
beforeEach(async () => {
  responder = new DnsResponder();
  server = await responder.start();
});
afterEach(() => responder.close());

function answers(type: 'A' | 'AAAA', addresses: readonly string[], ttlSeconds: number = 30): void {
  responder.replies.set(`${type} app.test`, { kind: 'answer', addresses, ttlSeconds });
}

function resolve(family: DnsDiscovery['family'], queryTimeoutMs: number = 2000): Promise<NameAnswer> {
  return nameLookup({ family, resolvers: [server], queryTimeoutMs, tries: 1 }).resolve('app.test');
}

async function failureOf(attempt: Promise<NameAnswer>): Promise<string> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NameLookupError);
  return `${(error as NameLookupError).code} ${(error as NameLookupError).message}`;
}

describe('a look-up at a DNS server', () => {
  test('gives all addresses and the TTL', async () => {
    answers('A', ['10.0.0.1', '10.0.0.2'], 42);
    expect(await resolve('v4')).toEqual({ addresses: ['10.0.0.1', '10.0.0.2'], ttlMs: 42_000 });
    expect(responder.asked).toEqual(['A app.test']);
  });

  test('takes IPv4 addresses where there are any, else IPv6 ones, by default', async () => {
    answers('A', ['10.0.0.1']);
    answers('AAAA', ['fd00::1'], 7);
    expect((await resolve('auto')).addresses).toEqual(['10.0.0.1']);
    answers('A', []);
    expect(await resolve('auto')).toEqual({ addresses: ['fd00::1'], ttlMs: 7000 });
  });

  test('takes both families with the shorter TTL when told to', async () => {
    answers('A', ['10.0.0.1'], 50);
    answers('AAAA', ['fd00::1'], 7);
    expect(await resolve('all')).toEqual({ addresses: ['10.0.0.1', 'fd00::1'], ttlMs: 7000 });
  });

  test('of both families fails when the server fails for one: half an answer would drop endpoints', async () => {
    answers('A', ['10.0.0.1']);
    responder.replies.set('AAAA app.test', { kind: 'code', code: 'SERVFAIL' });
    expect(await failureOf(resolve('all'))).toMatch(/^ESERVFAIL AAAA app.test: /);
  });

  test.each(['v4', 'v6', 'auto', 'all'] as const)('says that a name does not exist (%s)', async (family) => {
    expect(await failureOf(resolve(family))).toMatch(/^ENOTFOUND .*no such name \(NXDOMAIN\)/);
  });

  test('says that a name has no address of the family', async () => {
    answers('A', []);
    expect(await failureOf(resolve('v4'))).toBe('ENODATA A app.test: the name has no address of this family');
  });

  test('says that the server failed or refused', async () => {
    responder.replies.set('A app.test', { kind: 'code', code: 'SERVFAIL' });
    expect(await failureOf(resolve('v4'))).toMatch(/SERVFAIL/);
    responder.replies.set('A app.test', { kind: 'code', code: 'REFUSED' });
    expect(await failureOf(resolve('v4'))).toMatch(/REFUSED/);
  });

  test('says that the server does not answer', async () => {
    responder.replies.set('A app.test', { kind: 'silence' });
    expect(await failureOf(resolve('v4', 50))).toBe(
      'ETIMEOUT A app.test: the DNS server did not answer in time',
    );
  });
});

describe('strict DNS at a DNS server', () => {
  test('follows the records by their TTL, and keeps them while the server fails', async () => {
    const clock = new ManualClock();
    const emitted: string[] = [];
    const states: string[] = [];
    let wake = (): void => {};
    /** Lets the clock reach the next look-up and waits for its result. */
    const next = (): Promise<void> => {
      const done = new Promise<void>((settled) => (wake = settled));
      const [state] = dns.describe();
      if (state!.nextLookupMs === null) dns.start();
      else clock.advance(state!.nextLookupMs - clock.wall());
      return done;
    };
    const dns = new StrictDns({
      config: {
        kind: 'strict-dns',
        endpoints: [{ address: { host: 'app.test', port: 80 }, weight: 1, priority: 0, metadata: {} }],
        refreshMs: 60_000,
        respectTtl: true,
        family: 'v4',
        resolvers: [server],
      },
      clock,
      random: { next: () => 0 },
      onAddresses: (endpoints) => {
        emitted.push(endpoints.map(({ address }) => `${address.host}:${address.port}`).join(' '));
        wake();
      },
      onState: ({ state }) => {
        states.push(state);
        wake();
      },
    });
    answers('A', ['10.0.0.1', '10.0.0.2'], 5);
    await next();
    expect(emitted).toEqual(['10.0.0.1:80 10.0.0.2:80']);
    expect(dns.describe()[0]!.nextLookupMs).toBe(clock.wall() + 5000);

    responder.replies.set('A app.test', { kind: 'code', code: 'SERVFAIL' });
    await next();
    expect(dns.describe()[0]).toMatchObject({ state: 'stale', addresses: ['10.0.0.1', '10.0.0.2'] });

    responder.replies.delete('A app.test');
    await next();
    expect(dns.describe()[0]).toMatchObject({ state: 'stale', failuresInRow: 2 });
    expect(dns.describe()[0]!.error).toMatch(/NXDOMAIN/);

    answers('A', ['10.0.0.2', '10.0.0.3'], 5);
    await next();
    expect(emitted).toEqual(['10.0.0.1:80 10.0.0.2:80', '10.0.0.2:80 10.0.0.3:80']);
    expect(states).toEqual(['stale', 'stale', 'resolved']);
    dns.close();
  });
});

describe("a look-up in the system's way", () => {
  function system(pinned: readonly string[], known: readonly string[]): Promise<NameAnswer> {
    const client = new DnsClient({ family: 'auto', resolvers: [server], queryTimeoutMs: 50, tries: 1 });
    const sources = { pinned: async () => pinned, system: async () => known };
    return systemLookup('auto', client, sources).resolve('app.test');
  }

  test('believes the hosts file before any server', async () => {
    answers('A', ['10.0.0.1']);
    expect(await system(['::1', '127.0.0.1'], [])).toEqual({ addresses: ['127.0.0.1'], ttlMs: null });
    expect(responder.asked).toEqual([]);
  });

  test('asks DNS for what the hosts file does not have', async () => {
    answers('A', ['10.0.0.1'], 9);
    expect(await system([], ['10.9.9.9'])).toEqual({ addresses: ['10.0.0.1'], ttlMs: 9000 });
  });

  test("asks the system's resolver for what DNS does not know", async () => {
    expect(await system([], ['fd00::9'])).toEqual({ addresses: ['fd00::9'], ttlMs: null });
  });

  test('says what DNS said when nobody knows the name', async () => {
    expect(await failureOf(system([], []))).toMatch(/NXDOMAIN/);
  });

  test('does not bother the system when the DNS server is silent', async () => {
    responder.replies.set('A app.test', { kind: 'silence' });
    expect(await failureOf(system([], ['10.9.9.9']))).toMatch(/^ETIMEOUT /);
  });

  test('knows localhost', async () => {
    const { addresses } = await nameLookup({ family: 'v4', resolvers: [] }).resolve('localhost');
    expect(addresses).toContain('127.0.0.1');
  });
});

import { afterEach, describe, expect, test } from 'vitest';
import { ManualClock, type Random } from '../../../src/base/index.ts';
import type { DnsDiscovery, EndpointConfig } from '../../../src/config/index.ts';
import {
  type NameAnswer,
  type NameLookup,
  NameLookupError,
  StrictDns,
  type StrictDnsOptions,
} from '../../../src/discovery/index.ts';

let open: StrictDns[] = [];
afterEach(() => {
  for (const dns of open) dns.close();
  open = [];
});

interface Question {
  readonly name: string;
  readonly resolve: (answer: NameAnswer) => void;
  readonly reject: (error: Error) => void;
}

interface Scene {
  readonly dns: StrictDns;
  readonly clock: ManualClock;
  /** Every list of addresses that was emitted. */
  readonly emitted: string[][];
  readonly states: string[];
  readonly questions: Question[];
  readonly asked: () => number;
  /** Answers the oldest open question. */
  readonly answer: (addresses: readonly string[], ttlSeconds: number | null) => Promise<void>;
  readonly fail: (code: string) => Promise<void>;
}

function endpoint(host: string, port: number = 80): EndpointConfig {
  return { address: { host, port }, weight: 3, priority: 1, metadata: { zone: 'a' } };
}

function sceneOf(
  hosts: readonly string[],
  changes: Partial<DnsDiscovery> = {},
  options: Partial<StrictDnsOptions> = {},
): Scene {
  const clock = new ManualClock();
  const questions: Question[] = [];
  const emitted: string[][] = [];
  const states: string[] = [];
  let asked = 0;
  const lookup: NameLookup = {
    resolve: (name) =>
      new Promise((resolve, reject) => {
        asked++;
        questions.push({ name, resolve, reject });
      }),
    cancel: () => {},
  };
  const noJitter: Random = { next: () => 0 };
  const dns = new StrictDns({
    config: {
      kind: 'strict-dns',
      endpoints: hosts.map((host) => endpoint(host)),
      refreshMs: 5000,
      respectTtl: true,
      family: 'auto',
      resolvers: [],
      ...changes,
    },
    clock,
    random: noJitter,
    lookup,
    onAddresses: (endpoints) => emitted.push(endpoints.map(({ address }) => address.host)),
    onState: ({ name, state }) => states.push(`${name} ${state}`),
    ...options,
  });
  open.push(dns);
  dns.start();
  const settle = async (act: (question: Question) => void): Promise<void> => {
    act(questions.shift()!);
    await Promise.resolve();
    await Promise.resolve();
  };
  return {
    dns,
    clock,
    emitted,
    states,
    questions,
    asked: () => asked,
    answer: (addresses, ttl) =>
      settle(({ resolve }) => resolve({ addresses, ttlMs: ttl === null ? null : ttl * 1000 })),
    fail: (code) => settle(({ reject }) => reject(new NameLookupError(code, `A: ${code}`))),
  };
}

describe('strict DNS', () => {
  test('makes every address an endpoint with the port, weight, priority and metadata of its name', async () => {
    const emitted: EndpointConfig[][] = [];
    const { answer } = sceneOf(
      ['app.test'],
      {},
      { onAddresses: (endpoints) => emitted.push([...endpoints]) },
    );
    await answer(['10.0.0.2', '10.0.0.1'], 30);
    expect(emitted).toEqual([[endpoint('10.0.0.1'), endpoint('10.0.0.2')]]);
  });

  test('looks nothing up for addresses, of either family', () => {
    const { emitted, asked, dns } = sceneOf(['10.0.0.1', '::1']);
    expect(emitted).toEqual([['10.0.0.1', '::1']]);
    expect(asked()).toBe(0);
    expect(dns.initialized).toBe(true);
  });

  test('gives what it has while other names are unknown, in the order of the configuration', async () => {
    const { emitted, answer, dns } = sceneOf(['b.test', '10.0.0.9', 'a.test']);
    expect(emitted).toEqual([['10.0.0.9']]);
    await answer(['10.0.0.2'], 30);
    expect(dns.initialized).toBe(false);
    await answer(['10.0.0.1'], 30);
    expect(dns.initialized).toBe(true);
    expect(emitted).toEqual([['10.0.0.9'], ['10.0.0.2', '10.0.0.9'], ['10.0.0.2', '10.0.0.9', '10.0.0.1']]);
  });

  test('looks a name up once for all its ports', () => {
    const { asked } = sceneOf(['app.test'], {
      endpoints: [endpoint('app.test', 80), endpoint('app.test', 81)],
    });
    expect(asked()).toBe(1);
  });

  test('resolves again when the TTL is over', async () => {
    const { answer, clock, asked, dns } = sceneOf(['app.test']);
    await answer(['10.0.0.1'], 30);
    expect(dns.describe()[0]!.nextLookupMs).toBe(clock.wall() + 30_000);
    clock.advance(29_999);
    expect(asked()).toBe(1);
    clock.advance(1);
    expect(asked()).toBe(2);
  });

  test.each([
    [0, 1000],
    [null, 5000],
    [10_000_000, 86_400_000],
  ])('with a TTL of %s s resolves again after %i ms', async (ttl, expectedMs) => {
    const { answer, clock, dns } = sceneOf(['app.test']);
    await answer(['10.0.0.1'], ttl);
    expect(dns.describe()[0]!.nextLookupMs).toBe(clock.wall() + expectedMs);
  });

  test('resolves at its own pace when told not to respect TTLs', async () => {
    const { answer, clock, dns } = sceneOf(['app.test'], { respectTtl: false });
    await answer(['10.0.0.1'], 300);
    expect(dns.describe()[0]!.nextLookupMs).toBe(clock.wall() + 5000);
  });

  test('never resolves before the TTL is over, whatever the jitter', async () => {
    const { answer, clock, dns } = sceneOf(['app.test'], {}, { random: { next: () => 0.999 } });
    await answer(['10.0.0.1'], 30);
    const delayMs = dns.describe()[0]!.nextLookupMs! - clock.wall();
    expect(delayMs).toBeGreaterThan(32_000);
    expect(delayMs).toBeLessThan(33_000);
  });

  test('emits only when the set of addresses changed, not its order', async () => {
    const { answer, clock, emitted } = sceneOf(['app.test']);
    for (const addresses of [
      ['10.0.0.1', '10.0.0.2'],
      ['10.0.0.2', '10.0.0.1'],
      ['10.0.0.1', '10.0.0.2', '10.0.0.2'],
    ]) {
      await answer(addresses, 1);
      clock.advance(1000);
    }
    await answer(['10.0.0.2', '10.0.0.3'], 1);
    expect(emitted).toEqual([
      ['10.0.0.1', '10.0.0.2'],
      ['10.0.0.2', '10.0.0.3'],
    ]);
  });

  test('keeps the last answer when a look-up fails, says so, and tells when it is well again', async () => {
    const { answer, fail, clock, emitted, states, dns } = sceneOf(['app.test']);
    await answer(['10.0.0.1'], 1);
    const succeededMs = clock.wall();
    clock.advance(1000);
    await fail('ENOTFOUND');
    expect(emitted).toEqual([['10.0.0.1']]);
    expect(dns.describe()).toEqual([
      {
        name: 'app.test',
        state: 'stale',
        addresses: ['10.0.0.1'],
        lastSuccessMs: succeededMs,
        error: 'A: ENOTFOUND',
        failuresInRow: 1,
        nextLookupMs: clock.wall() + 750,
        dropped: 0,
      },
    ]);
    clock.advance(1000);
    await answer(['10.0.0.1'], 1);
    expect(dns.describe()[0]).toMatchObject({ state: 'resolved', error: null, failuresInRow: 0 });
    expect(states).toEqual(['app.test stale', 'app.test resolved']);
  });

  test('tries again after waits that double, up to the refresh time', async () => {
    const { fail, clock, dns, emitted } = sceneOf(
      ['app.test'],
      { refreshMs: 6000 },
      { random: { next: () => 1 } },
    );
    const waits: number[] = [];
    for (let n = 0; n < 5; n++) {
      await fail('ESERVFAIL');
      const waitMs = dns.describe()[0]!.nextLookupMs! - clock.wall();
      waits.push(waitMs);
      clock.advance(waitMs);
    }
    expect(waits).toEqual([1000, 2000, 4000, 6000, 6000]);
    expect(dns.describe()[0]!.state).toBe('failed');
    expect(emitted).toEqual([]);
    expect(dns.initialized).toBe(true);
  });

  test('gives a look-up up that never ends, and ignores what it says later', async () => {
    const { clock, questions, asked, emitted, dns } = sceneOf(['app.test'], {}, { lookupTimeoutMs: 3000 });
    clock.advance(3000);
    expect(dns.describe()[0]).toMatchObject({
      state: 'failed',
      error: 'app.test: the look-up took longer than 3s',
    });
    clock.advance(750);
    expect(asked()).toBe(2);
    const [late, present] = questions;
    present!.resolve({ addresses: ['10.0.0.2'], ttlMs: 60_000 });
    await Promise.resolve();
    late!.resolve({ addresses: ['10.0.0.1'], ttlMs: 60_000 });
    await Promise.resolve();
    expect(emitted).toEqual([['10.0.0.2']]);
  });

  test('uses no more addresses of a name than the limit, always the same ones', async () => {
    const { answer, clock, emitted, dns } = sceneOf(['app.test'], {}, { maxAddresses: 2 });
    await answer(['10.0.0.3', '10.0.0.1', '10.0.0.2'], 1);
    clock.advance(1000);
    await answer(['10.0.0.2', '10.0.0.3', '10.0.0.1'], 1);
    expect(emitted).toEqual([['10.0.0.1', '10.0.0.2']]);
    expect(dns.describe()[0]!.dropped).toBe(1);
  });

  test('looks everything up at once when asked to', async () => {
    const { answer, asked, dns, emitted } = sceneOf(['app.test']);
    await answer(['10.0.0.1'], 3600);
    dns.refresh();
    expect(asked()).toBe(2);
    await answer(['10.0.0.2'], 3600);
    expect(emitted.at(-1)).toEqual(['10.0.0.2']);
  });

  test('is still after it is closed', async () => {
    const { clock, questions, emitted, dns, asked } = sceneOf(['app.test']);
    dns.close();
    questions[0]!.resolve({ addresses: ['10.0.0.1'], ttlMs: 1000 });
    await Promise.resolve();
    dns.refresh();
    expect(clock.pendingTimers).toBe(0);
    expect(emitted).toEqual([]);
    expect(asked()).toBe(1);
  });
});

import { describe, expect, test } from 'vitest';
import { hash32, seededRandom } from '../../../src/base/index.ts';
import type { HashPolicy, PathMatch } from '../../../src/config/index.ts';
import { compiled, forwardTo, type HeadOptions, MemoryHead, redirectTo, route } from './fixture.ts';

describe('choice of a cluster', () => {
  test('follows the weights without bias', () => {
    const clusters = [
      { cluster: 'none', weight: 0 },
      { cluster: 'a', weight: 1 },
      { cluster: 'b', weight: 3 },
      { cluster: 'c', weight: 6 },
      { cluster: 'nothing', weight: 0 },
    ];
    const found = compiled(route('r', {}, forwardTo('', { clusters })));
    const random = seededRandom(7);
    const counts = new Map<string, number>();
    const draws = 100_000;
    for (let i = 0; i < draws; i++) {
      const name = found.pickCluster(random);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted()).toEqual(['a', 'b', 'c']);
    // Chi-squared with 2 degrees of freedom: 13.8 is exceeded once in 1000.
    let chiSquared = 0;
    for (const { cluster, weight } of clusters) {
      if (weight === 0) continue;
      const expected = (draws * weight) / 10;
      chiSquared += (counts.get(cluster)! - expected) ** 2 / expected;
    }
    expect(chiSquared).toBeLessThan(13.8);
  });

  test('puts the bounds of the range where they belong', () => {
    const clusters = [
      { cluster: 'a', weight: 1 },
      { cluster: 'b', weight: 1 },
    ];
    const found = compiled(route('r', {}, forwardTo('', { clusters })));
    const pick = (share: number) => found.pickCluster({ next: () => share });
    expect([pick(0), pick(0.499_999), pick(0.5), pick(1 - 2 ** -53)]).toEqual(['a', 'a', 'b', 'b']);
  });

  test('takes the only cluster whatever its weight, without drawing', () => {
    const found = compiled(route('r', {}, forwardTo('', { clusters: [{ cluster: 'a', weight: 0 }] })));
    const next = () => {
      throw new Error('drawn');
    };
    expect(found.pickCluster({ next })).toBe('a');
  });

  test('is an error of the program on a route that does not forward', () => {
    const found = compiled(route('r', {}, redirectTo({ path: '/x' })));
    expect(() => found.pickCluster(seededRandom(1))).toThrow('route r is a redirect');
  });
});

describe('rewrite of the target', () => {
  const rewrite = (path: PathMatch, prefixRewrite: string | null, target: string, probe = target) =>
    compiled(route('r', { path }, forwardTo('c', { prefixRewrite })), { target: probe }).rewriteTarget(
      new MemoryHead({ target }),
    );

  test.each([
    ['prefix', '/api', '/v2', '/api/x?y=1', '/v2/x?y=1'],
    ['prefix', '/api/', '/', '/api/x', '/x'],
    ['prefix', '/api', '/', '/api', '/'],
    ['prefix', '/api', '/', '/api/x', '//x'],
    ['prefix', '/api', '/', '/apix', '/x'],
    ['prefix', '/api', '', '/api/x', '/x'],
    ['prefix', '/api', '', '/api?y=1', '/?y=1'],
    ['prefix', '/', '/base/', '/x', '/base/x'],
    ['prefix', '/api', '/v2', '/api?u=/api/', '/v2?u=/api/'],
    ['exact', '/api', '/v2', '/api?y=1', '/v2?y=1'],
    ['regex', '/[a-z]+', '/v2', '/api?y=1', '/v2?y=1'],
  ] as const)('%s %s to %s: %s becomes %s', (kind, value, to, target, expected) => {
    expect(rewrite({ kind, value }, to, target)).toBe(expected);
  });

  test('is null when nothing changes', () => {
    const prefix: PathMatch = { kind: 'prefix', value: '/api' };
    expect(rewrite(prefix, null, '/api/x')).toBeNull();
    expect(rewrite(prefix, '/api', '/api/x')).toBeNull();
    expect(rewrite({ kind: 'exact', value: '/api' }, '/api', '/api?x')).toBeNull();
    expect(rewrite({ kind: 'prefix', value: '' }, '/v2', '*')).toBeNull();
    // A filter changed the target after the match.
    expect(rewrite(prefix, '/v2', '/other', '/api')).toBeNull();
  });

  test('leaves the authority of a CONNECT alone', () => {
    const found = compiled(route('r', { connect: true }, forwardTo('c', { prefixRewrite: '/v2' })), {
      method: 'CONNECT',
      target: 'db:3306',
    });
    expect(found.rewriteTarget(new MemoryHead({ method: 'CONNECT', target: 'db:3306' }))).toBeNull();
  });
});

describe('hash of a request', () => {
  const hashOf = (hashPolicy: readonly HashPolicy[], head: HeadOptions = {}, ip = '10.0.0.1') =>
    compiled(route('r', {}, forwardTo('c', { hashPolicy }))).hash(new MemoryHead(head), ip);
  const user: HashPolicy = { kind: 'header', name: 'x-user', terminal: false };
  const session: HashPolicy = { kind: 'cookie', name: 'sid', terminal: false };
  const page: HashPolicy = { kind: 'query', name: 'page', terminal: false };
  const source: HashPolicy = { kind: 'source-ip', terminal: false };
  const head: HeadOptions = {
    target: '/?page=7',
    headers: [
      ['X-User', 'ann'],
      ['Cookie', 'a=b; sid="s1"'],
    ],
  };

  test('is the hash of what the policy names', () => {
    expect(hashOf([user], head)).toBe(hash32('ann'));
    expect(hashOf([session], head)).toBe(hash32('s1'));
    expect(hashOf([page], head)).toBe(hash32('7'));
    expect(hashOf([source], head)).toBe(hash32('10.0.0.1'));
  });

  test('is null when nothing is configured or found', () => {
    expect(hashOf([], head)).toBeNull();
    expect(hashOf([user, session, page, source], { headers: [['cookie', 'sid=']] }, '')).toBeNull();
    expect(compiled(route('r', {}, redirectTo({ path: '/x' }))).hash(new MemoryHead(), '1.1.1.1')).toBeNull();
  });

  test('mixes all policies that found something, in order', () => {
    const both = hashOf([user, source], head);
    const ann = hash32('ann');
    expect(both).toBe((((ann << 1) | (ann >>> 31)) ^ hash32('10.0.0.1')) >>> 0);
    expect(hashOf([source, user], head)).not.toBe(both);
    // Equal values do not cancel out.
    expect(hashOf([user, user], head)).not.toBe(0);
  });

  test('stops at a terminal policy once there is a hash', () => {
    expect(hashOf([{ ...user, terminal: true }, source], head)).toBe(hash32('ann'));
    expect(hashOf([{ ...user, terminal: true }, source], {})).toBe(hash32('10.0.0.1'));
    // The terminal one found nothing, but the one before did.
    expect(hashOf([user, { ...session, terminal: true }, source], { headers: [['x-user', 'ann']] })).toBe(
      hash32('ann'),
    );
  });

  test('stays within 32 unsigned bits', () => {
    for (let i = 0; i < 1000; i++) {
      const hash = hashOf([user, source], { headers: [['x-user', `u${i}`]] })!;
      expect(Number.isInteger(hash) && hash >= 0 && hash <= 0xffff_ffff).toBe(true);
    }
  });
});

describe('what else a route holds', () => {
  test('a forward has its host rewrite and upgrades', () => {
    const action = forwardTo('c', { hostRewrite: 'inner', upgrades: ['websocket'] });
    expect(compiled(route('r', {}, action))).toMatchObject({
      kind: 'forward',
      forward: action,
      reply: null,
      hostRewrite: 'inner',
      upgrades: ['websocket'],
    });
  });

  test('a direct reply has its body as bytes', () => {
    const found = compiled(
      route('r', {}, { kind: 'reply', status: 418, body: 'café', contentType: 'text/plain' }),
    );
    expect(found.kind).toBe('reply');
    expect(found.forward).toBeNull();
    expect(found.rewriteTarget(new MemoryHead({ target: '/x' }))).toBeNull();
    expect(found.reply).toEqual({
      status: 418,
      contentType: 'text/plain',
      body: Buffer.from('café', 'utf8'),
    });
  });

  test('only a redirect has a location', () => {
    expect(() => compiled(route('r')).location(new MemoryHead(), 'http')).toThrow('route r is a forward');
  });
});

import { describe, expect, test } from 'vitest';
import { MeshlockError } from '../../../src/base/index.ts';
import type { NamedMatch, RouteMatch, ValueMatch } from '../../../src/config/index.ts';
import { RouteTable } from '../../../src/route/index.ts';
import {
  forwardTo,
  type HeadOptions,
  MemoryHead,
  redirectTo,
  route,
  tableOf,
  virtualHost,
} from './fixture.ts';

function nameOf(table: RouteTable, head: HeadOptions): string | undefined {
  return table.match(new MemoryHead(head))?.name;
}

/** Does a route with `match` take the request? */
function takes(match: Partial<RouteMatch>, head: HeadOptions): boolean {
  return tableOf(virtualHost('all', ['*'], [route('r', match)])).match(new MemoryHead(head)) !== null;
}

function named(name: string, value: ValueMatch, invert = false): NamedMatch {
  return { name, value, invert };
}

describe('choice of the virtual host', () => {
  test('follows the authority, and only routes of that host are tried', () => {
    const table = tableOf(
      virtualHost(
        'shop',
        ['shop.example.com', 'shop.example.com:8080'],
        [route('cart', { path: { kind: 'prefix', value: '/cart' } })],
      ),
      virtualHost('wild', ['*.example.com']),
      virtualHost('rest', ['*']),
    );
    expect(nameOf(table, { authority: 'Shop.Example.com', target: '/cart/1' })).toBe('cart');
    expect(nameOf(table, { authority: 'shop.example.com', target: '/other' })).toBeUndefined();
    expect(nameOf(table, { authority: 'img.example.com', target: '/other' })).toBe('wild');
    expect(nameOf(table, { authority: '', target: '/other' })).toBe('rest');
  });

  test('answers null when no domain fits', () => {
    expect(nameOf(tableOf(virtualHost('a', ['a.com'])), { authority: 'b.com' })).toBeUndefined();
    expect(nameOf(tableOf(), {})).toBeUndefined();
  });

  test('carries the names and the slot of the route', () => {
    const table = new RouteTable({
      virtualHosts: [virtualHost('shop', ['*'], [route('cart')])],
      slotOf: (host, name) => (host === 'shop' && name === 'cart' ? 42 : -1),
    });
    expect(table.match(new MemoryHead())).toMatchObject({ name: 'cart', virtualHost: 'shop', slot: 42 });
  });
});

describe('path match', () => {
  test('of a first route for every path takes them all, but not the asterisk of OPTIONS', () => {
    const table = tableOf(virtualHost('all', ['*'], [route('all'), route('later')]));
    for (const method of ['GET', 'OPTIONS', 'BREW']) {
      expect(nameOf(table, { method, target: '/' })).toBe('all');
      expect(nameOf(table, { method, target: '/cart?x=1' })).toBe('all');
    }
    expect(nameOf(table, { method: 'OPTIONS', target: '*' })).toBeUndefined();
    expect(nameOf(table, { method: 'CONNECT', target: 'db:3306' })).toBeUndefined();
  });

  test('of a first route for every path, on a condition, goes on where the condition does not hold', () => {
    const routes = [route('posts', { methods: ['POST'] }), route('rest')];
    const table = tableOf(virtualHost('all', ['*'], routes));
    expect(nameOf(table, { method: 'POST', target: '/x' })).toBe('posts');
    expect(nameOf(table, { method: 'GET', target: '/x' })).toBe('rest');
  });

  test('takes the first route that matches, not the longest', () => {
    const table = tableOf(
      virtualHost(
        'all',
        ['*'],
        [
          route('first', { path: { kind: 'prefix', value: '/a' } }),
          route('hidden', { path: { kind: 'exact', value: '/a/b' } }),
          route('rest'),
        ],
      ),
    );
    expect(nameOf(table, { target: '/a/b' })).toBe('first');
    expect(nameOf(table, { target: '/b' })).toBe('rest');
  });

  test.each([
    ['prefix', '/foo', '/foo', true],
    ['prefix', '/foo', '/foobar', true],
    ['prefix', '/foo', '/foo/bar?x=1', true],
    ['prefix', '/foo', '/FOO', false],
    ['prefix', '/foo', '/fo', false],
    ['prefix', '/foo?x', '/foo?x', false],
    ['prefix', '/foo/', '/foo', false],
    ['prefix', '/', '*', false],
    ['prefix', '', '*', true],
    ['exact', '/foo', '/foo', true],
    ['exact', '/foo', '/foo?x=1', true],
    ['exact', '/foo', '/foo#x', true],
    ['exact', '/foo', '/foo/', false],
    ['exact', '/foo', '/foobar', false],
    ['exact', '*', '*', true],
    ['regex', '/foo/[0-9]+', '/foo/42', true],
    ['regex', '/foo/[0-9]+', '/foo/42?x=y', true],
    ['regex', '/foo/[0-9]+', '/foo/42/bar', false],
    ['regex', '/foo/[0-9]+', '/x/foo/42', false],
    ['regex', '/a|/b', '/b', true],
    ['regex', '/a|/b', '/ab', false],
    ['regex', '(?i)/foo', '/FOO', true],
  ] as const)('%s %s on %s: %s', (kind, value, target, expected) => {
    const head = { method: target === '*' ? 'OPTIONS' : 'GET', target };
    expect(takes({ path: { kind, value } }, head)).toBe(expected);
    // The same among many routes, where an index does the search.
    const many = Array.from({ length: 40 }, (_, index) =>
      route(`other-${index}`, { path: { kind: 'exact', value: `/other/${index}` } }),
    );
    const table = tableOf(virtualHost('all', ['*'], [...many, route('r', { path: { kind, value } })]));
    expect(nameOf(table, head)).toBe(expected ? 'r' : undefined);
  });

  test('a regular expression takes linear time on input that makes others backtrack', () => {
    const path = { kind: 'regex', value: '/(a*)*(a|aa)+b' } as const;
    const table = tableOf(virtualHost('all', ['*'], [route('r', { path })]));
    const start = performance.now();
    expect(nameOf(table, { target: `/${'a'.repeat(50_000)}` })).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(nameOf(table, { target: `/${'a'.repeat(50_000)}b` })).toBe('r');
  });
});

describe('other conditions of a route', () => {
  test('methods are compared with case; none means any', () => {
    expect(takes({ methods: ['GET', 'HEAD'] }, { method: 'HEAD' })).toBe(true);
    expect(takes({ methods: ['GET', 'HEAD'] }, { method: 'POST' })).toBe(false);
    expect(takes({ methods: ['GET'] }, { method: 'get' })).toBe(false);
    expect(takes({ methods: [] }, { method: 'PURGE' })).toBe(true);
  });

  const cases: readonly (readonly [ValueMatch, string | undefined, boolean, boolean])[] = [
    [{ kind: 'present' }, 'x', true, false],
    [{ kind: 'present' }, '', true, false],
    [{ kind: 'present' }, undefined, false, true],
    [{ kind: 'exact', value: 'abc' }, 'abc', true, false],
    [{ kind: 'exact', value: 'abc' }, 'abcd', false, true],
    [{ kind: 'exact', value: 'abc' }, undefined, false, false],
    [{ kind: 'prefix', value: 'ab' }, 'abc', true, false],
    [{ kind: 'prefix', value: 'ab' }, 'cab', false, true],
    [{ kind: 'suffix', value: 'bc' }, 'abc', true, false],
    [{ kind: 'suffix', value: 'bc' }, 'bca', false, true],
    [{ kind: 'contains', value: 'b' }, 'abc', true, false],
    [{ kind: 'contains', value: 'x' }, 'abc', false, true],
    [{ kind: 'regex', value: '[a-c]+' }, 'abc', true, false],
    [{ kind: 'regex', value: '[a-c]+' }, 'abcd', false, true],
    [{ kind: 'regex', value: '.*' }, undefined, false, false],
  ];

  test.each(cases)('%j on %s holds: %s, inverted: %s', (value, given, plain, inverted) => {
    const head = given === undefined ? {} : { headers: [['X-Version', given]] as const };
    expect(takes({ headers: [named('x-version', value)] }, head)).toBe(plain);
    expect(takes({ headers: [named('x-version', value, true)] }, head)).toBe(inverted);
    const target = given === undefined ? '/' : `/?a=1&version=${given}`;
    expect(takes({ query: [named('version', value)] }, { target })).toBe(plain);
    expect(takes({ query: [named('version', value, true)] }, { target })).toBe(inverted);
  });

  test('all conditions must hold, else the next route is tried', () => {
    const table = tableOf(
      virtualHost(
        'all',
        ['*'],
        [
          route('canary', {
            headers: [
              named('x-canary', { kind: 'present' }),
              named('x-user', { kind: 'prefix', value: 'qa-' }),
            ],
            query: [named('v', { kind: 'exact', value: '2' })],
          }),
          route('stable'),
        ],
      ),
    );
    const headers = [
      ['x-canary', '1'],
      ['x-user', 'qa-7'],
    ] as const;
    expect(nameOf(table, { headers, target: '/?v=2' })).toBe('canary');
    expect(nameOf(table, { headers, target: '/?v=1' })).toBe('stable');
    expect(nameOf(table, { headers: headers.slice(1), target: '/?v=2' })).toBe('stable');
  });

  test('pseudo-header names stand for method, target and authority', () => {
    const head = { method: 'PUT', target: '/a?b=1', authority: 'Shop:80' };
    expect(takes({ headers: [named(':method', { kind: 'exact', value: 'PUT' })] }, head)).toBe(true);
    expect(takes({ headers: [named(':path', { kind: 'exact', value: '/a?b=1' })] }, head)).toBe(true);
    expect(takes({ headers: [named(':authority', { kind: 'exact', value: 'Shop:80' })] }, head)).toBe(true);
    expect(takes({ headers: [named(':authority', { kind: 'present' })] }, { authority: '' })).toBe(false);
  });
});

describe('CONNECT', () => {
  const table = tableOf(
    virtualHost(
      'tunnels',
      ['db.internal'],
      [
        route('http'),
        route('mysql', { connect: true, headers: [named('x-db', { kind: 'present' })] }),
        route('any', { connect: true }),
      ],
    ),
    virtualHost('rest', ['*']),
  );

  test('goes only to routes that allow it, by the authority in its target', () => {
    const connect = { method: 'CONNECT', target: 'db.internal:3306', authority: 'elsewhere' };
    expect(nameOf(table, connect)).toBe('any');
    expect(nameOf(table, { ...connect, headers: [['x-db', '1']] })).toBe('mysql');
    expect(nameOf(table, { ...connect, target: 'other:3306', authority: 'db.internal' })).toBeUndefined();
  });

  test('never reaches an ordinary route, whatever its target looks like', () => {
    expect(nameOf(table, { method: 'CONNECT', target: '/', authority: 'x.com' })).toBeUndefined();
    expect(nameOf(table, { method: 'CONNECT', target: '/', authority: 'db.internal' })).toBe('any');
    expect(nameOf(tableOf(virtualHost('all', ['*'])), { method: 'CONNECT', target: 'a:1' })).toBeUndefined();
  });

  test('no other method reaches a route for it', () => {
    const only = tableOf(virtualHost('all', ['*'], [route('tunnel', { connect: true })]));
    expect(nameOf(only, { method: 'GET', target: '/' })).toBeUndefined();
    expect(nameOf(only, { method: 'connect', target: 'a:1' })).toBeUndefined();
    expect(nameOf(only, { method: 'CONNECT', target: 'a:1' })).toBe('tunnel');
  });
});

describe('a table that cannot be built', () => {
  test('names every problem at once', () => {
    const build = () =>
      tableOf(
        virtualHost(
          'a',
          ['a.com', '*.b.com'],
          [
            route('r0', { path: { kind: 'regex', value: '/(' } }),
            route('r1', { headers: [named('x', { kind: 'regex', value: 'a(?=b)' })] }),
          ],
        ),
        virtualHost(
          'b',
          ['A.com', 'c.com'],
          [
            route('r0', {}, forwardTo('x', { clusters: [] })),
            route(
              'r1',
              {},
              forwardTo('x', {
                clusters: [
                  { cluster: 'a', weight: 0 },
                  { cluster: 'b', weight: 0 },
                ],
              }),
            ),
            route('r2', {}, redirectTo({ host: 'evil.com/\r\nSet-Cookie: a=b' })),
          ],
        ),
      );
    let caught: unknown;
    try {
      build();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(MeshlockError);
    const { code, problems } = caught as MeshlockError;
    expect(code).toBe('CONFIG_INVALID');
    expect(problems.map((problem) => problem.path)).toEqual([
      'virtual_hosts[0].routes[0].match.path.regex',
      'virtual_hosts[0].routes[1].match.headers[0].regex',
      'virtual_hosts[1].routes[0].clusters',
      'virtual_hosts[1].routes[1].clusters',
      'virtual_hosts[1].routes[2].redirect.host',
      'virtual_hosts[1].domains[0]',
    ]);
    expect(problems[0]).toMatchObject({ expected: 'a regular expression in RE2 syntax', got: '"/("' });
    expect(problems[0]?.hint).toContain('missing closing )');
  });
});

import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../../src/config/index.ts';
import { fileNameOf, moduleOwners } from '../../../../src/control/self-diagnosis/module-owners.ts';
import { listenerConfig, testConfig } from '../test-config.ts';

describe('the name of a file', () => {
  const root = 'file:///usr/lib/node_modules/meshlock/dist/';

  test.each([
    [`${root}src/data/data-thread.js`, 'src/data/data-thread.ts'],
    [`${root}holmes/agent/agent.js`, 'holmes/agent/agent.ts'],
    [`${root}src/filter/a%20b.js?modified=12`, 'src/filter/a b.ts'],
    [`${root}package.json`, null],
    [`${root}node_modules/zod/index.js`, null],
    ['file:///etc/mesh/audit.ts', null],
    ['node:net', null],
    ['', null],
  ])('of %s is %s', (url, name) => {
    expect(fileNameOf(url, root)).toBe(name);
  });

  test('is the path in the repository when that is what runs', () => {
    const own = new URL('../../../../src/control/self-diagnosis/module-owners.ts', import.meta.url);
    expect(fileNameOf(own.href)).toBe('src/control/self-diagnosis/module-owners.ts');
  });
});

describe('the owner of a module', () => {
  /** One listener with a filter for each pair of name and module. */
  function ownersOf(filters: readonly (readonly [string, string | null])[]): (url: string) => string {
    const listener = listenerConfig('inbound', 'app');
    if (listener.protocol.kind !== 'http') throw new Error('the fixture speaks http');
    const protocol = {
      ...listener.protocol,
      filters: filters.map(([name, module]) => ({ name, module, options: {} })),
    };
    return moduleOwners(testConfig({ listeners: [{ ...listener, protocol }] }), 'file:///opt/meshlock/');
  }

  test('is the filter that the configuration names it for', () => {
    const owner = ownersOf([
      ['audit', '/etc/mesh/audit/filter.ts'],
      ['sign', '/etc/mesh/sign/filter.ts'],
      ['built-in', null],
    ]);
    expect(owner('file:///etc/mesh/audit/filter.ts')).toBe('filter audit');
    expect(owner('file:///etc/mesh/sign/filter.ts?modified=171')).toBe('filter sign');
    expect(owner('file:///etc/mesh/audit/lib/patterns.ts')).toBe('filter audit');
    expect(owner('file:///etc/mesh/other.ts')).toBe('');
    expect(owner('node:crypto')).toBe('');
  });

  test('is nobody where two filters share the folder, but each has its own module', () => {
    const owner = ownersOf([
      ['a', '/etc/mesh/a.ts'],
      ['b', '/etc/mesh/b.ts'],
    ]);
    expect(owner('file:///etc/mesh/a.ts')).toBe('filter a');
    expect(owner('file:///etc/mesh/b.ts')).toBe('filter b');
    expect(owner('file:///etc/mesh/shared.ts')).toBe('');
  });

  test('is nobody where one module is two filters', () => {
    const owner = ownersOf([
      ['a', '/etc/mesh/one.ts'],
      ['b', '/etc/mesh/one.ts'],
    ]);
    expect(owner('file:///etc/mesh/one.ts')).toBe('');
  });

  test('is the innermost of nested folders', () => {
    const owner = ownersOf([
      ['outer', '/etc/mesh/outer.ts'],
      ['inner', '/etc/mesh/inner/inner.ts'],
    ]);
    expect(owner('file:///etc/mesh/inner/part.ts')).toBe('filter inner');
    expect(owner('file:///etc/mesh/part.ts')).toBe('filter outer');
  });

  test("is no filter for Meshlock's own modules, wherever the filter lies", () => {
    const owner = ownersOf([['top', '/opt/top.ts']]);
    expect(owner('file:///opt/meshlock/src/data/data-thread.ts')).toBe('');
    expect(owner('file:///opt/other.ts')).toBe('filter top');
  });

  test('is found in what the loader makes of a file', () => {
    const config = parseConfig(
      'listeners: [{ address: 0, protocol: tcp, cluster: a }]\nclusters: [{ name: a, endpoints: [1] }]',
      {
        source: 'test.yaml',
        baseDirectory: '/etc/mesh',
      },
    );
    expect(moduleOwners(config)('file:///etc/mesh/x.ts')).toBe('');
  });
});

import { describe, expect, test } from 'vitest';
import { hasUpperCase, hostEnd, NO_PORT, portAfter } from '../../../src/route/authority.ts';

function split(authority: string): readonly [string, number] {
  const end = hostEnd(authority);
  return [authority.slice(0, end), portAfter(authority, end)];
}

describe('authority', () => {
  test.each([
    ['example.com', 'example.com', NO_PORT],
    ['example.com:80', 'example.com', 80],
    ['example.com:0080', 'example.com', 80],
    ['example.com:65535', 'example.com', 65_535],
    ['example.com:', 'example.com', NO_PORT],
    ['[::1]', '[::1]', NO_PORT],
    ['[::1]:8080', '[::1]', 8080],
    ['[2001:db8::80]', '[2001:db8::80]', NO_PORT],
    ['10.0.0.1:9', '10.0.0.1', 9],
    ['*', '*', NO_PORT],
    ['*:8080', '*', 8080],
    ['', '', NO_PORT],
    ['80', '80', NO_PORT],
  ])('%s is host %s and port %i', (authority, host, port) => {
    expect(split(authority)).toEqual([host, port]);
  });

  test.each(['example.com:65536', 'example.com:+80', 'example.com:8o', '::1', 'a:b:80', 'a:1:2'])(
    '%s has no port: all of it is the host',
    (authority) => {
      expect(split(authority)).toEqual([authority, NO_PORT]);
    },
  );

  test('tells upper case from everything else', () => {
    expect(['abc', 'aBc', 'Z', 'A', '@[`{', ''].map(hasUpperCase)).toEqual([
      false,
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

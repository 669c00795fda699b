import { describe, expect, test } from 'vitest';
import type { PathMatch, RedirectAction } from '../../../src/config/index.ts';
import { compiled, type HeadOptions, MemoryHead, redirectTo, route } from './fixture.ts';

const anyPath: PathMatch = { kind: 'prefix', value: '/' };

function location(
  part: Partial<RedirectAction>,
  head: HeadOptions,
  scheme = 'http',
  path: PathMatch = anyPath,
): string | null {
  const found = compiled(route('r', { path }, redirectTo(part)), { target: path.value });
  return found.location(new MemoryHead(head), scheme);
}

describe('location of a redirect', () => {
  test('keeps every part that is not replaced', () => {
    expect(location({}, { authority: 'a.com', target: '/x/y?z=1&w' })).toBe('http://a.com/x/y?z=1&w');
  });

  test.each([
    ['a.com', 'http', 'https', 'https://a.com/x'],
    ['a.com:80', 'http', 'https', 'https://a.com/x'],
    ['a.com:443', 'https', 'http', 'http://a.com/x'],
    ['a.com:8080', 'http', 'https', 'https://a.com:8080/x'],
    ['a.com:443', 'http', 'https', 'https://a.com/x'],
    ['a.com:80', 'https', 'https', 'https://a.com:80/x'],
    ['a.com:80', 'http', null, 'http://a.com/x'],
    ['a.com:', 'http', null, 'http://a.com/x'],
    ['[::1]:80', 'http', 'https', 'https://[::1]/x'],
    ['[::1]:8080', 'http', null, 'http://[::1]:8080/x'],
  ] as const)('%s asked over %s, scheme to %s: %s', (authority, scheme, to, expected) => {
    expect(location({ scheme: to }, { authority, target: '/x' }, scheme)).toBe(expected);
  });

  test.each([
    [{ host: 'b.com' }, 'http://b.com/x'],
    [{ host: 'b.com', port: 8443 }, 'http://b.com:8443/x'],
    [{ host: 'b.com:8443' }, 'http://b.com:8443/x'],
    [{ host: 'b.com', port: 80 }, 'http://b.com/x'],
    [{ port: 8443 }, 'http://a.com:8443/x'],
    [{ scheme: 'https', port: 443 }, 'https://a.com/x'],
    [{ scheme: 'https', port: 8443 }, 'https://a.com:8443/x'],
    [{ host: '[2001:db8::1]', port: 81 }, 'http://[2001:db8::1]:81/x'],
  ] as const)('%j leads to %s', (part, expected) => {
    expect(location(part, { authority: 'a.com:8080', target: '/x' })).toBe(expected);
  });

  test.each([
    [{ path: '/new' }, '/new?q=1'],
    [{ path: 'new' }, '/new?q=1'],
    [{ path: '/new', stripQuery: true }, '/new'],
    [{ path: '/new?own=1' }, '/new?own=1'],
    [{ path: '/new?own=1', stripQuery: true }, '/new?own=1'],
    [{ path: '/new#part' }, '/new?q=1#part'],
    [{ path: '/new#a?b' }, '/new?q=1#a?b'],
    [{ prefixRewrite: '/v2' }, '/v2/x?q=1'],
    [{ prefixRewrite: '/v2', stripQuery: true }, '/v2/x'],
    [{ prefixRewrite: '' }, '/x?q=1'],
    [{ stripQuery: true }, '/old/x'],
  ] as const)('%j on /old/x?q=1 leads to %s', (part, expected) => {
    const head = { authority: 'a.com', target: '/old/x?q=1' };
    expect(location(part, head, 'http', { kind: 'prefix', value: '/old' })).toBe(`http://a.com${expected}`);
  });

  test('drops a fragment and stands on / for a target without a path', () => {
    expect(location({}, { authority: 'a.com', target: '/x?y#z' })).toBe('http://a.com/x?y');
    expect(location({}, { authority: 'a.com', target: '*' })).toBe('http://a.com/');
  });

  test('a path that starts with two slashes stays on the host', () => {
    expect(location({ scheme: 'https' }, { authority: 'a.com', target: '//evil.com/x' })).toBe(
      'https://a.com//evil.com/x',
    );
  });

  test('encodes what could end the line or be read as something else', () => {
    const target = '/a\r\nSet-Cookie: b=c\u0000"<>\\\u007f\u00e9?q=\r\n \u00ff%0d%41';
    expect(location({}, { authority: 'a.com', target })).toBe(
      'http://a.com/a%0D%0ASet-Cookie:%20b=c%00%22%3C%3E%5C%7F%E9?q=%0D%0A%20%FF%0d%41',
    );
    expect(location({ path: '/caf\u00e9 \u{1f600}\r\n' }, { authority: 'a.com' })).toBe(
      'http://a.com/caf%C3%A9%20%F0%9F%98%80%0D%0A',
    );
    expect(location({ prefixRewrite: '/\u00e9' }, { authority: 'a.com', target: '/\u00e9' })).toBe(
      'http://a.com/%C3%A9%E9',
    );
  });

  test.each([
    '',
    ':80',
    'a.com\r\nX: y',
    'user@evil.com',
    'a.com/x',
    'a.com#',
    'a b',
    'a:b:80',
    '[::1',
    'caf\u00e9',
  ])('is null for the authority %j, unless the configuration names the host', (authority) => {
    expect(location({ scheme: 'https' }, { authority, target: '/x' })).toBeNull();
    expect(location({ host: 'b.com' }, { authority, target: '/x' })).toBe('http://b.com/x');
  });
});

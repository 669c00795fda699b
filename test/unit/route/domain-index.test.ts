import { describe, expect, test } from 'vitest';
import { DomainIndex } from '../../../src/route/domain-index.ts';

function indexOf(...domains: readonly string[]): DomainIndex<string> {
  const index = new DomainIndex<string>();
  for (const domain of domains) expect(index.claim(domain, domain), domain).toBe(true);
  return index;
}

describe('domain index', () => {
  test('prefers exact with port, exact, longest suffix, longest prefix, then any', () => {
    const domains = [
      'api.example.com:8080',
      'api.example.com',
      '*.api.example.com',
      '*.example.com',
      'api.*',
      'api.eu.*',
      '*:8080',
      '*',
    ];
    const index = indexOf(...domains);
    expect(index.find('api.example.com:8080')).toBe('api.example.com:8080');
    expect(index.find('api.example.com:9090')).toBe('api.example.com');
    expect(index.find('api.example.com')).toBe('api.example.com');
    expect(index.find('v1.api.example.com')).toBe('*.api.example.com');
    expect(index.find('www.example.com')).toBe('*.example.com');
    expect(index.find('api.eu.example.org')).toBe('api.eu.*');
    expect(index.find('api.example.org')).toBe('api.*');
    expect(index.find('other:8080')).toBe('*:8080');
    expect(index.find('other')).toBe('*');
    expect(index.find('')).toBe('*');
    const reversed = indexOf(...domains.toReversed());
    for (const authority of ['api.example.com:8080', 'v1.api.example.com', 'api.eu.example.org', 'other']) {
      expect(reversed.find(authority)).toBe(index.find(authority));
    }
  });

  test('a wildcard with the port goes before the same without, but not before a longer one', () => {
    const index = indexOf('*.example.com:8080', '*.example.com', '*.eu.example.com', 'api.*:8080', 'api.*');
    expect(index.find('a.example.com:8080')).toBe('*.example.com:8080');
    expect(index.find('a.example.com:80')).toBe('*.example.com');
    expect(index.find('a.eu.example.com:8080')).toBe('*.eu.example.com');
    expect(index.find('api.org:8080')).toBe('api.*:8080');
    expect(index.find('api.org')).toBe('api.*');
  });

  test('falls back to a shorter wildcard when the longer one is for another port', () => {
    const index = indexOf('*.eu.example.com:8080', '*.example.com', 'api.eu.*:8080', 'api.*');
    expect(index.find('a.eu.example.com')).toBe('*.example.com');
    expect(index.find('a.eu.example.com:9')).toBe('*.example.com');
    expect(index.find('api.eu.org')).toBe('api.*');
  });

  test('a domain with a port needs the port to be given', () => {
    const index = indexOf('example.com:80');
    expect(index.find('example.com:80')).toBe('example.com:80');
    expect(index.find('example.com')).toBeNull();
    expect(index.find('example.com:8080')).toBeNull();
  });

  test('a wildcard stands for at least one character, over any number of labels', () => {
    const index = indexOf('*.example.com', '*-bar.org', 'api.*', '10.0.*');
    expect(index.find('.example.com')).toBeNull();
    expect(index.find('example.com')).toBeNull();
    expect(index.find('a.b.c.example.com')).toBe('*.example.com');
    expect(index.find('foo-bar.org')).toBe('*-bar.org');
    expect(index.find('api.')).toBeNull();
    expect(index.find('10.0.3.4:80')).toBe('10.0.*');
  });

  test('compares without case and ignores one trailing dot of the host', () => {
    const index = indexOf('Example.COM', '*.Example.org.', 'plain.net.:81');
    expect(index.find('EXAMPLE.com')).toBe('Example.COM');
    expect(index.find('example.com.')).toBe('Example.COM');
    expect(index.find('example.com.:8080')).toBe('Example.COM');
    expect(index.find('example.com..')).toBeNull();
    expect(index.find('A.EXAMPLE.ORG.')).toBe('*.Example.org.');
    expect(index.find('plain.net:81')).toBe('plain.net.:81');
  });

  test('knows IPv6 addresses with and without a port', () => {
    const index = indexOf('[::1]', '[2001:db8::1]:8080');
    expect(index.find('[::1]')).toBe('[::1]');
    expect(index.find('[::1]:99')).toBe('[::1]');
    expect(index.find('[2001:DB8::1]:8080')).toBe('[2001:db8::1]:8080');
    expect(index.find('[2001:db8::1]')).toBeNull();
    expect(index.find('::1')).toBeNull();
  });

  test('refuses a domain that is taken, whatever its spelling', () => {
    const index = indexOf('a.com', 'a.com:80', '*', '*.b.com', 'c.*');
    for (const domain of ['A.com', 'a.com.', 'a.com:080', '*', '*.B.com', 'c.*']) {
      expect(index.claim(domain, 'late'), domain).toBe(false);
    }
    expect(index.find('a.com')).toBe('a.com');
  });

  test('says when the authority cannot matter', () => {
    expect(indexOf('*').ignoresAuthority).toBe(true);
    expect(indexOf().ignoresAuthority).toBe(true);
    for (const domain of ['a', '*.a', 'a.*', '*:80']) {
      expect(indexOf('*', domain).ignoresAuthority, domain).toBe(false);
    }
  });
});

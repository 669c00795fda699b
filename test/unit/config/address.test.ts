import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../src/base/index.ts';
import { isHostName, isLoopback, readAddress } from '../../../src/config/address.ts';

describe('an address', () => {
  test.each([
    ['10.0.0.1:80', '10.0.0.1', 80],
    ['[::1]:80', '::1', 80],
    ['[0:0:0:0:0:0:0:1]:80', '::1', 80],
    ['[2001:DB8::1]:443', '2001:db8::1', 443],
    ['[fe80::1%eth0]:80', 'fe80::1%eth0', 80],
    ['localhost:3000', '127.0.0.1', 3000],
    ['Cart.Example:8080', 'cart.example', 8080],
    ['8080', '0.0.0.0', 8080],
    [8080, '0.0.0.0', 8080],
    [':8080', '0.0.0.0', 8080],
    [0, '0.0.0.0', 0],
    ['0.0.0.0:65535', '0.0.0.0', 65_535],
  ])('%s is %s port %d', (text, host, port) => {
    expect(readAddress(text, '0.0.0.0')).toEqual({ ok: true, value: { host, port } });
  });

  test.each([
    ['::1:80', 'in brackets'],
    ['http://a:80', 'leave out http://'],
    ['10.0.0.1', 'add the port: 10.0.0.1:80'],
    ['*:80', 'for every interface write 0.0.0.0:80'],
  ])('says how to mend %s', (text, hint) => {
    expect(readAddress(text, '0.0.0.0')).toMatchObject({ ok: false, hint: expect.stringContaining(hint) });
  });

  test.each([
    '',
    'a:',
    'a:b',
    '10.0.0.1:65536',
    '999.1.1.1:80',
    '[1.2.3.4]:80',
    '[::1]',
    'a b:80',
    '-a:80',
    70_000,
    1.5,
  ])('refuses %j', (value) => {
    expect(readAddress(value, '0.0.0.0').ok).toBe(false);
  });

  test('is written so that it reads as the same address', () => {
    for (const text of ['10.0.0.1:80', '[::1]:80']) {
      const outcome = readAddress(text, '0.0.0.0');
      expect(outcome.ok && formatAddress(outcome.value)).toBe(text);
    }
  });
});

describe('a loopback address', () => {
  test.each(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])('%s is one', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  test.each(['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', '::ffff:10.0.0.1'])('%s is none', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});

describe('a host name', () => {
  test('has at most 253 characters in labels of at most 63', () => {
    expect(isHostName(`${'a'.repeat(63)}.example`)).toBe(true);
    expect(isHostName(`${'a'.repeat(64)}.example`)).toBe(false);
    expect(isHostName(`${'a.'.repeat(130)}a`)).toBe(false);
  });

  test('does not end in a number, as a mistyped IPv4 address does', () => {
    expect(isHostName('1.2.3')).toBe(false);
    expect(isHostName('1.2.3.a')).toBe(true);
  });
});

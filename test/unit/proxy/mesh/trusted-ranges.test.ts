import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../../src/config/index.ts';
import { TrustedRanges } from '../../../../src/proxy/mesh/trusted-ranges.ts';

const { trust } = parseConfig('{}', { source: 'defaults', baseDirectory: '/' }).mesh;

describe('trusted ranges', () => {
  test('are loopback and private addresses by default', () => {
    const ranges = new TrustedRanges(trust);
    for (const address of [
      '127.0.0.1',
      '127.9.9.9',
      '::1',
      '10.1.2.3',
      '172.31.0.1',
      '192.168.0.1',
      'fd00::1',
    ])
      expect(ranges.has(address), address).toBe(true);
    for (const address of [
      '8.8.8.8',
      '172.32.0.1',
      '192.169.0.1',
      '11.0.0.1',
      '2001:db8::1',
      '::2',
      'fe80::1',
    ])
      expect(ranges.has(address), address).toBe(false);
  });

  test('trust nobody when there are none, and never what is no address', () => {
    expect(new TrustedRanges([]).has('127.0.0.1')).toBe(false);
    const all = new TrustedRanges([{ address: '0.0.0.0', prefix: 0 }]);
    expect(['8.8.8.8', '', 'localhost', '::1'].map((address) => all.has(address))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

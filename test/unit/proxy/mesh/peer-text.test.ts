import { describe, expect, test } from 'vitest';
import * as health from '../../../../health/observe/peer-header.ts';
import { formatPeer, type MeshPeer, parsePeer, peerHeader } from '../../../../src/proxy/mesh/peer-text.ts';

function peer(changes: Partial<MeshPeer> = {}): MeshPeer {
  return { node: 'cart-7f9', service: 'cart', version: '1.4.2', release: '2026-11-20.3', ...changes };
}

const peers: readonly MeshPeer[] = [
  peer(),
  peer({ release: '' }),
  peer({ node: 'a b;c=d%e,"f"', service: 'Ünïcode/服务' }),
  peer({ node: 'n'.repeat(256), service: '服'.repeat(256), version: 'v'.repeat(5000) }),
  peer({ node: 'line\r\nbreak\u2028', version: '\u{1f600}'.repeat(100), release: '\ud800' }),
  { node: '', service: '', version: '2', release: '' },
];

describe('an introduction', () => {
  test('is written as documented', () => {
    expect(formatPeer(peer())).toBe('node=cart-7f9;service=cart;version=1.4.2;release=2026-11-20.3');
    expect(formatPeer(peer({ service: 'a b', version: '' }))).toBe(
      'node=cart-7f9;service=a%20b;release=2026-11-20.3',
    );
    expect(formatPeer({ node: '', service: '', version: '', release: '' })).toBe('');
  });

  test.each(peers.map((one, index) => [index, one] as const))(
    'comes back as what it was, cut and cleaned where it must be (%i)',
    (_, one) => {
      const text = formatPeer(one);
      expect(text).toMatch(/^[\x21-\x7e]+$/);
      const back = parsePeer(text)!;
      expect(formatPeer(back)).toBe(text);
      for (const name of ['node', 'service', 'version', 'release'] as const) {
        expect(Buffer.byteLength(back[name])).toBeLessThanOrEqual(256);
        if (/^[ -~]{0,256}$/.test(one[name])) expect(back[name]).toBe(one[name]);
      }
    },
  );

  test('may have fields of a later version, and be in any order', () => {
    expect(parsePeer('zone=1 2;version=2;node=a')).toEqual({
      node: 'a',
      service: '',
      version: '2',
      release: '',
    });
  });

  test.each([
    '',
    'hello',
    'node',
    '=a',
    'node=',
    'node=a;node=b',
    'node=a;x=1;x=2',
    'node=%zz',
    'node=%ff',
    'node=%0a',
    'node=a b',
    'node=ä',
    `node=${'a'.repeat(257)}`,
    `node=a;x=${'y'.repeat(5000)}`,
    Array.from({ length: 17 }, (_, i) => `f${i}=1`).join(';'),
    'zone=1',
  ])('is nothing when it is %j', (text) => {
    expect(parsePeer(text)).toBeNull();
  });
});

/** Both sides of the mesh write and read it: proxies, and programs that count for themselves. */
describe('the form of the data path and that of meshlock/health', () => {
  test('have one header', () => {
    expect(peerHeader).toBe(health.peerHeader);
  });

  test('are written alike', () => {
    for (const one of peers) expect(formatPeer(one)).toBe(health.formatPeer(one));
  });

  test('are read alike, whatever is made of them', () => {
    const characters = [
      'node',
      'service',
      '=',
      ';',
      '%',
      '41',
      '%41',
      '%e4%b8',
      '%0a',
      ' ',
      'a',
      '_',
      '\t',
      'é',
    ];
    let seed = 7;
    const next = (limit: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % limit;
    };
    let known = 0;
    for (let i = 0; i < 20_000; i++) {
      let text = next(2) === 0 ? 'node=a' : '';
      for (let length = next(8); length > 0; length--) text += characters[next(characters.length)]!;
      const peerThere = health.parsePeer(text);
      expect(parsePeer(text), text).toEqual(peerThere);
      if (peerThere !== null) known++;
    }
    expect(known).toBeGreaterThan(100);
  });
});

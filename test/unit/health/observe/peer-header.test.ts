import { describe, expect, test } from 'vitest';
import { isPeerField, maxFieldBytes, peerField } from '../../../../health/observe/peer-field.ts';
import { formatPeer, maxHeaderLength, parsePeer } from '../../../../health/observe/peer-header.ts';
import type { Peer } from '../../../../health/observe/viewpoint.ts';

const cart: Peer = { node: 'cart-7f9', service: 'cart', version: '1.4.2', release: '2026-11-20.3' };
const cartText = 'node=cart-7f9;service=cart;version=1.4.2;release=2026-11-20.3';

describe('peer header', () => {
  test('is written as documented and read back', () => {
    expect(formatPeer(cart)).toBe(cartText);
    expect(parsePeer(cartText)).toEqual(cart);
  });

  test.each([
    ['separators and percent signs', 'a;b=c,d%3B e'],
    ['other scripts', '购物车'],
    ['quotes and a back slash', '"\\\'<script>'],
    ['characters outside the first plane', '🛒'.repeat(64)],
    ['exactly 256 bytes', 'x'.repeat(maxFieldBytes)],
  ])('carries %s', (_what, text) => {
    const header = formatPeer({ ...cart, service: text });
    expect(header).toMatch(/^[\x21-\x7e]+$/);
    expect(parsePeer(header)).toEqual({ ...cart, service: text });
  });

  test('the longest peer of all still fits', () => {
    const longest = '\u00ff'.repeat(maxFieldBytes / 2);
    const peer: Peer = { node: longest, service: longest, version: longest, release: longest };
    const header = formatPeer(peer);
    expect(header.length).toBeLessThan(maxHeaderLength);
    expect(parsePeer(header)).toEqual(peer);
  });

  test('leaves out what is not known', () => {
    expect(formatPeer({ node: '', service: 'cart', version: '', release: '' })).toBe('service=cart');
    expect(parsePeer('service=cart')).toEqual({ node: '', service: 'cart', version: '', release: '' });
    expect(formatPeer({ node: '', service: '', version: '', release: '' })).toBe('');
  });

  test('passes over fields of later versions', () => {
    expect(parsePeer('zone=eu;node=a;weight=3')).toEqual({
      node: 'a',
      service: '',
      version: '',
      release: '',
    });
  });

  test('what it cuts when writing, it can read', () => {
    const header = formatPeer({ ...cart, node: `${'x'.repeat(255)}é`, version: 'a\r\nx: y\u0000\ud800' });
    expect(parsePeer(header)).toEqual({ ...cart, node: 'x'.repeat(255), version: 'a__x: y_\ufffd' });
  });

  test.each([
    ['nothing', ''],
    ['only fields it does not know', 'zone=eu'],
    ['only empty fields', 'node=;service='],
    ['a field twice', 'node=a;node=b'],
    ['an unknown field twice', 'zone=a;node=b;zone=c'],
    ['no name', '=a'],
    ['no equals sign', 'node'],
    ['an empty field', 'node=a;;service=b'],
    ['two headers joined', `${cartText}, ${cartText}`],
    ['a raw character of another script', 'node=é'],
    ['a raw space', 'node=a b'],
    ['half an escape', 'node=%4'],
    ['an escape that is none', 'node=%zz'],
    ['escapes that are no UTF-8', 'node=%ff%fe'],
    ['an escaped lone surrogate', 'node=%ed%a0%80'],
    ['an escaped line end', 'node=a%0aservice%3db'],
    ['an escaped NUL', 'node=a%00'],
    ['an escaped line separator', 'node=a%e2%80%a8b'],
    ['257 bytes', `node=${'x'.repeat(maxFieldBytes + 1)}`],
    ['few characters with many bytes', `node=${encodeURIComponent('é'.repeat(129))}`],
    ['17 fields', `node=a;${Array.from({ length: 16 }, (_, index) => `f${index}=1`).join(';')}`],
    ['a header without an end', `node=a;x=${'y'.repeat(maxHeaderLength)}`],
  ])('refuses %s', (_what, text) => {
    expect(parsePeer(text)).toBeNull();
  });

  test('wherever it is cut, it says nothing that was not in it', () => {
    const pieces = Array.from({ length: cartText.length }, (_, end) => cartText.slice(0, end));
    const peers = pieces.map(parsePeer).filter((peer) => peer !== null);
    expect(peers.length).toBeGreaterThan(20);
    expect(peers.filter((peer) => !cartText.startsWith(formatPeer(peer)))).toEqual([]);
  });

  test('no bytes make it throw, and what it takes is allowed', () => {
    let seed = 1;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const pieces = [
      'node',
      'service',
      '=',
      ';',
      '%',
      '0a',
      'é',
      ' ',
      ',',
      '%c3%a9',
      '__proto__',
      'x',
      '\u0000',
    ];
    let taken = 0;
    for (let round = 0; round < 5000; round++) {
      const length = Math.floor(random() * 8);
      const text = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join('');
      const peer = parsePeer(text);
      if (peer === null) continue;
      taken++;
      expect(Object.keys(peer)).toEqual(['node', 'service', 'version', 'release']);
      expect(Object.values(peer).every(isPeerField)).toBe(true);
    }
    expect(taken).toBeGreaterThan(10);
  });

  test('a hostile header costs next to nothing', () => {
    const worst = [
      ';'.repeat(1e6),
      `node=${'%'.repeat(4000)}`,
      `node=${'a%4'.repeat(1300)}`,
      '='.repeat(4096),
    ];
    const begin = performance.now();
    for (let round = 0; round < 100; round++) for (const text of worst) expect(parsePeer(text)).toBeNull();
    expect(performance.now() - begin).toBeLessThan(2000);
  });
});

describe('peer field', () => {
  test('cuts between characters', () => {
    for (const character of ['a', 'é', '購', '🛒']) {
      const field = peerField(character.repeat(300));
      const bytes = Buffer.byteLength(character);
      expect(field).toBe(character.repeat(Math.floor(maxFieldBytes / bytes)));
      expect(isPeerField(field)).toBe(true);
    }
  });

  test.each([1, null, undefined, {}, ['a'], '\ud800', 'a\tb', '\u0085'])('%j is no field', (value) => {
    expect(isPeerField(value)).toBe(false);
  });
});

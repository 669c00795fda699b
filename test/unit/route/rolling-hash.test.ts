import { describe, expect, test } from 'vitest';
import { DomainIndex } from '../../../src/route/domain-index.ts';
import { hashBackward, hashForward } from '../../../src/route/rolling-hash.ts';
import { MemoryHead, route, tableOf, virtualHost } from './fixture.ts';

/** Two texts of the same length with the same hash, by trying until it happens (about 40,000 times). */
function collision(
  hash: (text: string) => number,
  text: (index: number) => string,
): readonly [string, string] {
  const seen = new Map<number, string>();
  for (let index = 100_000; index < 999_999; index++) {
    const candidate = text(index);
    const other = seen.get(hash(candidate));
    if (other !== undefined) return [other, candidate];
    seen.set(hash(candidate), candidate);
  }
  throw new Error('no two texts have the same hash');
}

describe('rolling hash', () => {
  test('reads a text from either end', () => {
    expect(hashForward('abc')).toBe(hashBackward('cba'));
    expect(hashForward('abc')).not.toBe(hashForward('acb'));
    expect(hashForward('')).toBe(hashBackward(''));
  });

  test('domains with the same hash do not take each other for themselves', () => {
    const name = (index: number) => `n${Math.imul(index, 0x9e3779b1) >>> 0}`.padEnd(11, 'x');
    const exact = collision(hashForward, name);
    const suffix = collision(hashBackward, (index) => `.${name(index)}`);
    const prefix = collision(hashForward, (index) => `${name(index)}.`);
    const index = new DomainIndex<string>();
    for (const text of exact) expect(index.claim(`${text}:80`, text)).toBe(true);
    for (const text of suffix) expect(index.claim(`*${text}`, text)).toBe(true);
    for (const text of prefix) expect(index.claim(`${text}*`, text)).toBe(true);
    for (const text of exact) expect(index.find(`${text}:80`)).toBe(text);
    for (const text of suffix) expect(index.find(`a${text}`)).toBe(text);
    for (const text of prefix) expect(index.find(`${text}a`)).toBe(text);
  });

  test('paths with the same hash do not take each other for themselves', () => {
    const values = collision(hashForward, (index) =>
      `/${Math.imul(index, 0x9e3779b1) >>> 0}`.padEnd(11, 'x'),
    );
    for (const kind of ['exact', 'prefix'] as const) {
      const others = Array.from({ length: 20 }, (_, index) =>
        route(`other-${index}`, { path: { kind, value: `/other-${index}` } }),
      );
      const routes = values.map((value) => route(value, { path: { kind, value } }));
      const table = tableOf(virtualHost('all', ['*'], [...others, ...routes]));
      for (const value of values) expect(table.match(new MemoryHead({ target: value }))?.name).toBe(value);
    }
  });
});

import { describe, expect, test } from 'vitest';
import { flaggerRelease, parseFlaggerCall } from '../../../../../health/verdict/contracts/flagger.ts';

const call = {
  name: 'cart',
  namespace: 'shop',
  phase: 'Progressing',
  checksum: '85d557f47b',
  metadata: { release: '2026-11-20.3', service: 'cart' },
};

describe("a call of Flagger's", () => {
  test('is read as it is posted', () => {
    expect(parseFlaggerCall(call)).toEqual(call);
    expect(flaggerRelease(call)).toEqual({ release: '2026-11-20.3', service: 'cart' });
  });

  test('means what is rolled out when it names no release', () => {
    const { metadata: _, ...bare } = call;
    const parsed = parseFlaggerCall(bare);
    expect(parsed?.metadata).toEqual({});
    expect(parsed === null ? null : flaggerRelease(parsed)).toEqual({
      release: '85d557f47b',
      service: 'cart',
    });
  });

  test('is refused when it is none, and cut when it is too long', () => {
    for (const input of [null, [], 'cart', 7, {}, { name: 3 }]) expect(parseFlaggerCall(input)).toBeNull();
    const many = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`k${index}`, 'v'.repeat(5000)]),
    );
    const parsed = parseFlaggerCall({ name: 'cart', phase: 7, metadata: many });
    expect(Object.keys(parsed?.metadata ?? {})).toHaveLength(64);
    expect(parsed?.metadata['k0']).toHaveLength(1024);
    expect(parsed?.phase).toBe('');
  });
});

import { describe, expect, test } from 'vitest';
import { SuspectLog } from '../../../../health/aggregate/suspect-log.ts';
import { linkedSuspects } from './linked-suspects.ts';

describe('SuspectLog', () => {
  test('keeps the ways from one node apart, and from the module at their beginning', () => {
    const log = new SuspectLog(60_000);
    expect(log.update(linkedSuspects, 10_000)).toBe(true);
    expect(log.views.map(({ sentence }) => sentence).sort()).toEqual(['cart-1', 'cart-2', 'the module']);
    expect(log.update(linkedSuspects, 20_000)).toBe(false);
    expect(log.update(linkedSuspects.slice(1), 30_000)).toBe(true);
    expect(log.views.find(({ link }) => link?.callee === 'cart-1')).toMatchObject({
      active: false,
      since: 10_000,
      lastSeen: 20_000,
    });
  });

  test('knows after a restart since when each of them is one', () => {
    const before = new SuspectLog(60_000);
    for (const [index, one] of linkedSuspects.entries()) before.update([one], 10_000 * (index + 1));
    const log = new SuspectLog(60_000);
    log.recall(structuredClone(before.times()));
    log.update(linkedSuspects, 50_000);
    expect(log.views.map(({ sentence, since }) => `${sentence} ${since}`).sort()).toEqual([
      'cart-1 10000',
      'cart-2 20000',
      'the module 30000',
    ]);
  });
});

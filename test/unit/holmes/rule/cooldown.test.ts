import { describe, expect, test } from 'vitest';
import { Cooldowns } from '../../../../holmes/rule/cooldown.ts';

describe('Cooldowns', () => {
  test('are passed until a capture, and again when the time is over', () => {
    const cooldowns = new Cooldowns();
    expect(cooldowns.passed('main', 'cpu', 0, 60_000)).toBe(true);
    cooldowns.note('main', 'cpu', 1000);
    expect(cooldowns.passed('main', 'cpu', 1000, 60_000)).toBe(false);
    expect(cooldowns.passed('main', 'cpu', 60_999, 60_000)).toBe(false);
    expect(cooldowns.remainingMs('main', 'cpu', 60_999, 60_000)).toBe(1);
    expect(cooldowns.passed('main', 'cpu', 61_000, 60_000)).toBe(true);
  });

  test('hold for one subject and one rule', () => {
    const cooldowns = new Cooldowns();
    cooldowns.note('main', 'cpu', 0);
    expect(cooldowns.passed('main', 'heap', 1, 60_000)).toBe(true);
    expect(cooldowns.passed('data-1', 'cpu', 1, 60_000)).toBe(true);
  });

  test('follow a cooldown that was changed meanwhile', () => {
    const cooldowns = new Cooldowns();
    cooldowns.note('main', 'cpu', 0);
    expect(cooldowns.passed('main', 'cpu', 5000, 5000)).toBe(true);
    expect(cooldowns.passed('main', 'cpu', 5000, 10_000)).toBe(false);
    expect(cooldowns.passed('main', 'cpu', 0, 0)).toBe(true);
  });

  test('begin anew with every capture', () => {
    const cooldowns = new Cooldowns();
    cooldowns.note('main', 'cpu', 0);
    cooldowns.note('main', 'cpu', 50_000);
    expect(cooldowns.passed('main', 'cpu', 70_000, 60_000)).toBe(false);
  });

  test('are forgotten with their subject', () => {
    const cooldowns = new Cooldowns();
    cooldowns.note('data-1', 'cpu', 0);
    cooldowns.note('data-2', 'cpu', 0);
    cooldowns.forget('data-1');
    expect(cooldowns.passed('data-1', 'cpu', 1, 60_000)).toBe(true);
    expect(cooldowns.passed('data-2', 'cpu', 1, 60_000)).toBe(false);
  });
});

/** The limit that the console draws is the one from which holmes captures. */
import { describe, expect, test } from 'vitest';
import { judge } from '../../../../holmes/rule/judge.ts';
import { captureLimit } from '../../../../holmes/rule/limit.ts';
import { defaultRules, RuleName, ruleTable } from '../../../../holmes/rule/rule.ts';
import { settingsAsJson } from '../../../../holmes/index.ts';
import { defaultSettings } from '../../../../holmes/settings.ts';

interface ToldRule {
  readonly enabled: boolean;
  readonly min: number | null;
  readonly diff: number | null;
  readonly abs: number | null;
  readonly max: number | null;
}

const module = '../../../../src/control/console/assets/limit.js';
const { limitFor, limitText } = (await import(module)) as {
  limitFor(average: number | null, rule: ToldRule): number | null;
  limitText(rule: ToldRule | undefined, write: (value: number) => string): string;
};

/** As the proxy tells it. */
const told = (settingsAsJson(defaultSettings) as { readonly rules: Record<RuleName, ToldRule> }).rules;

describe('the limit of a reading', () => {
  test.each(RuleName)('of the rule %s fires from it and not below, whatever the average', (name) => {
    const rule = defaultRules[name];
    const { reading } = ruleTable[name];
    const scale = Number.isFinite(rule.abs) ? rule.abs : rule.min * 4;
    let compared = 0;
    for (let step = 0; step <= 40; step++) {
      const average = (scale * step) / 20;
      const before = Array.from({ length: 10 }, () => average);
      const limit = limitFor(average, told[name]) ?? Number.POSITIVE_INFINITY;
      expect([average, limit]).toEqual([average, captureLimit(rule, average)]);
      for (const value of [limit * (1 + 1e-9), limit * (1 - 1e-9), limit * 0.5]) {
        const fires = value >= limit && value < rule.max;
        expect([average, value, judge({ reading, rule, before, value }).fires]).toEqual([
          average,
          value,
          fires,
        ]);
        compared++;
      }
    }
    expect(compared).toBe(123);
  });

  test('is that of abs alone before there is an average', () => {
    expect(limitFor(null, told.cpu)).toBe(0.7);
    expect(limitFor(null, told.external)).toBe(null);
  });

  test('is none for a rule that is off', () => {
    expect(limitFor(0.5, { ...told.cpu, enabled: false })).toBe(null);
  });

  test('is told in words', () => {
    const write = (value: number): string => `${value}`;
    expect(limitText(told.cpu, write)).toBe('≥ 0.7 · avg + 25 %, min 0.1');
    expect(limitText({ enabled: true, min: 0, diff: null, abs: null, max: null }, write)).toBe(
      'never captured',
    );
    expect(limitText(undefined, write)).toBe('no rule looks at it');
  });
});

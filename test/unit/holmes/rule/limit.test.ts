import { describe, expect, test } from 'vitest';
import { judge } from '../../../../holmes/rule/judge.ts';
import { captureLimit, growthLimit } from '../../../../holmes/rule/limit.ts';
import { defaultRules, type Rule, RuleName, ruleTable } from '../../../../holmes/rule/rule.ts';

const none = Number.POSITIVE_INFINITY;
const rule: Rule = { enabled: true, min: 0.1, diff: 0.25, abs: 0.9, max: none, cooldownMs: 60_000 };

/** Ten readings whose average is exactly this. */
function tenOf(average: number): readonly number[] {
  return Array.from({ length: 10 }, () => average);
}

/** The next number above or below that there is, of positive ones. */
function neighbour(value: number, step: 1n | -1n): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  bits.setBigUint64(0, bits.getBigUint64(0) + step);
  return bits.getFloat64(0);
}

describe('captureLimit', () => {
  test('is the growth that is allowed, within the minimum and the limit', () => {
    expect(captureLimit(rule, 0.4)).toBe(0.5);
    expect(captureLimit(rule, 0.01)).toBe(0.1);
    expect(captureLimit(rule, 0.8)).toBe(0.9);
    expect(captureLimit(rule, 0)).toBe(0.1);
  });

  test('is the limit whatever the average as long as there is none', () => {
    expect(captureLimit(rule, Number.NaN)).toBe(0.9);
    expect(captureLimit({ ...rule, abs: none }, Number.NaN)).toBe(none);
  });

  test('is none where a reading is too high for a capture before it is high enough for one', () => {
    expect(captureLimit({ ...rule, max: 0.5 }, 0.4)).toBe(none);
    expect(captureLimit({ ...rule, max: 0.51 }, 0.4)).toBe(0.5);
  });

  test('is none for a rule that neither growth nor height sets off', () => {
    expect(captureLimit({ ...rule, abs: none, diff: none }, 0.4)).toBe(none);
  });

  const rules: readonly (readonly [string, Rule])[] = [
    ...RuleName.map((name): [string, Rule] => [name, defaultRules[name]]),
    ['without a minimum', { ...rule, min: 0 }],
    ['without allowed growth', { ...rule, diff: 0 }],
    ['without growth', { ...rule, diff: none }],
    ['without a height', { ...rule, abs: none }],
    ['with a maximum in its way', { ...rule, min: 0.95, max: 0.97 }],
  ];

  test.each(rules)('is where a reading begins to be captured, by the rule %s', (name, each) => {
    const { reading } =
      ruleTable[(RuleName as readonly string[]).includes(name) ? (name as RuleName) : 'cpu'];
    let examined = 0;
    for (const share of [0, 0.001, 0.05, 0.1, 0.13, 0.3, 0.7, 0.77, 0.8, 0.9, 0.99, 1, 1.2]) {
      const average = share * (Number.isFinite(each.abs) ? each.abs : Math.max(1, each.min));
      const fires = (value: number) => judge({ reading, rule: each, before: tenOf(average), value }).fires;
      // What the rule itself computes: the sum of ten equal numbers is not always ten times one of them.
      const { average: usual } = judge({ reading, rule: each, before: tenOf(average), value: 0 });
      const limit = captureLimit(each, usual);
      if (limit === none) {
        for (const value of [0, average, each.min, 2 * average, 1e300]) expect(fires(value)).toBe(false);
      } else {
        expect([limit, fires(limit)]).toEqual([limit, true]);
        expect(fires(neighbour(limit, 1n))).toBe(neighbour(limit, 1n) < each.max);
        expect([limit, fires(neighbour(limit, -1n))]).toEqual([limit, false]);
      }
      examined++;
    }
    expect(examined).toBe(13);
  });
});

describe('growthLimit', () => {
  test('takes growth from nothing for growth without end', () => {
    expect(growthLimit(0, 0.25)).toBeGreaterThan(0);
    expect(growthLimit(0, 0.25) / 2).toBe(0);
  });

  test('is none without an average', () => {
    expect(growthLimit(Number.NaN, 0.25)).toBe(none);
  });
});

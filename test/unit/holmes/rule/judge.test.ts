import { describe, expect, test } from 'vitest';
import type { ReadingName } from '../../../../holmes/reading.ts';
import { average, judge, type Judgement } from '../../../../holmes/rule/judge.ts';
import { defaultRules, type Rule } from '../../../../holmes/rule/rule.ts';

const rule: Rule = { enabled: true, min: 0.1, diff: 0.25, abs: 0.9, max: 0.95, cooldownMs: 60_000 };

interface Case {
  readonly value: number;
  readonly before?: readonly number[];
  readonly rule?: Partial<Rule>;
  readonly reading?: ReadingName;
}

function judged({ value, before = ten(0.5), rule: change = {}, reading = 'cpu' }: Case): Judgement {
  return judge({ reading, rule: { ...rule, ...change }, before, value });
}

function ten(value: number): readonly number[] {
  return Array.from({ length: 10 }, () => value);
}

describe('judge', () => {
  test('fires by diff, with the numbers that made it', () => {
    expect(judged({ value: 0.82 })).toEqual({
      fires: true,
      by: 'diff',
      reason: 'cpu 82 % is 64 % above the average 50 % of the last ten (allowed: 25 %)',
      value: 0.82,
      average: 0.5,
      tooLoaded: false,
    });
  });

  test('fires exactly at the allowed growth, and not just below', () => {
    expect(judged({ value: 0.625 }).by).toBe('diff');
    expect(judged({ value: 0.6249 })).toMatchObject({ fires: false, by: null, tooLoaded: false });
  });

  test('says with numbers why it is quiet', () => {
    const texts = [0.52, 0.5, 0.4].map((value) => judged({ value }).reason);
    expect(texts).toEqual([
      'cpu 52 % is 4 % above the average 50 % of the last ten (allowed: 25 %)',
      'cpu 50 % is the average 50 % of the last ten (allowed: 25 %)',
      'cpu 40 % is 20 % below the average 50 % of the last ten (allowed: 25 %)',
    ]);
  });

  test('fires by abs at and above it, whatever the average', () => {
    expect(judged({ value: 0.9, before: ten(0.9) })).toMatchObject({
      fires: true,
      by: 'abs',
      reason: 'cpu 90 % has reached the limit 90 %',
    });
    expect(judged({ value: 0.899, before: ten(0.9) }).fires).toBe(false);
  });

  test('fires by abs before there are ten readings, and by diff only after', () => {
    expect(judged({ value: 0.91, before: [] })).toMatchObject({ by: 'abs', average: Number.NaN });
    const early = judged({ value: 0.89, before: ten(0.1).slice(0, 9) });
    expect(early).toMatchObject({ fires: false, average: Number.NaN });
    expect(early.reason).toBe('cpu 89 %: 9 of 10 readings so far to compare with');
    expect(judged({ value: 0.89, before: ten(0.1) }).by).toBe('diff');
  });

  test('does nothing below the minimum, however large the growth', () => {
    expect(judged({ value: 0.09, before: ten(0.001) })).toMatchObject({
      fires: false,
      by: null,
      reason: 'cpu 9 % is below the minimum 10 %',
    });
    expect(judged({ value: 0.1, before: ten(0.001) }).by).toBe('diff');
  });

  test('does nothing at and above the maximum, and says that it is too loaded', () => {
    expect(judged({ value: 0.95 })).toMatchObject({
      fires: false,
      by: null,
      tooLoaded: true,
      reason: 'cpu 95 % has reached the maximum 95 %: a capture would make matters worse',
    });
    expect(judged({ value: 0.9499 })).toMatchObject({ by: 'abs', tooLoaded: false });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'stays quiet when the reading is %s',
    (value) => {
      expect(judged({ value })).toMatchObject({
        fires: false,
        tooLoaded: false,
        reason: 'cpu could not be read',
      });
    },
  );

  test('takes growth from nothing for growth without end, and nothing for none', () => {
    const from = { before: ten(0), rule: { min: 0 } };
    expect(judged({ value: 0.2, ...from })).toMatchObject({
      by: 'diff',
      reason: 'cpu 20 % is above the average 0 % of the last ten (allowed: 25 %)',
    });
    expect(judged({ value: 0, ...from })).toMatchObject({
      fires: false,
      reason: 'cpu 0 % is the average 0 % of the last ten (allowed: 25 %)',
    });
  });

  test('never fires by diff when growth has no limit', () => {
    const endless = { diff: Number.POSITIVE_INFINITY };
    expect(judged({ value: 0.8, before: ten(0), rule: endless }).fires).toBe(false);
    expect(judged({ value: 0.8, before: ten(0.1), rule: endless })).toMatchObject({
      fires: false,
      reason: 'cpu 80 % is 700 % above the average 10 % of the last ten (allowed: no limit)',
    });
  });

  test('compares with the last ten when it is given more', () => {
    expect(judged({ value: 0.6, before: [...ten(0.01), ...ten(0.5)] })).toMatchObject({
      fires: false,
      average: 0.5,
    });
  });

  test('is not diluted by the jump itself: a reading that holmes would call ordinary fires', () => {
    // With the new reading among the ten the average is 0.513 and the growth 24.8 %.
    const before = ten(0.5);
    expect(0.64 / average([...before.slice(1), 0.64])).toBeLessThan(1.25);
    expect(judged({ value: 0.64, before }).by).toBe('diff');
  });

  test('speaks in the unit of the reading', () => {
    const handles = judge({ reading: 'handles', rule: defaultRules.handles, before: ten(900), value: 1204 });
    expect(handles.reason).toBe(
      'handles 1,204 is 34 % above the average 900 of the last ten (allowed: 25 %)',
    );
    const delay = judge({
      reading: 'event_loop_delay_p99',
      rule: defaultRules.event_loop_delay,
      before: ten(12),
      value: 300,
    });
    expect(delay.reason).toBe('event_loop_delay_p99 300 ms has reached the limit 250 ms');
    const buffers = judge({
      reading: 'external_bytes',
      rule: defaultRules.external,
      before: ten(400 * 2 ** 20),
      value: 512 * 2 ** 20,
    });
    expect(buffers.reason).toBe(
      'external_bytes 512 MiB is 28 % above the average 400 MiB of the last ten (allowed: 25 %)',
    );
    expect(buffers.by).toBe('diff');
  });

  test('changes nothing that it is given', () => {
    const before = Object.freeze([...ten(0.5)]);
    expect(() =>
      judge({ reading: 'cpu', rule: Object.freeze({ ...rule }), before, value: 0.6 }),
    ).not.toThrow();
  });
});

describe('average', () => {
  test('is the mean, and NaN of nothing', () => {
    expect(average([1, 2, 6])).toBe(3);
    expect(average([])).toBeNaN();
  });
});

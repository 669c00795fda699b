/** Every rule sees what it is there for: a dashboard that is well is broken in one place, and the rule names the place. */
import { describe, expect, test } from 'vitest';
import { committedDashboards } from './dashboard-file.ts';
import { knownMetrics } from './known-metrics.ts';
import type { Broken } from './rules/case.ts';
import { frameCases } from './rules/frame-cases.ts';
import { frameRules } from './rules/frame-rules.ts';
import { panelCases } from './rules/panel-cases.ts';
import { panelRules } from './rules/panel-rules.ts';
import { queryCases } from './rules/query-cases.ts';
import { queryRules } from './rules/query-rules.ts';
import type { Surroundings } from './rules/rule.ts';

const rules = [...frameRules, ...panelRules, ...queryRules];
const cases = [...frameCases, ...panelCases, ...queryCases];
const committed = committedDashboards();
const surroundings: Surroundings = {
  metrics: knownMetrics(),
  dashboards: new Map([...committed.values()].map((one) => [one.uid ?? '', one])),
};

describe('the rules of dashboards', () => {
  test('have each a case that breaks it', () => {
    expect(new Set(cases.map(({ rule }) => rule))).toEqual(new Set(rules.map(({ name }) => name)));
  });

  test.each(cases)('$rule: it is seen when $what', ({ rule, break: breakIt, tells }) => {
    const intact = committed.get('mesh')!;
    const { check } = rules.find(({ name }) => name === rule)!;
    expect(check(intact, surroundings)).toEqual([]);
    const broken = structuredClone(intact) as unknown as Broken;
    breakIt(broken);
    expect(check(broken as unknown as typeof intact, surroundings)[0]).toMatch(tells);
  });
});

/**
 * The committed dashboards: they are what the generator makes, and hold to the rules of Grafana's dashboard-linter and to
 * our own. Rendering needs a Grafana, which there is none of here.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dashboards } from '../../dashboards/source/catalogue.ts';
import { jsonText } from '../../dashboards/source/json-text.ts';
import { committedDashboards, dashboardFolder, type DashboardFile, panelsOf } from './dashboard-file.ts';
import { knownMetrics } from './known-metrics.ts';
import { frameRules } from './rules/frame-rules.ts';
import { panelRules } from './rules/panel-rules.ts';
import { queryRules } from './rules/query-rules.ts';
import { asked, type Surroundings } from './rules/rule.ts';

const committed = committedDashboards();
const surroundings: Surroundings = {
  metrics: knownMetrics(),
  dashboards: new Map([...committed.values()].map((one) => [one.uid ?? '', one])),
};
const rules = [...frameRules, ...panelRules, ...queryRules];

describe('the committed dashboards', () => {
  test('are the ones in the catalogue, no more and no less', () => {
    expect([...committed.keys()].sort()).toEqual(Object.keys(dashboards).sort());
    expect(committed.size).toBe(5);
    for (const [name, { uid }] of committed) expect(uid).toBe(`meshlock-${name}`);
  });

  test.each(Object.entries(dashboards))('%s.json is what `npm run dashboards` writes', (name, dashboard) => {
    expect(readFileSync(join(dashboardFolder, `${name}.json`), 'utf8')).toBe(jsonText(dashboard));
  });

  test('ask for enough that a rule could be broken', () => {
    const all = [...committed.values()];
    const panels = all.flatMap(panelsOf).length;
    const queries = all.flatMap(asked).length;
    console.log(
      `dashboards: ${rules.length} rules over ${all.length} dashboards, ${panels} panels, ${queries} queries`,
    );
    expect(panels).toBeGreaterThan(100);
    expect(queries).toBeGreaterThan(200);
  });

  describe.each([...committed])('%s.json', (_name: string, dashboard: DashboardFile) => {
    test.each(rules)('holds to $name', ({ check }) => {
      expect(check(dashboard, surroundings)).toEqual([]);
    });
  });
});

/** What the proof on a live Prometheus takes from a dashboard, and what the rules take from documentation. */
import { describe, expect, test } from 'vitest';
import { dashboardQueries, resolveVariables } from '../../dashboards/source/queries.ts';
import { jsonText } from '../../dashboards/source/json-text.ts';
import { committedDashboards } from './dashboard-file.ts';
import { knownMetrics, metricsInTables } from './known-metrics.ts';
import { checkExpressions, reason, withoutPromtool } from './promtool.ts';

describe('dashboardQueries', () => {
  test('finds what panels, variables and annotations ask, also in rows that are folded up', () => {
    const dashboard = {
      panels: [
        { type: 'row', title: 'Folded', panels: [{ title: 'Inner', targets: [{ expr: 'up' }] }] },
        { title: 'Two', targets: [{ expr: 'a' }, { expr: 'b' }] },
        { title: 'Text' },
      ],
      templating: {
        list: [
          { name: 'datasource', type: 'datasource', query: 'prometheus' },
          { name: 'job', type: 'query', query: { query: 'label_values(up, job)' } },
          { name: 'instance', type: 'query', query: 'label_values(up{job=~"$job"}, instance)' },
        ],
      },
      annotations: { list: [{ name: 'Alerts', expr: 'ALERTS' }, { name: 'Annotations & Alerts' }] },
    };
    expect(dashboardQueries(dashboard)).toEqual([
      { panel: 'job', expr: 'count by (job) (up{job!=""})', kind: 'variable' },
      { panel: 'instance', expr: 'count by (instance) (up{job=~"$job", instance!=""})', kind: 'variable' },
      { panel: 'Alerts', expr: 'ALERTS', kind: 'annotation' },
      { panel: 'Inner', expr: 'up', kind: 'panel' },
      { panel: 'Two', expr: 'a', kind: 'panel' },
      { panel: 'Two', expr: 'b', kind: 'panel' },
    ]);
  });

  test('refuses a variable that asks for something else', () => {
    const list = [{ name: 'job', type: 'query', query: 'metrics(up)' }];
    expect(() => dashboardQueries({ templating: { list } })).toThrow('variable job asks for metrics(up)');
  });

  test('finds every kind in every dashboard', () => {
    for (const dashboard of committedDashboards().values())
      expect(new Set(dashboardQueries(dashboard).map(({ kind }) => kind))).toEqual(
        new Set(['variable', 'annotation', 'panel']),
      );
  });
});

describe.skipIf(withoutPromtool)(`promtool${reason}`, () => {
  test('takes every query of every dashboard', () => {
    const expressions = [...committedDashboards().values()].flatMap((dashboard) => {
      const names = (dashboard.templating?.list ?? []).map(({ name }) => [name, '.+']);
      const values = Object.fromEntries(names) as Record<string, string>;
      return dashboardQueries(dashboard).map(({ expr }) => resolveVariables(expr, values));
    });
    const { status, output } = checkExpressions(expressions);
    expect(status, output).toBe(0);
    expect(output).toContain(`SUCCESS: ${expressions.length} rules found`);
    expect(expressions.length).toBeGreaterThan(200);
  });

  test('refuses a query whose types do not fit', () => {
    expect(checkExpressions(['sum(1)']).status).not.toBe(0);
  });
});

describe('resolveVariables', () => {
  test('fills in each way of writing a variable', () => {
    const expr = 'a{x=~"$job", y="${job}", z="${job:regex}", w="$jobs"}';
    expect(resolveVariables(expr, { job: 'mesh', jobs: '.+' })).toBe(
      'a{x=~"mesh", y="mesh", z="mesh", w=".+"}',
    );
  });

  test('has values of its own for what Grafana fills in, which can be changed', () => {
    expect(resolveVariables('rate(a[$__rate_interval])', {})).toBe('rate(a[1m])');
    expect(resolveVariables('rate(a[$__rate_interval])', { __rate_interval: '20s' })).toBe('rate(a[20s])');
  });

  test('leaves the groups of a regular expression alone', () => {
    const expr = 'label_replace(a, "b", "$1", "c", "(.*)")';
    expect(resolveVariables(expr, {})).toBe(expr);
  });

  test('refuses a variable without a value', () => {
    expect(() => resolveVariables('up{job="$task"}', { job: 'a' })).toThrow(
      new ReferenceError('there is no value for the variable task'),
    );
  });

  test('takes a value as it is, whatever signs are in it', () => {
    expect(resolveVariables('up{job=~"$job"}', { job: 'a$&|$1' })).toBe('up{job=~"a$&|$1"}');
  });
});

describe('the known metrics', () => {
  test('come from tables, with labels of the row above where they are the same', () => {
    const page = [
      '| `a_total`, `b_total` | counter | `x`, `y` | meaning |',
      '| `c` | gauge | the same, `z` | meaning |',
      '| `d_seconds` | histogram | | meaning |',
      '| `e_seconds` | summary | | meaning |',
      '| `no_metric` | text | | meaning |',
    ].join('\n');
    const found = new Map(metricsInTables(page, 'node'));
    expect([...found.keys()]).toEqual([
      ...['a_total', 'b_total', 'c', 'd_seconds_bucket', 'd_seconds_sum', 'd_seconds_count'],
      ...['e_seconds_sum', 'e_seconds_count'],
    ]);
    expect([...found.get('c')!.labels]).toEqual(['job', 'instance', 'x', 'y', 'z']);
    expect([...found.get('d_seconds_bucket')!.labels]).toContain('le');
    expect(found.get('d_seconds_sum')!.type).toBe('counter');
  });

  test('are those of nodes, of the aggregator, of rules and of the engine', () => {
    const known = knownMetrics();
    const count = (origin: string): number =>
      [...known.values()].filter((metric) => metric.origin === origin).length;
    console.log(`known metrics: ${known.size}`);
    expect(count('node')).toBeGreaterThan(90);
    expect(count('aggregator')).toBeGreaterThan(15);
    expect(count('engine')).toBe(2);
    expect([...known.get('version:mesh_success:ratio_rate5m')!.labels].sort()).toEqual([
      'service',
      'version',
    ]);
    expect([...known.get('edge:mesh_edge_failures:rate1m')!.labels]).toContain('instance');
  });
});

describe('jsonText', () => {
  test('puts plain lists on one line where there is room, and nothing else', () => {
    const long = Array.from({ length: 30 }, (_, index) => `item ${index}`);
    const text = jsonText({ short: ['a', 1, null], long, objects: [{ a: {} }], none: [], left: undefined });
    expect(text).toBe(
      `{\n  "short": ["a", 1, null],\n  "long": [\n${long.map((item) => `    "${item}"`).join(',\n')}\n  ],\n` +
        '  "objects": [\n    {\n      "a": {}\n    }\n  ],\n  "none": []\n}\n',
    );
    expect(JSON.parse(text)).toEqual({ short: ['a', 1, null], long, objects: [{ a: {} }], none: [] });
  });
});

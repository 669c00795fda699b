/** Every metric that a query may name, with its labels: from the documentation, and from the rules that record series. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from '../../build/executable.ts';
import { labelsOf } from './promql/labels.ts';
import { parsePromql } from './promql/syntax.ts';

/** Who gives it out: a node, the aggregator, a recording rule, or the engine itself. */
export type Origin = 'node' | 'aggregator' | 'rule' | 'engine';

export interface KnownMetric {
  readonly type: 'counter' | 'gauge';
  readonly labels: ReadonlySet<string>;
  readonly origin: Origin;
}

export type KnownMetrics = ReadonlyMap<string, KnownMetric>;

const target = ['job', 'instance'];

/** What every scrape gives, and what every rule that raises an alert gives. */
const ofEngine: readonly (readonly [string, readonly string[]])[] = [
  ['up', target],
  ['ALERTS', ['alertname', 'alertstate', 'severity']],
];

export function knownMetrics(): KnownMetrics {
  const known = new Map<string, KnownMetric>();
  for (const [name, labels] of ofEngine)
    known.set(name, { type: 'gauge', labels: new Set(labels), origin: 'engine' });
  for (const [name, metric] of documentedIn('docs/metrics.md', 'node')) known.set(name, metric);
  for (const [name, metric] of documentedIn('docs/health.md', 'aggregator')) known.set(name, metric);
  addRecorded(known);
  return known;
}

/** Rows `| names | type | labels | meaning |`; `the same` stands for the labels of the row above. */
function documentedIn(page: string, origin: Origin): [string, KnownMetric][] {
  return metricsInTables(readFileSync(join(repositoryRoot, page), 'utf8'), origin);
}

export function metricsInTables(text: string, origin: Origin): [string, KnownMetric][] {
  const found: [string, KnownMetric][] = [];
  let before: readonly string[] = [];
  for (const line of text.split('\n')) {
    const row = /^\| (`[^|]+) \| (counter|gauge|histogram|summary) \| ([^|]*)\|/.exec(line);
    if (row === null) continue;
    const [, names = '', type = '', cell = ''] = row;
    const own = quoted(cell);
    const labels = cell.startsWith('the same') ? [...before, ...own] : own;
    before = labels;
    for (const name of quoted(names))
      for (const [series, more] of seriesOf(name, type))
        found.push([
          series,
          {
            type: type === 'gauge' ? 'gauge' : 'counter',
            labels: new Set([...target, ...labels, ...more]),
            origin,
          },
        ]);
  }
  return found;
}

function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');
}

function seriesOf(name: string, type: string): [series: string, labels: string[]][] {
  const sums: [string, string[]][] = [
    [`${name}_sum`, []],
    [`${name}_count`, []],
  ];
  if (type === 'summary') return sums;
  return type === 'histogram' ? [[`${name}_bucket`, ['le']], ...sums] : [[name, []]];
}

/** Another file of the folder, such as a configuration, has no groups. */
interface RuleFile {
  readonly groups?: readonly {
    readonly rules: readonly { readonly record?: string; readonly expr: string }[];
  }[];
}

/** Twice over, because a record may read one that stands behind it or in another file. */
function addRecorded(known: Map<string, KnownMetric>): void {
  const folder = join(repositoryRoot, 'alerts');
  const rules = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => parse(readFileSync(join(folder, name), 'utf8')) as RuleFile)
    .flatMap(({ groups = [] }) => groups.flatMap((group) => group.rules));
  for (const { record, expr } of [...rules, ...rules]) {
    if (record === undefined) continue;
    const labels = labelsOf(parsePromql(expr), {
      labelsOfMetric: (metric) => known.get(metric)?.labels ?? null,
      report: () => {},
    });
    if (labels instanceof Set) known.set(record, { type: 'gauge', labels, origin: 'rule' });
  }
}

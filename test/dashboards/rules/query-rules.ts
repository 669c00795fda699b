/** Rules on queries: that they are PromQL, ask for what there is, follow the variables, and stay small. */
import type { Labels } from '../promql/labels.ts';
import { labelsOf } from '../promql/labels.ts';
import {
  child,
  functionOf,
  type Selector,
  selectorOf,
  selectorsIn,
  type Syntax,
  walk,
} from '../promql/syntax.ts';
import { columnsOf } from './panel-rules.ts';
import { asked, ofEachQuery, parsed, rateInterval, type Rule, type Surroundings } from './rule.ts';

const promql: Rule = {
  name: 'target-promql-rule',
  check: (dashboard) =>
    asked(dashboard).flatMap(({ where, expr }) => {
      if (expr === '') return [`${where}: it is empty`];
      try {
        parsed(dashboard, expr);
        return [];
      } catch (error) {
        return [`${where}: ${String(error)}`];
      }
    }),
};

const rateFunctions = ['rate', 'irate', 'increase'];

const rateIntervals = ofEachQuery('target-rate-interval-rule', (tree) =>
  [...walk(tree)]
    .filter(([{ name }, above]) => name === 'MatrixSelector' && isRate(above.at(-2)))
    .filter(([node]) => !node.text.endsWith(`[${rateInterval}]`))
    .map(([node]) => `${node.text} does not ask for $__rate_interval`),
);

const counters = ofEachQuery('target-counter-agg-rule', (tree, _query, { metrics }) =>
  [...walk(tree)]
    .filter(([node]) => node.name === 'VectorSelector' && isCounter(selectorOf(node), metrics))
    .filter(([, above]) => !isRated(above))
    .map(([node]) => `${node.text} is a counter and not in rate, irate or increase`),
);

function isCounter({ metric }: Selector, metrics: Surroundings['metrics']): boolean {
  return metrics.get(metric)?.type === 'counter' || metric.endsWith('_total');
}

/** The range, the list of arguments and the call: the three right above. */
function isRated(above: readonly Syntax[]): boolean {
  const [call, , range] = above.slice(-3);
  return range?.name === 'MatrixSelector' && isRate(call);
}

function isRate(call: Syntax | undefined): boolean {
  return call !== undefined && rateFunctions.includes(functionOf(call));
}

const histograms = ofEachQuery('target-histogram-rule', (tree) =>
  [...walk(tree)]
    .filter(([node]) => node.name === 'VectorSelector' && selectorOf(node).metric.endsWith('_bucket'))
    .filter(([, above]) => !above.some((one) => functionOf(one) === 'histogram_quantile'))
    .map(([node]) => `${node.text} is not in histogram_quantile`),
);

/** The variable that a matcher must follow, by who gives the metric out. A recorded series has what its rule left it. */
function followed(label: 'job' | 'instance', metric: string, { metrics }: Surroundings): string | null {
  const known = metrics.get(metric);
  if (known === undefined || !known.labels.has(label)) return null;
  if (known.origin !== 'aggregator') return label;
  return label === 'instance' ? 'aggregator' : null;
}

function matcherRule(label: 'job' | 'instance'): Rule {
  return ofEachQuery(`target-${label}-rule`, (tree, _query, surroundings) =>
    selectorsIn(tree).flatMap(({ metric, matchers }) => {
      const variable = followed(label, metric, surroundings);
      if (variable === null) return [];
      const good = matchers.some(
        (one) => one.label === label && one.operator === '=~' && one.value === `$${variable}`,
      );
      return good ? [] : [`${metric} has no matcher ${label}=~"$${variable}"`];
    }),
  );
}

const knownNames = ofEachQuery('target-known-metrics-rule', (tree, _query, { metrics }) =>
  selectorsIn(tree)
    .filter(({ metric }) => !metrics.has(metric))
    .map(({ metric }) => `there is no metric ${metric}`),
);

const labels = ofEachQuery('target-labels-rule', (tree, _query, surroundings) => {
  const problems: string[] = [];
  labelsOf(tree, {
    labelsOfMetric: (metric) => surroundings.metrics.get(metric)?.labels ?? null,
    report: (problem) => problems.push(problem),
  });
  return [...new Set(problems)];
});

function answered(tree: Syntax, { metrics }: Surroundings): Labels {
  return labelsOf(tree, {
    labelsOfMetric: (metric) => metrics.get(metric)?.labels ?? null,
    report: () => {},
  });
}

/** Legends, and the columns of tables, name labels that the answer has. */
const names = ofEachQuery('target-legend-rule', (tree, { panel, target }, surroundings) => {
  if (panel === null || target === null) return [];
  const has = answered(tree, surroundings);
  if (!(has instanceof Set)) return [];
  // The first query of a table makes its rows, with every label; the others are joined to them.
  if (panel.type === 'table')
    return columnsOf(panel)
      .filter((name) => target === panel.targets?.[0] && !/^Value( #[A-Z])?$/.test(name) && !has.has(name))
      .map((name) => `no query gives the column ${name}`);
  const legend = target.legendFormat ?? '';
  if (legend === '') return ['it has no legend'];
  return [...legend.matchAll(/\{\{(\w+)\}\}/g)]
    .filter(([, name = '']) => !has.has(name))
    .map(([, name]) => `its legend names ${name}, which the answer has not`);
});

/** Labels with as many values as the mesh is large. */
const growing = ['node_id', 'node', 'endpoint', 'cluster', 'peer_node', 'src', 'dst', 'capture'];

const bounded = ofEachQuery('target-bounded-rule', (tree, { expr }, surroundings) => {
  const has = answered(tree, surroundings);
  if (!(has instanceof Set)) return [];
  const many = growing.filter((label) => has.has(label));
  return many.length === 0 || isCut(tree)
    ? []
    : [`one series for each ${many.join(', ')}: ${expr.slice(0, 60)}`];
});

/** A `topk` over everything; one `by` something is none. */
function isCut(tree: Syntax): boolean {
  return [...walk(tree)].some(
    ([node]) =>
      node.name === 'AggregateExpr' &&
      /^(?:topk|bottomk)$/.test(child(node, 'AggregateOp')?.text ?? '') &&
      child(node, 'AggregateModifier') === undefined,
  );
}

export const queryRules: readonly Rule[] = [
  promql,
  rateIntervals,
  counters,
  histograms,
  matcherRule('job'),
  matcherRule('instance'),
  knownNames,
  labels,
  names,
  bounded,
];

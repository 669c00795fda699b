/** Dashboards that break the rules on queries. */
import { type Broken, type Case, panel } from './case.ts';

/** A query in the place of the first one of the first panel with lines. */
const ask =
  (expr: string) =>
  (dashboard: Broken): void => {
    panel(dashboard, 'timeseries').targets[0]!.expr = expr;
  };

const of = 'job=~"$job", instance=~"$instance"';

export const queryCases: readonly Case[] = [
  { rule: 'target-promql-rule', what: 'a query is not PromQL', break: ask('sum(up'), tells: /SyntaxError/ },
  {
    rule: 'target-promql-rule',
    what: 'a query follows a variable that is not there',
    break: ask('up{job=~"$task"}'),
    tells: /no value for the variable task/,
  },
  { rule: 'target-promql-rule', what: 'a query is empty', break: ask(''), tells: /empty/ },
  {
    rule: 'target-rate-interval-rule',
    what: 'a range is fixed',
    break: ask(`rate(meshlock_local_replies_total{${of}}[5m])`),
    tells: /\[5m\] does not/,
  },
  {
    rule: 'target-counter-agg-rule',
    what: 'a counter is shown as it is',
    break: ask(`sum(meshlock_local_replies_total{${of}})`),
    tells: /is a counter/,
  },
  {
    rule: 'target-counter-agg-rule',
    what: 'a counter whose name does not end so is',
    break: ask(`sum(meshlock_endpoint_request_duration_seconds_count{${of}})`),
    tells: /is a counter/,
  },
  {
    rule: 'target-counter-agg-rule',
    what: 'a counter is in another function',
    break: ask(`sum(delta(meshlock_local_replies_total{${of}}[$__rate_interval]))`),
    tells: /is a counter/,
  },
  {
    rule: 'target-histogram-rule',
    what: 'the buckets of a histogram are shown as they are',
    break: ask(`sum(rate(meshlock_route_request_duration_seconds_bucket{${of}}[$__rate_interval]))`),
    tells: /not in histogram_quantile/,
  },
  {
    rule: 'target-job-rule',
    what: 'a metric of the nodes does not follow the job',
    break: ask('max(meshlock_gate_open{job="mesh", instance=~"$instance"})'),
    tells: /job=~"\$job"/,
  },
  {
    rule: 'target-instance-rule',
    what: 'a metric of the nodes does not follow the instance',
    break: ask('max(meshlock_gate_open{job=~"$job"})'),
    tells: /instance=~"\$instance"/,
  },
  {
    rule: 'target-instance-rule',
    what: "a metric of the aggregator follows the nodes' instance",
    break: ask('max(meshlock_aggregate_nodes{instance=~"$instance"})'),
    tells: /instance=~"\$aggregator"/,
  },
  {
    rule: 'target-known-metrics-rule',
    what: 'a metric is not there',
    break: ask(`max(meshlock_gate_opened{${of}})`),
    tells: /no metric meshlock_gate_opened/,
  },
  {
    rule: 'target-labels-rule',
    what: 'a matcher has a label that the metric has not',
    break: ask(`max(meshlock_gate_open{${of}, service="cart"})`),
    tells: /no label service to match/,
  },
  {
    rule: 'target-labels-rule',
    what: 'a sum groups by a label that the metric has not',
    break: ask(`sum by (cluster) (meshlock_gate_open{${of}})`),
    tells: /groups by cluster/,
  },
  {
    rule: 'target-labels-rule',
    what: 'a join goes by a label that one side has not',
    break: ask(
      `meshlock_gate_open{${of}} * on (thread) group_left () meshlock_thread_utilization_ratio{${of}}`,
    ),
    tells: /left side of a join lacks thread/,
  },
  {
    rule: 'target-labels-rule',
    what: 'two sides can never meet',
    break: ask(`meshlock_gate_open{${of}} / meshlock_thread_utilization_ratio{${of}}`),
    tells: /never meet/,
  },
  {
    rule: 'target-labels-rule',
    what: 'a quantile is taken of what has no buckets any more',
    break: ask(
      `histogram_quantile(0.9, sum by (job) (rate(meshlock_route_request_duration_seconds_bucket{${of}}[$__rate_interval])))`,
    ),
    tells: /needs le/,
  },
  {
    rule: 'target-legend-rule',
    what: 'a legend names a label that the answer has not',
    break: (dashboard) => (panel(dashboard, 'timeseries').targets[0]!.legendFormat = '{{service}}'),
    tells: /names service/,
  },
  {
    rule: 'target-legend-rule',
    what: 'there is no legend',
    break: (dashboard) => (panel(dashboard, 'timeseries').targets[0]!.legendFormat = ''),
    tells: /no legend/,
  },
  {
    rule: 'target-legend-rule',
    what: 'a table shows a column that no query gives',
    break: (dashboard) => (panel(dashboard, 'table').targets[0]!.expr = `max(meshlock_gate_open{${of}})`),
    tells: /column node_service/,
  },
  {
    rule: 'target-bounded-rule',
    what: 'there is a line for each endpoint of the mesh',
    break: ask(`meshlock_endpoint_healthy{${of}}`),
    tells: /one series for each endpoint, cluster/,
  },
];

/**
 * The pieces of PromQL that every dashboard is made of: selectors that follow the variables at its top, rates over Grafana's
 * own interval, and the join that gives a series of a node the node's name and service.
 */

/** A metric of the nodes that are chosen by job and instance. Matchers are written as in PromQL: `role="inbound"`. */
export function ofNodes(metric: string, ...matchers: readonly string[]): string {
  return selector(metric, ['job=~"$job"', 'instance=~"$instance"', ...matchers]);
}

/** A metric of the aggregator. It has a job and an instance of its own, so it follows a variable of its own. */
export function ofAggregator(metric: string, ...matchers: readonly string[]): string {
  return selector(metric, ['instance=~"$aggregator"', ...matchers]);
}

/** A series that a rule of `alerts/recording.yaml` has recorded over all nodes. */
export function recorded(series: string, ...matchers: readonly string[]): string {
  return selector(series, matchers);
}

function selector(metric: string, matchers: readonly string[]): string {
  return matchers.length === 0 ? metric : `${metric}{${matchers.join(', ')}}`;
}

export function perSecond(counter: string): string {
  return `rate(${counter}[$__rate_interval])`;
}

export function sumBy(labels: readonly string[], expression: string): string {
  return `sum by (${labels.join(', ')}) (${expression})`;
}

/** At most so many series at every moment: whoever opens a dashboard of a large mesh still gets an answer. */
export function top(count: number, expression: string): string {
  return `topk(${count}, ${expression})`;
}

/** For a figure that is none when there is nothing to count: nought is the answer then. */
export function orNought(expression: string): string {
  return `${expression} or vector(0)`;
}

/** Which nodes are chosen: the only place where `service` comes in. A target that has two names for a moment has one here. */
export const chosenNodes: string = `topk by (job, instance) (1, ${ofNodes('meshlock_node_info', 'node_service=~"$service"')})`;

/**
 * Keeps the series of the chosen nodes and gives them labels of `meshlock_node_info`. The expression is a call or a
 * selector, or stands in parentheses, and has the labels `job` and `instance`.
 */
export function withNode(expression: string, labels: readonly string[] = ['node_id']): string {
  return `${expression} * on (job, instance) group_left (${labels.join(', ')}) ${chosenNodes}`;
}

/** What a node has last said of itself: one that is down says nothing any more. */
const onceSaid = (...matchers: readonly string[]): string =>
  `last_over_time(${ofNodes('meshlock_node_info', ...matchers)}[6h])`;

/**
 * Targets that do not answer, of jobs that have nodes: a Prometheus has other jobs, which `$job` names, too, when all are
 * chosen. Also those that never came up, of which nobody knows whose they are; not those known to be of another service.
 */
export const silentNodes: string = `${ofNodes('up')} == 0 and on (job) ${onceSaid()} unless on (job, instance) ${onceSaid('node_service!~"$service"')}`;

/**
 * The part of the whole, 0 to 1, and no series where the whole is nought. A part that has no series counts as none of it:
 * a counter of failures often begins with the first failure.
 */
export function shareOf(part: string, whole: string): string {
  return `(${part} or ${whole} * 0) / (${whole} > 0)`;
}

/** The six places from which a call is seen, as panels: what the nodes counted themselves, and what the aggregator was told. */
import { barGauge } from '../kit/bar-gauge.ts';
import type { Query } from '../kit/panel.ts';
import {
  chosenNodes,
  ofAggregator,
  ofNodes,
  perSecond,
  shareOf,
  sumBy,
  top,
  withNode,
} from '../kit/selector.ts';
import { line, type Section } from '../kit/layout.ts';
import { timeSeries } from '../kit/time-series.ts';

/** In the order in which a request passes them; the names are those of the aggregator's metrics. */
const viewpoints: readonly (readonly [name: string, legend: string])[] = [
  ['caller', '1 caller'],
  ['outbound_downstream', '2 outbound, downstream'],
  ['outbound_upstream', '3 outbound, upstream'],
  ['inbound_downstream', '4 inbound, downstream'],
  ['inbound_upstream', '5 inbound, upstream'],
  ['callee', '6 callee'],
];

/** The aggregator knows nodes by their id, and not by the address at which they are scraped. */
const ofChosenNodes = `and on (node) label_replace(${chosenNodes}, "node", "$1", "node_id", "(.*)")`;

function counted(counter: string, viewpoint: string): string {
  const series = perSecond(ofAggregator(counter, 'service=~"$service"', `viewpoint="${viewpoint}"`));
  return `sum(${series} ${ofChosenNodes})`;
}

function atEach(expression: (calls: string, failures: string) => string): readonly Query[] {
  return viewpoints.map(([name, legend]) => ({
    expr: expression(
      counted('meshlock_viewpoint_calls_total', name),
      counted('meshlock_viewpoint_failures_total', name),
    ),
    legend,
  }));
}

const bySide = ['role', 'side'];

const ofEdges = (counter: string, ...matchers: readonly string[]): string =>
  withNode(sumBy(['job', 'instance', ...bySide], perSecond(ofNodes(counter, ...matchers))));
const ownCalls = sumBy(bySide, ofEdges('meshlock_edge_requests_total'));
const ownFailures = sumBy(bySide, ofEdges('meshlock_edge_failures_total', 'origin!="client"'));

/** Failures by what else is known of them. */
const failuresBy = (...labels: readonly string[]): string =>
  top(
    10,
    sumBy(
      labels,
      withNode(sumBy(['job', 'instance', ...labels], perSecond(ofNodes('meshlock_edge_failures_total')))),
    ),
  );

export const viewpointSection: Section = {
  title: 'Calls from six viewpoints',
  lines: [
    line(
      8,
      barGauge({
        title: 'Failures by viewpoint',
        description:
          'Share of calls that failed, as seen from each of the six places that a call passes, top to bottom. Where it drops from one to the next, the failures arose between the two.',
        unit: 'percentunit',
        steps: [
          [null, 'green'],
          [0.01, 'yellow'],
          [0.05, 'red'],
        ],
        queries: atEach((calls, failures) => shareOf(failures, calls)),
      }),
      timeSeries({
        title: 'Failures by viewpoint over time',
        description:
          'The same over time. The aggregator counts all viewpoints of an epoch at once, so the lines may be compared. 1 and 6 are there when applications report what they see.',
        unit: 'percentunit',
        min: 0,
        queries: atEach((calls, failures) => shareOf(failures, calls)),
      }),
      timeSeries({
        title: 'Calls by viewpoint',
        description:
          'Calls a second as seen from each place. A place that sees fewer than its neighbour is silent in part: a node that does not report, or an application that does not.',
        unit: 'reqps',
        min: 0,
        queries: atEach((calls) => calls),
      }),
    ),
    line(
      8,
      timeSeries({
        title: 'Own count: failures by side',
        description:
          'Share of calls that failed on each side of the nodes themselves, from their own metrics, so also without an aggregator. What a client caused is left out.',
        unit: 'percentunit',
        min: 0,
        queries: [{ expr: shareOf(ownFailures, ownCalls), legend: '{{role}} {{side}}' }],
      }),
      timeSeries({
        title: 'Own count: calls by side',
        description: 'Calls a second on each side of the nodes, from their own metrics.',
        unit: 'reqps',
        min: 0,
        queries: [{ expr: ownCalls, legend: '{{role}} {{side}}' }],
      }),
      timeSeries({
        title: 'Failures by origin and reason',
        description:
          'Failures a second by where they arose, as the node says, and why: local is the node itself, upstream what it called, client who called it.',
        unit: 'reqps',
        min: 0,
        queries: [
          {
            expr: failuresBy('role', 'side', 'origin', 'reason'),
            legend: '{{role}} {{side}}: {{origin}} {{reason}}',
          },
        ],
      }),
      timeSeries({
        title: 'Failures by peer',
        description: 'Failures a second with the ten peers of which there are most.',
        unit: 'reqps',
        min: 0,
        queries: [
          {
            expr: failuresBy('role', 'side', 'peer_service', 'peer_node'),
            legend: '{{role}} {{side}}: {{peer_service}} {{peer_node}}',
          },
        ],
      }),
    ),
  ],
};

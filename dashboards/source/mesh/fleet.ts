/** The nodes: the busiest with what leads to them, those that are missing, and how the aggregator does. */
import { line, type Section } from '../kit/layout.ts';
import { gateMeanings, nodeLinks, upMeanings } from '../kit/meaning.ts';
import { ofAggregator, ofNodes, perSecond, silentNodes, sumBy, top, withNode } from '../kit/selector.ts';
import { table } from '../kit/table.ts';
import { timeSeries } from '../kit/time-series.ts';

const nameLabels = ['node_id', 'node_service', 'node_version'];

const nodeRequests = withNode(
  sumBy(['job', 'instance'], perSecond(ofNodes('meshlock_listener_requests_total'))),
  nameLabels,
);

const busiest = top(100, nodeRequests);

const ofBusiest = (expression: string): string =>
  `${withNode(expression, nameLabels)} and on (job, instance) ${busiest}`;

export const fleet: Section = {
  title: 'Nodes',
  lines: [
    line(
      9,
      table({
        title: 'Nodes now',
        description:
          'The hundred busiest nodes, by requests through all of their listeners. The instance leads to the dashboards of the node.',
        unit: 'short',
        queries: [
          { expr: busiest },
          { expr: ofBusiest(`max by (job, instance) (${ofNodes('meshlock_thread_utilization_ratio')})`) },
          { expr: ofBusiest(`max by (job, instance) (${ofNodes('meshlock_gate_open')})`) },
        ],
        columns: [
          { field: 'node_id', title: 'node' },
          { field: 'node_service', title: 'service' },
          { field: 'node_version', title: 'version' },
          { field: 'instance', title: 'instance', links: nodeLinks },
          { field: 'Value #A', title: 'requests', unit: 'reqps' },
          { field: 'Value #B', title: 'event loop', unit: 'percentunit', decimals: 0 },
          { field: 'Value #C', title: 'gate', meanings: gateMeanings },
        ],
        sortBy: { title: 'requests', descending: true },
      }),
      timeSeries({
        title: 'Nodes that report',
        description: 'Nodes of which the aggregator has heard lately, and those that owe their last epoch.',
        unit: 'short',
        min: 0,
        queries: [
          { expr: ofAggregator('meshlock_aggregate_nodes'), legend: '{{instance}} reporting' },
          {
            expr: ofAggregator('meshlock_aggregate_missing_nodes'),
            legend: '{{instance}} missing',
            line: 'limit',
          },
        ],
      }),
    ),
    line(
      7,
      timeSeries({
        title: 'Reports',
        description:
          'Reports of nodes a second by what became of them. Refused ones come from nodes whose clock is off, or that may not report.',
        unit: 'ops',
        min: 0,
        queries: [
          {
            expr: sumBy(['result'], perSecond(ofAggregator('meshlock_aggregate_reports_total'))),
            legend: '{{result}}',
          },
          {
            expr: `sum(${perSecond(ofAggregator('meshlock_aggregate_late_reports_total'))})`,
            legend: 'came after the judgement',
          },
        ],
      }),
      timeSeries({
        title: 'Time to judge an epoch',
        description: 'Time of the last inference. It must stay far below the ten seconds of an epoch.',
        unit: 's',
        min: 0,
        queries: [
          { expr: ofAggregator('meshlock_aggregate_last_inference_seconds'), legend: '{{instance}}' },
        ],
      }),
      timeSeries({
        title: 'What the aggregator keeps',
        description: 'Memory of the kept reports, estimated, and the size of the state file when it has one.',
        unit: 'bytes',
        min: 0,
        queries: [
          { expr: ofAggregator('meshlock_aggregate_window_bytes'), legend: '{{instance}} reports' },
          { expr: ofAggregator('meshlock_aggregate_journal_bytes'), legend: '{{instance}} state file' },
        ],
      }),
      table({
        title: 'Nodes not scraped now',
        description:
          'Targets of the jobs of nodes that Prometheus cannot read now: the process is gone, or has never come up, or the way to it is.',
        unit: 'short',
        noValue: 'All are scraped',
        queries: [{ expr: top(100, silentNodes) }],
        columns: [
          { field: 'job', title: 'job' },
          { field: 'instance', title: 'instance' },
          { field: 'Value', title: 'scrape', meanings: upMeanings },
        ],
        sortBy: { title: 'instance', descending: false },
      }),
    ),
  ],
};

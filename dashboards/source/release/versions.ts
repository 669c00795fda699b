/** The versions of a service side by side, from what the nodes of their callers count. */
import { line, type Section } from '../kit/layout.ts';
import { chosenNodes, ofAggregator, recorded, shareOf, sumBy, top } from '../kit/selector.ts';
import { table } from '../kit/table.ts';
import { timeSeries } from '../kit/time-series.ts';
import { theService } from './under-way.ts';

const versionCalls = recorded('version:mesh_edge_requests:rate5m', theService);

const versionFailures = recorded('version:mesh_edge_failures:rate5m', theService);

const versionSuccess = recorded('version:mesh_success:ratio_rate5m', theService);

/** Rows of a table are joined by all their labels, and the name of a series is one of them. */
const unnamed = (expression: string): string => sumBy(['service', 'version'], expression);

const versionNodes = `count by (node_service, node_version) (${chosenNodes})`;

/** Under the names that the recorded series have, so that both meet in one row. */
const versionNodesAsRecorded = unnamed(
  `label_replace(label_replace(${versionNodes}, "service", "$1", "node_service", "(.*)"), "version", "$1", "node_version", "(.*)")`,
);

export const versions: Section = {
  title: 'Versions side by side',
  lines: [
    line(
      8,
      timeSeries({
        title: 'Success by version',
        description:
          'Share of calls to each version that did not fail, as the nodes of its callers see it, over five minutes.',
        unit: 'percentunit',
        max: 1,
        queries: [{ expr: `bottomk(20, ${versionSuccess})`, legend: '{{service}} {{version}}' }],
      }),
      timeSeries({
        title: 'Calls by version',
        description: 'Calls a second to each version, as the nodes of its callers see it.',
        unit: 'reqps',
        min: 0,
        queries: [{ expr: top(20, versionCalls), legend: '{{service}} {{version}}' }],
      }),
      timeSeries({
        title: 'Failures by version',
        description: 'Failed calls a second to each version. What a client caused is left out.',
        unit: 'reqps',
        min: 0,
        noValue: 'No call has failed',
        queries: [{ expr: top(20, versionFailures), legend: '{{service}} {{version}}' }],
      }),
    ),
    line(
      8,
      table({
        title: 'Versions now',
        description:
          'Each version of a service with its nodes, calls and success. A verdict on a version needs two nodes of it.',
        unit: 'short',
        queries: [
          { expr: top(100, unnamed(versionCalls)) },
          { expr: unnamed(shareOf(versionFailures, versionCalls)) },
          { expr: unnamed(versionSuccess) },
          { expr: versionNodesAsRecorded },
        ],
        columns: [
          { field: 'service', title: 'service' },
          { field: 'version', title: 'version' },
          { field: 'Value #A', title: 'calls', unit: 'reqps' },
          { field: 'Value #B', title: 'failures', unit: 'percentunit', decimals: 2 },
          { field: 'Value #C', title: 'success', unit: 'percentunit', decimals: 2 },
          { field: 'Value #D', title: 'nodes', unit: 'short' },
        ],
        sortBy: { title: 'calls', descending: true },
      }),
      timeSeries({
        title: 'Nodes by version',
        description: 'How far the rollout is: nodes of each version that are scraped.',
        unit: 'short',
        min: 0,
        stacked: true,
        queries: [{ expr: top(20, versionNodes), legend: '{{node_service}} {{node_version}}' }],
      }),
      timeSeries({
        title: 'Suspects of the service',
        description:
          'Share of its calls that a suspected module or application breaks. One bad node of a version is no bad version.',
        unit: 'percentunit',
        min: 0,
        noValue: 'Nobody was under suspicion',
        queries: [
          {
            expr: top(20, `max by (node, module, version) (${ofAggregator('meshlock_suspect', theService)})`),
            legend: '{{node}} {{module}} {{version}}',
          },
        ],
      }),
    ),
  ],
};

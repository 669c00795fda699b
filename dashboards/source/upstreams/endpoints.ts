/** The endpoints: who is in use, how long they take, and which of them fails. */
import { line, type Section } from '../kit/layout.ts';
import { ejectedMeanings, endpointMeanings, healthyMeanings, nodeLink } from '../kit/meaning.ts';
import { shareOf, top, withNode } from '../kit/selector.ts';
import { stateTimeline } from '../kit/state-timeline.ts';
import { table } from '../kit/table.ts';
import { timeSeries } from '../kit/time-series.ts';
import {
  ejected,
  endpointDuration,
  endpointErrors,
  endpointLabels,
  endpointLegend,
  endpointNumber,
  endpointRate,
  endpointRequests,
  healthy,
  inUse,
  ofEndpoint,
} from './counted.ts';

const shown = top(100, withNode(endpointRequests));

const besideShown = (expression: string): string =>
  `${withNode(expression)} and on (${endpointLabels.join(', ')}) ${shown}`;

export const endpoints: Section = {
  title: 'Endpoints',
  lines: [
    line(
      9,
      table({
        title: 'Endpoints now',
        description: 'The hundred busiest endpoints, as each node sees them.',
        unit: 'short',
        queries: [
          { expr: shown },
          { expr: besideShown(healthy) },
          { expr: besideShown(ejected) },
          { expr: besideShown(`(${shareOf(endpointErrors, endpointRequests)})`) },
          { expr: besideShown(endpointDuration) },
          { expr: besideShown(ofEndpoint('meshlock_endpoint_connections_active')) },
        ],
        columns: [
          { field: 'cluster', title: 'cluster' },
          { field: 'endpoint', title: 'endpoint' },
          { field: 'node_id', title: 'seen by' },
          { field: 'Value #B', title: 'health checks', meanings: healthyMeanings },
          { field: 'Value #C', title: 'ejected', meanings: ejectedMeanings },
          { field: 'Value #A', title: 'requests', unit: 'reqps' },
          { field: 'Value #D', title: 'errors', unit: 'percentunit', decimals: 1 },
          { field: 'Value #E', title: 'mean duration', unit: 's' },
          { field: 'Value #F', title: 'connections', unit: 'short' },
          { field: 'instance', title: 'instance', links: [nodeLink] },
        ],
        sortBy: { title: 'requests', descending: true },
      }),
    ),
    line(
      8,
      stateTimeline({
        title: 'Endpoints over time',
        description:
          'The forty worst endpoints: unhealthy by health checks, ejected by outlier detection, or in use.',
        unit: 'short',
        meanings: endpointMeanings,
        queries: [{ expr: top(40, withNode(endpointNumber)), legend: endpointLegend }],
      }),
      timeSeries({
        title: 'Endpoints in use by cluster',
        description:
          'Share of the endpoints of each cluster that are healthy and not ejected, the lowest first.',
        unit: 'percentunit',
        min: 0,
        max: 1,
        queries: [{ expr: `bottomk(20, avg by (cluster) (${withNode(inUse)}))`, legend: '{{cluster}}' }],
      }),
    ),
    line(
      8,
      timeSeries({
        title: 'Mean duration by endpoint',
        description:
          'Mean duration of the tries of the ten slowest endpoints. One far above the others of its cluster is ill.',
        unit: 's',
        min: 0,
        queries: [{ expr: top(10, withNode(endpointDuration)), legend: endpointLegend }],
      }),
      timeSeries({
        title: 'Failures by endpoint',
        description:
          'Tries a second that count as failure for outlier detection, of the ten endpoints with most.',
        unit: 'ops',
        min: 0,
        queries: [
          {
            expr: top(10, withNode(endpointRate('meshlock_endpoint_failures_total'))),
            legend: endpointLegend,
          },
        ],
      }),
      timeSeries({
        title: 'Requests by endpoint',
        description:
          'Tries a second of the ten busiest endpoints, by which one sees whether the load is spread as it should be.',
        unit: 'reqps',
        min: 0,
        queries: [{ expr: top(10, withNode(endpointRequests)), legend: endpointLegend }],
      }),
    ),
  ],
};

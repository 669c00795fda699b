/** Requests, errors and duration by service. */
import { line, type Section } from '../kit/layout.ts';
import { serviceLinks } from '../kit/meaning.ts';
import { chosenNodes, shareOf, top } from '../kit/selector.ts';
import { table } from '../kit/table.ts';
import { timeSeries } from '../kit/time-series.ts';
import { duration, errors, requests, unanswered } from './traffic.ts';

export const services: Section = {
  title: 'Services',
  lines: [
    line(
      8,
      timeSeries({
        title: 'Requests',
        description: 'Requests a second that each service has answered.',
        unit: 'reqps',
        min: 0,
        queries: [{ expr: top(20, requests), legend: '{{node_service}}' }],
      }),
      timeSeries({
        title: 'Errors',
        description:
          'Requests a second that were answered with a status of 500 or above, and those that got no answer at all, mostly because the client had gone.',
        unit: 'reqps',
        min: 0,
        queries: [
          { expr: top(20, errors), legend: '{{node_service}} 5xx' },
          { expr: top(20, unanswered), legend: '{{node_service}} no answer' },
        ],
      }),
      timeSeries({
        title: 'Duration',
        description:
          'From the first byte of the request to the last byte of the answer: half and 95 % of the requests.',
        unit: 's',
        min: 0,
        queries: [
          { expr: top(20, duration(0.95, 'node_service')), legend: '{{node_service}} 95 %' },
          { expr: top(20, duration(0.5, 'node_service')), legend: '{{node_service}} 50 %', line: 'average' },
        ],
      }),
    ),
    line(
      8,
      timeSeries({
        title: 'Success rate',
        description:
          'Share of requests of each service that were not answered with a status of 500 or above.',
        unit: 'percentunit',
        max: 1,
        queries: [{ expr: `bottomk(20, 1 - ${shareOf(errors, requests)})`, legend: '{{node_service}}' }],
      }),
      table({
        title: 'Services now',
        description: 'Each service with its nodes and versions; the service leads to its nodes and releases.',
        unit: 'short',
        queries: [
          { expr: top(100, requests) },
          { expr: `1 - ${shareOf(errors, requests)}` },
          { expr: duration(0.95, 'node_service') },
          { expr: `count by (node_service) (${chosenNodes})` },
          { expr: `count by (node_service) (count by (node_service, node_version) (${chosenNodes}))` },
        ],
        columns: [
          { field: 'node_service', title: 'service', links: serviceLinks('node_service') },
          { field: 'Value #A', title: 'requests', unit: 'reqps' },
          { field: 'Value #B', title: 'success', unit: 'percentunit', decimals: 2 },
          { field: 'Value #C', title: '95 %', unit: 's' },
          { field: 'Value #D', title: 'nodes', unit: 'short' },
          { field: 'Value #E', title: 'versions', unit: 'short' },
        ],
        sortBy: { title: 'requests', descending: true },
      }),
    ),
  ],
};

/** The row at the top: one figure for each thing that can be wrong in a mesh. */
import { line, type Section } from '../kit/layout.ts';
import { ofAggregator, ofNodes, orNought, silentNodes, withNode } from '../kit/selector.ts';
import { stat } from '../kit/stat.ts';
import { successRate } from '../kit/success-rate.ts';
import { suspects, verdicts } from './accused.ts';
import { duration, errors, requests } from './traffic.ts';

export const figures: Section = {
  title: null,
  lines: [
    line(
      4,
      stat({
        title: 'Requests',
        description: 'Requests a second that all services have answered, each hop of a call counted.',
        unit: 'reqps',
        queries: [{ expr: `sum(${requests})`, legend: 'requests' }],
      }),
      successRate({
        description: 'Share of requests that were not answered with a status of 500 or above.',
        errors,
        requests,
      }),
      stat({
        title: 'Duration, 95 %',
        description: 'Nineteen of twenty requests took no longer, over all services.',
        unit: 's',
        queries: [{ expr: duration(0.95), legend: 'p95' }],
      }),
      stat({
        title: 'Suspects',
        description: 'Modules and applications of which the aggregator says that they break calls, now.',
        unit: 'short',
        queries: [{ expr: orNought(`count(${suspects})`), legend: 'suspects' }],
        steps: [
          [null, 'green'],
          [1, 'red'],
        ],
      }),
      stat({
        title: 'Failed releases',
        description: 'Releases under way that fail more often than what they replace.',
        unit: 'short',
        queries: [{ expr: orNought(`count(${verdicts} == -1)`), legend: 'failed' }],
        steps: [
          [null, 'green'],
          [1, 'red'],
        ],
      }),
      stat({
        title: 'Nodes not heard of',
        description:
          'Nodes that owe the aggregator their last epoch. What they see is missing in every verdict.',
        unit: 'short',
        queries: [{ expr: `sum(${ofAggregator('meshlock_aggregate_missing_nodes')})`, legend: 'missing' }],
        steps: [
          [null, 'green'],
          [1, 'orange'],
        ],
      }),
      stat({
        title: 'Nodes not scraped',
        description: 'Targets of the jobs of nodes that Prometheus cannot read now.',
        unit: 'short',
        queries: [{ expr: orNought(`count(${silentNodes})`), legend: 'not scraped' }],
        steps: [
          [null, 'green'],
          [1, 'red'],
        ],
      }),
      stat({
        title: 'Gates closed',
        description: 'Nodes that do not take traffic: not ready yet, or held closed.',
        unit: 'short',
        queries: [
          { expr: orNought(`count(${withNode(ofNodes('meshlock_gate_open'))} == 0)`), legend: 'closed' },
        ],
        steps: [
          [null, 'green'],
          [1, 'orange'],
        ],
      }),
    ),
  ],
};

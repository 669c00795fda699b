/** Requests, errors and duration by cluster. */
import { line, type Section } from '../kit/layout.ts';
import { shareOf, top } from '../kit/selector.ts';
import { timeSeries } from '../kit/time-series.ts';
import { byCluster, errors, requests } from './counted.ts';

export const clusters: Section = {
  title: 'Clusters',
  lines: [
    line(
      8,
      timeSeries({
        title: 'Requests',
        description: 'Finished tries a second by cluster.',
        unit: 'reqps',
        min: 0,
        queries: [{ expr: top(20, requests), legend: '{{cluster}}' }],
      }),
      timeSeries({
        title: 'Errors',
        description: 'Share of tries with a status of 500 or above, or without any answer.',
        unit: 'percentunit',
        min: 0,
        queries: [{ expr: top(20, shareOf(errors, requests)), legend: '{{cluster}}' }],
      }),
      timeSeries({
        title: 'Duration',
        description: 'From the start of a try to the last byte of its answer: half and 95 % of the tries.',
        unit: 's',
        min: 0,
        queries: [
          {
            expr: top(
              20,
              `histogram_quantile(0.95, ${byCluster('meshlock_cluster_request_duration_seconds_bucket', ['le'])})`,
            ),
            legend: '{{cluster}} 95 %',
          },
          {
            expr: top(
              20,
              `histogram_quantile(0.5, ${byCluster('meshlock_cluster_request_duration_seconds_bucket', ['le'])})`,
            ),
            legend: '{{cluster}} 50 %',
            line: 'average',
          },
        ],
      }),
    ),
  ],
};

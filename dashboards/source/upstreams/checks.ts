/** Who finds endpoints ill: health checks, outlier detection, look-ups of names. */
import { line, type Section } from '../kit/layout.ts';
import { top } from '../kit/selector.ts';
import { timeSeries } from '../kit/time-series.ts';
import { byCluster } from './counted.ts';

export const checks: Section = {
  title: 'Health checks and ejections',
  lines: [
    line(
      7,
      timeSeries({
        title: 'Health checks',
        description: 'Finished active health checks a second by result.',
        unit: 'ops',
        min: 0,
        noValue: 'No cluster has active health checks',
        queries: [
          {
            expr: top(20, byCluster('meshlock_health_checks_total', ['result'])),
            legend: '{{cluster}} {{result}}',
          },
        ],
      }),
      timeSeries({
        title: 'Ejections',
        description: 'Endpoints that were ejected, a second, by why.',
        unit: 'ops',
        min: 0,
        noValue: 'Nobody was ejected',
        queries: [
          {
            expr: top(20, byCluster('meshlock_outlier_ejections_total', ['cause'])),
            legend: '{{cluster}} {{cause}}',
          },
        ],
      }),
      timeSeries({
        title: 'Outliers',
        description: 'Endpoints found to be outliers, a second, whether they were ejected or not.',
        unit: 'ops',
        min: 0,
        noValue: 'There was no outlier',
        queries: [
          {
            expr: top(20, byCluster('meshlock_outlier_detections_total', ['cause'])),
            legend: '{{cluster}} {{cause}}',
          },
        ],
      }),
      timeSeries({
        title: 'Look-ups of names',
        description: 'Finished DNS look-ups a second by result.',
        unit: 'ops',
        min: 0,
        noValue: 'No endpoint has a name',
        queries: [
          {
            expr: top(20, byCluster('meshlock_dns_lookups_total', ['result'])),
            legend: '{{cluster}} {{result}}',
          },
        ],
      }),
    ),
  ],
};

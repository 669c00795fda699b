/** The row at the top: are there endpoints, do they answer, and who refuses. */
import { line, type Section } from '../kit/layout.ts';
import { orNought, shareOf, sumBy, withNode } from '../kit/selector.ts';
import { stat } from '../kit/stat.ts';
import { successRate } from '../kit/success-rate.ts';
import { byCluster, ejected, errors, inUse, requests, retries } from './counted.ts';

export const figures: Section = {
  title: null,
  lines: [
    line(
      4,
      stat({
        title: 'Endpoints in use',
        description: 'Share of all endpoints that are healthy and not ejected.',
        unit: 'percentunit',
        queries: [{ expr: `avg(${withNode(inUse)})`, legend: 'in use' }],
        steps: [
          [null, 'red'],
          [0.5, 'yellow'],
          [1, 'green'],
        ],
      }),
      stat({
        title: 'Clusters without endpoints',
        description: 'Clusters of a node of which no endpoint is in use: their requests fail.',
        unit: 'short',
        queries: [
          {
            expr: orNought(`count(${withNode(sumBy(['job', 'instance', 'cluster'], inUse))} == 0)`),
            legend: 'clusters',
          },
        ],
        steps: [
          [null, 'green'],
          [1, 'red'],
        ],
      }),
      stat({
        title: 'Ejected',
        description: 'Endpoints that outlier detection keeps out, counted at each node.',
        unit: 'short',
        queries: [{ expr: `sum(${withNode(ejected)})`, legend: 'ejected' }],
        steps: [
          [null, 'green'],
          [1, 'orange'],
        ],
      }),
      successRate({
        description: 'Share of tries that got an answer with a status below 500.',
        errors,
        requests,
      }),
      stat({
        title: 'Retries',
        description: 'Further tries as a share of all. Many of them are load that makes an outage worse.',
        unit: 'percentunit',
        decimals: 1,
        queries: [{ expr: shareOf(`sum(${retries})`, `sum(${requests})`), legend: 'retries' }],
        steps: [
          [null, 'green'],
          [0.1, 'yellow'],
          [0.2, 'red'],
        ],
      }),
      stat({
        title: 'Refused by breakers',
        description: 'Requests a second that a circuit breaker has refused.',
        unit: 'reqps',
        queries: [{ expr: `sum(${byCluster('meshlock_cluster_overflow_total')})`, legend: 'refused' }],
        steps: [
          [null, 'green'],
          [0.001, 'red'],
        ],
      }),
    ),
  ],
};

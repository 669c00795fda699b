/** What goes wrong on the way: retries, timeouts, resets, breakers, connections. */
import { line, type Section } from '../kit/layout.ts';
import { poolUseOf } from '../kit/pools.ts';
import { sumBy, top, withNode } from '../kit/selector.ts';
import { timeSeries } from '../kit/time-series.ts';
import { byCluster, ofCluster, retries, theCluster } from './counted.ts';

export const trouble: Section = {
  title: 'Retries, timeouts and breakers',
  lines: [
    line(
      8,
      timeSeries({
        title: 'Retries',
        description: 'Further tries a second, and those whose answer was passed on with a status below 500.',
        unit: 'reqps',
        min: 0,
        queries: [
          { expr: top(10, retries), legend: '{{cluster}} tried' },
          {
            expr: top(10, byCluster('meshlock_cluster_retries_succeeded_total')),
            legend: '{{cluster}} saved',
          },
        ],
      }),
      timeSeries({
        title: 'Timeouts',
        description: 'Tries a second that a timeout has ended, and connects that took too long.',
        unit: 'reqps',
        min: 0,
        queries: [
          {
            expr: top(10, byCluster('meshlock_cluster_request_timeouts_total')),
            legend: '{{cluster}} requests',
          },
          {
            expr: top(10, byCluster('meshlock_cluster_connect_timeouts_total')),
            legend: '{{cluster}} connects',
          },
        ],
      }),
      timeSeries({
        title: 'Connect failures',
        description: 'Connects a second that were refused or failed.',
        unit: 'ops',
        min: 0,
        queries: [
          { expr: top(10, byCluster('meshlock_cluster_connect_failures_total')), legend: '{{cluster}}' },
        ],
      }),
      timeSeries({
        title: 'Resets',
        description:
          'Tries a second that ended by a reset: local when this side broke off, upstream when the other did.',
        unit: 'reqps',
        min: 0,
        queries: [
          {
            expr: top(10, byCluster('meshlock_cluster_request_resets_total', ['origin'])),
            legend: '{{cluster}} {{origin}}',
          },
        ],
      }),
    ),
    line(
      8,
      timeSeries({
        title: 'Use of the breakers',
        description:
          'Share of the limit of each circuit breaker that is used, the five fullest of each. At 1 it refuses.',
        unit: 'percentunit',
        min: 0,
        queries: poolUseOf(theCluster),
      }),
      timeSeries({
        title: 'Refused by breakers',
        description: 'Requests a second that were refused, by which breaker.',
        unit: 'reqps',
        min: 0,
        queries: [
          {
            expr: top(10, byCluster('meshlock_cluster_overflow_total', ['breaker'])),
            legend: '{{cluster}} {{breaker}}',
          },
        ],
      }),
      timeSeries({
        title: 'Without an endpoint',
        description: 'Requests a second for which no endpoint could be picked: all are unhealthy or ejected.',
        unit: 'reqps',
        min: 0,
        queries: [
          { expr: top(10, byCluster('meshlock_cluster_no_healthy_endpoint_total')), legend: '{{cluster}}' },
        ],
      }),
      timeSeries({
        title: 'Panic',
        description:
          'Picks a second made over all endpoints, because too few of them were healthy to carry the load.',
        unit: 'ops',
        min: 0,
        queries: [{ expr: top(10, byCluster('meshlock_cluster_panic_picks_total')), legend: '{{cluster}}' }],
      }),
    ),
    line(
      7,
      timeSeries({
        title: 'Waiting and under way',
        description: 'Requests that wait for a connection, and tries in flight.',
        unit: 'short',
        min: 0,
        queries: [
          {
            expr: top(10, sumBy(['cluster'], withNode(ofCluster('meshlock_cluster_requests_pending')))),
            legend: '{{cluster}} waiting',
          },
          {
            expr: top(10, sumBy(['cluster'], withNode(ofCluster('meshlock_cluster_requests_active')))),
            legend: '{{cluster}} under way',
          },
        ],
      }),
      timeSeries({
        title: 'Connections',
        description: 'Open connections to each cluster.',
        unit: 'short',
        min: 0,
        queries: [
          {
            expr: top(10, sumBy(['cluster'], withNode(ofCluster('meshlock_cluster_connections_active')))),
            legend: '{{cluster}}',
          },
        ],
      }),
      timeSeries({
        title: 'New connections',
        description: 'Connections opened a second. As many as requests means that none is used again.',
        unit: 'ops',
        min: 0,
        queries: [{ expr: top(10, byCluster('meshlock_cluster_connections_total')), legend: '{{cluster}}' }],
      }),
      timeSeries({
        title: 'Bytes',
        description: 'Bytes a second from and to each cluster.',
        unit: 'Bps',
        min: 0,
        queries: [
          {
            expr: top(10, byCluster('meshlock_cluster_received_bytes_total')),
            legend: '{{cluster}} received',
          },
          { expr: top(10, byCluster('meshlock_cluster_sent_bytes_total')), legend: '{{cluster}} sent' },
        ],
      }),
    ),
  ],
};

/** What waits or is thrown away: queues, pools, connections, logs. */
import { line, type Section } from '../kit/layout.ts';
import { poolUse } from '../kit/pools.ts';
import { ofNodes, perSecond, sumBy, top, withNode } from '../kit/selector.ts';
import { timeSeries } from '../kit/time-series.ts';
import { perNode } from './per-node.ts';

/** Everything that was thrown away because there was no room for it, or the disk did not take it. */
const lost: readonly (readonly [counter: string, legend: string])[] = [
  ['meshlock_access_log_dropped_total', 'access log, before the writer'],
  ['meshlock_access_log_write_dropped_lines_total', 'access log, at the file'],
  ['meshlock_spans_dropped_total', 'spans'],
];

export const full: Section = {
  title: 'Saturation: queues and pools',
  lines: [
    line(
      8,
      timeSeries({
        title: 'Requests that wait',
        description:
          'Requests that wait for an upstream connection. Any that last mean that a pool is too small.',
        unit: 'short',
        min: 0,
        queries: [
          {
            expr: top(20, withNode(ofNodes('meshlock_cluster_requests_pending'))),
            legend: '{{node_id}} {{cluster}}',
          },
        ],
      }),
      timeSeries({
        title: 'Use of the pools',
        description:
          'Of each circuit breaker, the share of its limit that is used, the five fullest of each kind. At 1 further requests are refused.',
        unit: 'percentunit',
        min: 0,
        queries: poolUse,
      }),
      timeSeries({
        title: 'In flight',
        description: 'Open connections and unfinished requests of those who call.',
        unit: 'short',
        min: 0,
        queries: [
          {
            expr: top(20, perNode(ofNodes('meshlock_listener_connections_active'))),
            legend: '{{node_id}} connections',
          },
          {
            expr: top(20, perNode(ofNodes('meshlock_listener_requests_active'))),
            legend: '{{node_id}} requests',
          },
        ],
      }),
      timeSeries({
        title: 'Lost',
        description:
          'Lines of access logs and spans a second that were thrown away because a queue was full or a receiver did not take them.',
        unit: 'ops',
        min: 0,
        noValue: 'Nothing was lost',
        queries: lost.map(([counter, legend]) => ({
          expr: top(20, perNode(perSecond(ofNodes(counter)))),
          legend: `{{node_id}} ${legend}`,
        })),
      }),
    ),
    line(
      7,
      timeSeries({
        title: 'Answers of its own',
        description:
          'Answers a second that the node made itself, by response flag: why nobody else gave one.',
        unit: 'reqps',
        min: 0,
        queries: [
          {
            expr: top(
              10,
              sumBy(
                ['flag'],
                withNode(
                  sumBy(['job', 'instance', 'flag'], perSecond(ofNodes('meshlock_local_replies_total'))),
                ),
              ),
            ),
            legend: '{{flag}}',
          },
        ],
      }),
      timeSeries({
        title: 'Refused before they were requests',
        description:
          'Connections refused at the limit of a listener, connections that broke off, and requests that could not be read, a second.',
        unit: 'ops',
        min: 0,
        queries: [
          ['meshlock_listener_connections_rejected_total', 'over the limit'],
          ['meshlock_listener_connections_reset_total', 'broken off'],
          ['meshlock_listener_malformed_requests_total', 'malformed'],
        ].map(([counter, legend]) => ({
          expr: `sum(${perNode(perSecond(ofNodes(counter ?? '')))})`,
          legend: legend ?? '',
        })),
      }),
      timeSeries({
        title: 'Bytes',
        description: 'Bytes a second from and to those who call.',
        unit: 'Bps',
        min: 0,
        queries: [
          {
            expr: top(20, perNode(perSecond(ofNodes('meshlock_listener_received_bytes_total')))),
            legend: '{{node_id}} received',
          },
          {
            expr: top(20, perNode(perSecond(ofNodes('meshlock_listener_sent_bytes_total')))),
            legend: '{{node_id}} sent',
          },
        ],
      }),
      timeSeries({
        title: 'Room for counters',
        description:
          'Share of the counter store that belongs to an entity. When it is full, newcomers are counted together as _other.',
        unit: 'percentunit',
        min: 0,
        max: 1,
        queries: [
          {
            expr: top(
              20,
              withNode(
                `(${ofNodes('meshlock_metric_slots_used')} / ${ofNodes('meshlock_metric_slots_limit')})`,
              ),
            ),
            legend: '{{node_id}}',
          },
        ],
      }),
    ),
  ],
};

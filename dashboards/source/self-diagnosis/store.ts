/** Where captures lie, whether there is room for more, and whether the threads beat. */
import { line, type Section } from '../kit/layout.ts';
import { ofNodes, perSecond, sumBy, top, withNode } from '../kit/selector.ts';
import { timeSeries } from '../kit/time-series.ts';
import { summed } from './captured.ts';

export const store: Section = {
  title: 'Store and threads',
  lines: [
    line(
      7,
      timeSeries({
        title: 'Size of the store',
        description: 'Size of all captures of each node, and the limit.',
        unit: 'bytes',
        min: 0,
        queries: [
          { expr: top(20, withNode(ofNodes('meshlock_holmes_store_bytes'))), legend: '{{node_id}}' },
          {
            expr: `min(${withNode(ofNodes('meshlock_holmes_store_limit_bytes'))})`,
            legend: 'limit',
            line: 'limit',
          },
        ],
      }),
      timeSeries({
        title: 'Captures in the store',
        description:
          'Captures of each node that can be had, and those removed a second to stay within the limits.',
        unit: 'short',
        min: 0,
        queries: [
          { expr: top(20, withNode(ofNodes('meshlock_holmes_store_captures'))), legend: '{{node_id}}' },
          {
            expr: summed('meshlock_holmes_store_evicted_captures_total', []),
            legend: 'removed a second',
            line: 'average',
          },
        ],
      }),
      timeSeries({
        title: 'Pushed',
        description: 'Captures pushed to Pyroscope a second, by what became of them.',
        unit: 'ops',
        min: 0,
        noValue: 'Captures are not pushed',
        queries: [{ expr: summed('meshlock_holmes_pushed_total', ['result']), legend: '{{result}}' }],
      }),
      timeSeries({
        title: 'Heartbeats',
        description:
          'Beats of each data thread a second, eight to ten when it is well. A thread at 0 is stuck.',
        unit: 'ops',
        min: 0,
        queries: [
          {
            expr: `bottomk(20, ${withNode(sumBy(['job', 'instance', 'thread'], perSecond(ofNodes('meshlock_thread_heartbeats_total'))))})`,
            legend: '{{node_id}} thread {{thread}}',
          },
        ],
      }),
    ),
  ],
};
